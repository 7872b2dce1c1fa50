"""Findings of inspectors: recorded once, however often a phone sends them, and handled by people.

A finding is about a stamp of ours, or about an address or code that is none of ours. An inspector
may wish the stamp suspended: that is carried out at once, as one inspector may do at the desk,
unless the stamp changed after it was looked at. Then the finding is a task for people, and nothing
is changed.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from ledger.errors import UnknownBatch
from ledger.field.field_findings import FINDING_KINDS, WISHES, Finding
from services.alerts.case_handling import MAX_NOTE_LENGTH
from services.alerts.field_history import FindingFile, add_photos
from services.context import ServiceContext
from services.errors import InvalidInput
from services.field.field_checks import OwnHosts
from services.permissions import Permission, has_permission, require_permission
from services.stamps.stamp_lookup import find_stamps
from services.stamps.transitions import TransitionRequest, apply_transition
from stamps import serial_range
from stamps.errors import MalformedCode, UnknownCode
from stamps.lifecycle import Transition, source_states
from stamps.spans import TransitionConflict
from traceability.administrative_units import load_administrative_units
from traceability.stamp_host import judge_host
from traceability.stamp_reader import LONGEST_TEXT

SUSPEND_REASON: Final = "counterfeit"
_ANSWERS: Final = ("valid", "invalid", "none", "listed", "unknown", "foreign", "online")
MOST_BACKDATED_MS: Final = 30 * 86_400_000
"""Findings that wait longer on a phone are taken with the oldest time that is believed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewFinding:
    """A finding as it is sent."""

    kind: str
    typed: str
    note: str | None = None
    wish: str | None = None
    lat: float | None = None
    lon: float | None = None
    province: str | None = None
    answer: str | None = None
    """What the phone said without a network, as words of `_ANSWERS` with blanks."""
    found_at: int | None = None
    """Time of the finding (ms, UTC); None: now."""
    phone: str | None = None


async def add_finding(
    context: ServiceContext,
    new: NewFinding,
    own: OwnHosts,
    key: str,
    photos: Sequence[bytes] = (),
    *,
    sent: Sequence[bytes] | None = None,
) -> Finding:
    """Record a finding; the same key again answers the first one.

    `photos` are as they are stored, `sent` as they came, which tell a repeated request from
    another one. Raises `Forbidden`, `KeyRequired`, `KeyReused`, `InvalidInput`.
    """
    require_permission(context, Permission.FIELD_CHECK)
    _check(new)
    id_ = name_finding(context.scope_key(key))
    request = _digest(new, photos if sent is None else sent)
    known = await context.ledger.field_findings.find_sent(id_, request)
    if known is not None:
        return known
    now = context.clock()
    found_at = max(now - MOST_BACKDATED_MS, min(now, new.found_at or now))
    verdict = judge_host(new.typed, own.hosts, scheme=own.scheme)
    stamp = await _find_stamp(context, new.typed) if verdict.is_ours else None
    outcome = None
    if new.wish == "suspend":
        outcome = await _suspend(context, stamp, id_, found_at)
    finding = Finding(
        id=id_,
        at=now,
        found_at=found_at,
        actor=context.actor.id,
        phone=new.phone,
        kind=new.kind,
        batch=None if stamp is None else stamp[0],
        idx=None if stamp is None else stamp[1],
        typed=new.typed,
        host=None if verdict.is_ours else verdict.host[:200],
        note=new.note,
        lat=None if new.lat is None else round(new.lat, 2),
        lon=None if new.lon is None else round(new.lon, 2),
        province=new.province,
        answer=new.answer,
        wish=new.wish,
        outcome=outcome,
    )
    return await context.ledger.field_findings.add(finding, request, photos)


async def find_sent(
    context: ServiceContext, new: NewFinding, key: str, sent: Sequence[bytes]
) -> Finding | None:
    """The finding that was recorded under a key before; None for a new one.

    Raises `Forbidden`, `KeyRequired`, `KeyReused`.
    """
    require_permission(context, Permission.FIELD_CHECK)
    id_ = name_finding(context.scope_key(key))
    return await context.ledger.field_findings.find_sent(id_, _digest(new, sent))


def name_finding(scoped_key: str) -> str:
    """The id of the finding that is sent under an idempotency key."""
    return hashlib.sha256(f"veritem finding\0{scoped_key}".encode()).hexdigest()[:16]


