"""Handling of cases: notes with photos, and hand-overs to another person."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from typing import Final

from attachments import AttachmentStore
from ledger import Alert, Staff
from ledger.staff_errors import UnknownStaff
from services.alerts.field_history import FindingFile
from services.attempt_budget import AttemptBudget
from services.context import Actor, ServiceContext
from services.errors import InvalidInput, UploadsLimited
from services.permissions import Permission, has_permission, require_permission
from stamps.typed_date import MalformedDate, parse_typed_date
from stamps.vietnam_time import to_date, to_date_start

MAX_NOTE_LENGTH: Final = 2000
MOST_PHOTOS: Final = 3
"""Photos of one note."""
MOST_SHOWN_PHOTOS: Final = 12
"""Photos that a document of a case shows."""
LONGEST_DUE_DAYS: Final = 366
_PHOTOS_AT_ONCE: Final = 60
"""Photos that one account may add in a row; one more every `_REFILL_MS`."""
_REFILL_MS: Final = 60_000


class CasePhotos:
    """Re-encodes the photos of notes, few for each account; one for each process."""

    def __init__(self, store: AttachmentStore, clock: Callable[[], int]) -> None:
        self._store = store
        self._budget = AttemptBudget(
            _PHOTOS_AT_ONCE, refill_ms=_REFILL_MS, clock=clock, refusal=UploadsLimited
        )

    async def reencode(self, actor: Actor, uploads: Sequence[bytes]) -> list[bytes]:
        """The stored forms of uploads: without EXIF, at most 160 kB each.

        Raises `InvalidInput`, `UploadsLimited`, `MalformedPhoto`, `PhotoTooLarge`.
        """
        if len(uploads) > MOST_PHOTOS:
            raise InvalidInput(field="photo", why=f"has at most {MOST_PHOTOS} photos")
        photos = []
        for upload in uploads:
            self._budget.take(actor.id)
            photos.append(await self._store.reencode(upload))
        return photos


@dataclass(frozen=True, slots=True)
class HandOver:
    """Receiver of a case, and the day by which it should be decided."""

    owner: str
    due: date | None = None
    """The day, in Vietnam, by whose end the case should be decided."""
    note: str | None = None


async def add_note(
    context: ServiceContext, alert_id: int, note: str, photos: Sequence[bytes] = ()
) -> Alert:
    """Add a note to a case, with photos as `CasePhotos` makes them; sent twice it is one note.

    Raises `Forbidden`, `InvalidInput`, `UnknownAlert`.
    """
    require_permission(context, Permission.ALERT_DECIDE)
    check_note(note)
    if not note.strip():
        raise InvalidInput(field="note", why="is missing", expected="missing")
    return await context.ledger.alert_handling.add_note(
        alert_id, note, actor=context.actor.id, photos=photos, at=context.clock()
    )


async def hand_over(context: ServiceContext, alert_id: int, wanted: HandOver) -> Alert:
    """Give a case to somebody who may decide it.

    Raises `Forbidden`, `InvalidInput`, `UnknownAlert`, `IllegalAlertDecision`.
    """
    require_permission(context, Permission.ALERT_DECIDE)
    if wanted.note is not None:
        check_note(wanted.note)
    try:
        staff = await context.ledger.staff.get(wanted.owner)
    except UnknownStaff:
        staff = None
    if staff is None or not may_own(staff):
        raise InvalidInput(field="owner", why="is nobody who decides alerts")
    return await context.ledger.alert_handling.hand_over(
        alert_id,
        staff.id,
        actor=context.actor.id,
        due_at=find_due_end(context, wanted.due),
        note=wanted.note,
        at=context.clock(),
    )


async def get_photo(context: ServiceContext, alert_id: int, n: int, place: int) -> bytes:
    """A photo (JPEG) of the note that is event `n` of a case. Raises `Forbidden`, `UnknownRow`."""
    require_permission(context, Permission.ALERT_SEE)
    return await context.ledger.alert_handling.get_photo(alert_id, n, place)


async def list_photos(
    context: ServiceContext, alert_id: int, findings: Sequence[FindingFile] = ()
) -> list[tuple[str, bytes]]:
    """The photos of a case's notes, then those of findings, each behind its hash.

    Only the first `MOST_SHOWN_PHOTOS` have their content, the others are empty. Raises `Forbidden`.
    """
    require_permission(context, Permission.ALERT_SEE)
    handling, field_findings = context.ledger.alert_handling, context.ledger.field_findings
    listed = [
        (photo.sha256, partial(handling.get_photo, alert_id, photo.event, photo.place))
        for photo in await handling.list_photos(alert_id)
    ] + [
        (digest, partial(field_findings.get_photo, one.finding.id, place))
        for one in findings
        for place, digest in enumerate(one.photos)
    ]
    return [
        (digest, await load() if number < MOST_SHOWN_PHOTOS else b"")
        for number, (digest, load) in enumerate(listed)
    ]


async def list_owners(context: ServiceContext) -> list[Staff]:
    """The accounts that a case can be given to, by name. Raises `Forbidden`."""
    require_permission(context, Permission.ALERT_DECIDE)
    return [one for one in await context.ledger.staff.list() if may_own(one)]


def may_own(staff: Staff) -> bool:
    """Whether a case can be given to an account."""
    return not staff.is_barred and has_permission(Actor.of_staff(staff), Permission.ALERT_DECIDE)


def parse_due(text: str) -> date:
    """The day that a case is due, as people type it. Raises `InvalidInput`."""
    try:
        return date.fromisoformat(parse_typed_date(text)[:10])
    except MalformedDate as error:
        raise InvalidInput(field="due", why=str(error), expected="date") from None


def check_note(note: str) -> None:
    """Raise `InvalidInput` for a note that is too long."""
    if len(note) > MAX_NOTE_LENGTH:
        raise InvalidInput(field="note", why=f"must have at most {MAX_NOTE_LENGTH} characters")


def find_due_end(context: ServiceContext, due: date | None) -> int | None:
    """The end of a day in Vietnam (ms, UTC). Raises `InvalidInput` for one that is past."""
    if due is None:
        return None
    today = to_date(context.clock())
    if not today <= due <= today + timedelta(days=LONGEST_DUE_DAYS):
        why = f"must be from today to {LONGEST_DUE_DAYS} days from now"
        raise InvalidInput(field="due", why=why)
    return to_date_start(due + timedelta(days=1)) - 1