async def get_finding(context: ServiceContext, id_: str) -> FindingFile:
    """A finding with the hashes of its photos. Raises `Forbidden`, `UnknownRow`."""
    require_permission(context, Permission.ALERT_SEE)
    [found] = await add_photos(context, [await context.ledger.field_findings.get(id_)])
    return found


async def get_photo(context: ServiceContext, id_: str, place: int) -> bytes:
    """A photo (JPEG) of a finding. Raises `Forbidden`, `UnknownRow`."""
    require_permission(context, Permission.ALERT_SEE)
    return await context.ledger.field_findings.get_photo(id_, place)


async def handle_finding(context: ServiceContext, id_: str, note: str) -> Finding:
    """Close a finding with what was done. Raises `Forbidden`, `InvalidInput`, `UnknownRow`."""
    require_permission(context, Permission.ALERT_DECIDE)
    if not note.strip():
        raise InvalidInput(field="note", why="is missing", expected="missing")
    if len(note) > MAX_NOTE_LENGTH:
        raise InvalidInput(field="note", why=f"must have at most {MAX_NOTE_LENGTH} characters")
    return await context.ledger.field_findings.handle(
        id_, note.strip(), actor=context.actor.id, at=context.clock()
    )


def _check(new: NewFinding) -> None:
    if new.kind not in FINDING_KINDS:
        raise InvalidInput(field="kind", why=f"is none of {', '.join(FINDING_KINDS)}")
    if new.wish is not None and new.wish not in WISHES:
        raise InvalidInput(field="wish", why=f"is none of {', '.join(WISHES)}")
    if not 1 <= len(new.typed) <= LONGEST_TEXT:
        raise InvalidInput(field="typed", why=f"must have 1 to {LONGEST_TEXT} characters")
    if len(new.note or "") > MAX_NOTE_LENGTH:
        raise InvalidInput(field="note", why=f"must have at most {MAX_NOTE_LENGTH} characters")
    if (new.lat is None) != (new.lon is None) or not (
        -90 <= (new.lat or 0) <= 90 and -180 <= (new.lon or 0) <= 180
    ):
        raise InvalidInput(field="lat", why="must be degrees, together with lon")
    if new.answer is not None and not set(new.answer.split()) <= set(_ANSWERS):
        raise InvalidInput(field="answer", why=f"has a word that is none of {', '.join(_ANSWERS)}")
    if new.province is not None and new.province not in load_administrative_units().provinces:
        raise InvalidInput(field="province", why="is no province in force")


async def _find_stamp(context: ServiceContext, typed: str) -> tuple[int, int] | None:
    try:
        target = await find_stamps(context, typed)
    except (MalformedCode, UnknownCode, UnknownBatch):
        return None  # an unknown code is a finding too
    if target.hi - target.lo != 1:
        raise InvalidInput(field="typed", why="names several stamps")
    return target.batch.number, target.lo


async def _suspend(
    context: ServiceContext, stamp: tuple[int, int] | None, id_: str, found_at: int
) -> str:
    """Suspend a stamp unless it changed since it was looked at; `done` or `conflict`.

    The key follows from the finding: after a kill between this and the finding, the phone sends
    the finding again, and the suspension is found as done.
    """
    if stamp is None or not has_permission(context.actor, Permission.SUSPEND):
        return "conflict"
    request = TransitionRequest(
        Transition.SUSPEND,
        ranges=(serial_range.format_serial_range(stamp[0], stamp[1], stamp[1] + 1),),
        reason=SUSPEND_REASON,
    )
    key = f"finding-{id_}"
    span = await context.ledger.transitions.get_span(*stamp)
    changed = span.changed_at > found_at or span.state not in source_states(Transition.SUSPEND)
    if changed and not await _is_done(context, stamp, key):
        return "conflict"
    try:
        await apply_transition(context, request, key)
    except TransitionConflict:
        return "conflict"
    return "done"


async def _is_done(context: ServiceContext, stamp: tuple[int, int], key: str) -> bool:
    scoped = context.scope_key(key)
    history = await context.ledger.transitions.list_history(*stamp)
    return any(one.key == scoped for one in history)


def _digest(new: NewFinding, photos: Sequence[bytes]) -> str:
    """The digest of a finding, without times and phone: sent again they may differ."""
    content = [new.kind, new.typed, new.note, new.wish, new.lat, new.lon, new.province]
    hashes = [hashlib.sha256(photo).hexdigest() for photo in photos]
    return hashlib.sha256(json.dumps([content, hashes]).encode()).hexdigest()
