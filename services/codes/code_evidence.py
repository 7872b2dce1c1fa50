"""Evidence for registered codes: attach, list, download, release, withdraw, erase.

A piece is the word of whoever sent it. The service checks which bytes came, from whom and when, and
nothing of what they show. The people of the organisation that a code is registered to, inspectors
and the authority of its province see and attach evidence of it; for everybody else the code is
unknown here.

The public is told of a piece when its sender lets it and another person, of the authority, releases
it: free text of a sender reaches no consumer unread. Erasure follows a withdrawal, by another
person than withdrew, with the law that asks for it.
"""

import asyncio
import hashlib
import json
from collections.abc import Callable, Collection, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final

from attachments import AttachmentStore, OriginalStore
from attachments.media_types import MediaType, find_media_type, get_media_type
from ledger import RegisteredCode
from ledger.codes.code_evidence import (
    EVIDENCE_KINDS,
    EvidenceKind,
    EvidencePiece,
    EvidenceTexts,
)
from ledger.errors import UnknownRow
from services import scope
from services.attempt_budget import AttemptBudget
from services.codes.evidence_sweep import remove_unnamed
from services.context import ServiceContext
from services.errors import EvidenceTooLarge, InvalidInput, SamePersonEvidence, UploadsLimited
from services.paging import DEFAULT_LIMIT, Page, PageRequest
from services.permissions import Permission, has_permission, require_permission
from stamps.typed_date import MalformedDate, parse_typed_date
from stamps.vietnam_time import to_iso_day
from traceability.document_fields import check_text
from web.photo_limits import LARGEST_EVIDENCE
from web.validation import RefusedValue

MOST_NOTE: Final = 1000
_AT_ONCE: Final = 30
"""Files that one organisation may attach in a row; one more every `_REFILL_MS`."""
_REFILL_MS: Final = 10 * 60_000
_PICTURES: Final = frozenset({"image/jpeg", "image/png", "image/webp", "image/tiff"})
_TABLES: Final = frozenset({"text/csv", "application/json"})
_TAKEN: Final[Mapping[EvidenceKind, frozenset[str]]] = {
    "satellite": _PICTURES,
    "drone": _PICTURES,
    "radar": _PICTURES | _TABLES,
    "sensor": _TABLES | {"image/tiff"},
    "other": _PICTURES | _TABLES,
}
"""The media types of each kind."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceStatement:
    """What a sender says of a file, as people type it."""

    kind: str
    shows_from: str
    """The first day that the file shows; a time of day may follow."""
    shows_until: str = ""
    """The last one; the same if empty."""
    source: str
    """Who made it, in words."""
    maker: str = ""
    """The organisation that made it, by id or name, where it is known here."""
    licence: str = ""
    original: str = ""
    note: str = ""
    is_public: bool = False


@dataclass(frozen=True, slots=True)
class EvidenceFile:
    """A file of evidence to be downloaded, exactly as it was sent."""

    name: str
    media_type: str
    sha256: str
    content: bytes


class EvidenceShelf:
    """The files of evidence with the budgets of those who send them; one for each process."""

    def __init__(
        self,
        originals: OriginalStore,
        photos: AttachmentStore,
        clock: Callable[[], int],
        *,
        most_bytes: int = LARGEST_EVIDENCE,
        most_at_once: int = _AT_ONCE,
    ) -> None:
        self.originals = originals
        self.most_bytes = most_bytes
        self._photos = photos
        self._budget = AttemptBudget(
            most_at_once, refill_ms=_REFILL_MS, clock=clock, refusal=UploadsLimited
        )

    def spend(self, context: ServiceContext) -> None:
        """Spend one attempt of the sender's organisation. Raises `UploadsLimited`."""
        self._budget.take(context.actor.organisation or context.actor.id)

    async def keep(self, upload: bytes, media: MediaType) -> tuple[str, str | None]:
        """Store a file as it came, and a copy of a picture to be shown; return both hashes.

        Raises `MalformedPhoto`, `PhotoTooLarge`, `AttachmentsUnwritable`.
        """
        shown = await self._photos.reencode(upload) if media.is_picture else None
        original = await asyncio.to_thread(self.originals.keep, upload)
        if shown is None:
            return original, None
        return original, await asyncio.to_thread(self.originals.keep, shown)


async def attach_evidence(
    context: ServiceContext,
    shelf: EvidenceShelf,
    code: str,
    statement: EvidenceStatement,
    upload: bytes,
    key: str,
) -> EvidencePiece:
    """Attach a file to a registered code; the same key again answers the first piece.

    Raises `Forbidden`, `UnknownRow`, `KeyRequired`, `KeyReused`, `InvalidInput`,
    `UnknownMediaType`, `EvidenceTooLarge`, `EvidenceFull`, `UploadsLimited`, `MalformedPhoto`,
    `PhotoTooLarge`, `AttachmentsUnwritable`.
    """
    require_permission(context, Permission.EVIDENCE_ATTACH)
    row = await scope.find_code(context, code)
    id_ = _name_piece(context.scope_key(key))
    request = await asyncio.to_thread(_digest, row.code, statement, upload)
    known = await context.ledger.code_evidence.find_sent(id_, request)
    if known is not None:
        return known
    shelf.spend(context)
    if len(upload) > shelf.most_bytes:
        raise EvidenceTooLarge(most=shelf.most_bytes)
    kind = _read_kind(statement.kind)
    shows_from, shows_until = _read_days(context, statement)
    texts = _read_texts(statement)
    maker = await _find_maker(context, statement.maker)
    media = await asyncio.to_thread(find_media_type, upload)
    if media.name not in _TAKEN[kind]:
        why = f"is {media.name}, which {kind} does not take"
        raise InvalidInput(field="file", why=why, expected="evidence_type")
    original, picture = await shelf.keep(upload, media)
    piece = EvidencePiece(
        id=id_,
        code=row.code,
        at=context.clock(),
        actor=context.actor.id,
        organisation=context.actor.organisation,
        kind=kind,
        shows_from=shows_from,
        shows_until=shows_until,
        maker=maker,
        media_type=media.name,
        size=len(upload),
        sha256=original,
        picture=picture,
        is_public=statement.is_public,
        texts=texts,
    )
    return await context.ledger.code_evidence.attach(piece, request)


async def list_evidence(
    context: ServiceContext, code: str, *, limit: int = DEFAULT_LIMIT, after: str | None = None
) -> Page[EvidencePiece]:
    """The evidence of a registered code, newest first, withdrawn pieces too.

    Raises `Forbidden`, `UnknownRow`, `InvalidInput`.
    """
    require_permission(context, Permission.EVIDENCE_SEE)
    row = await scope.find_code(context, code)
    request = PageRequest(limit, after)
    found = await context.ledger.code_evidence.find_page(
        row.code, after=request.key(int, str), limit=limit + 1
    )
    return request.make_page(found, lambda one: (one.at, one.id))


async def list_waiting(
    context: ServiceContext, *, limit: int = DEFAULT_LIMIT, after: str | None = None
) -> Page[EvidencePiece]:
    """The pieces in scope that their senders let the public be told of and nobody released yet.

    Raises `Forbidden`, `InvalidInput`.
    """
    require_permission(context, Permission.EVIDENCE_RELEASE)
    request = PageRequest(limit, after)
    found = await context.ledger.code_evidence.find_waiting(
        context.actor.province, after=request.key(int, str), limit=limit + 1
    )
    return request.make_page(found, lambda one: (one.at, one.id))


async def get_evidence(context: ServiceContext, code: str, id_: str) -> EvidencePiece:
    """One piece of a code's evidence. Raises `Forbidden`, `UnknownRow`."""
    require_permission(context, Permission.EVIDENCE_SEE)
    return await _find(context, code, id_)


async def count_evidence(context: ServiceContext, codes: Collection[str]) -> Mapping[str, int]:
    """How many pieces of each code are not withdrawn, of the codes in scope that have any.

    Raises `Forbidden`.
    """
    require_permission(context, Permission.EVIDENCE_SEE)
    known = await context.ledger.registered_codes.get_many(codes)
    own = [code for code, row in known.items() if scope.is_code_in_scope(context.actor, row)]
    return await context.ledger.code_evidence.count(own) if own else {}


async def take_file(
    context: ServiceContext, originals: OriginalStore, code: str, id_: str
) -> EvidenceFile:
    """The file of a piece as it was sent; its bytes have the hash.

    Raises `Forbidden`, `UnknownRow` (also for an erased one), `DamagedOriginal`.
    """
    piece = await get_evidence(context, code, id_)
    if piece.texts is None:
        raise UnknownRow(kind="file", id=id_)
    content = await asyncio.to_thread(originals.read_whole, piece.sha256)
    suffix = get_media_type(piece.media_type).suffix
    name = f"veritem-{piece.kind}-{piece.sha256[:12]}.{suffix}"
    return EvidenceFile(name, piece.media_type, piece.sha256, content)


async def take_picture(
    context: ServiceContext, originals: OriginalStore, code: str, id_: str
) -> bytes:
    """The re-encoded copy (JPEG) of a picture.

    Raises `Forbidden`, `UnknownRow`, `DamagedOriginal`.
    """
    piece = await get_evidence(context, code, id_)
    if piece.texts is None or piece.picture is None:
        raise UnknownRow(kind="picture", id=id_)
    return await asyncio.to_thread(originals.read_whole, piece.picture)


async def release_evidence(context: ServiceContext, code: str, id_: str) -> EvidencePiece:
    """Let the public be told of a piece whose sender lets it; by another person than sent it.

    Raises `Forbidden`, `UnknownRow`, `SamePersonEvidence`, `EvidenceState`.
    """
    require_permission(context, Permission.EVIDENCE_RELEASE)
    piece = await _find(context, code, id_)
    if piece.actor == context.actor.id:
        raise SamePersonEvidence(id=piece.id)
    return await context.ledger.code_evidence.release(piece.id, actor=context.actor.id)


async def withdraw_evidence(
    context: ServiceContext, code: str, id_: str, reason: str
) -> EvidencePiece:
    """Withdraw a piece: by its sender's organisation, an inspector or the authority.

    The piece and its file stay, with the reason. Raises `Forbidden`, `UnknownRow`, `InvalidInput`,
    `EvidenceState`.
    """
    require_permission(context, Permission.EVIDENCE_ATTACH)
    piece = await _find(context, code, id_)
    own = scope.own_scope(context.actor)
    if own is not None and piece.organisation != own:
        raise InvalidInput(field="reason", why="it was sent by another", expected="evidence_sender")
    reason = _read_text("reason", reason)
    return await context.ledger.code_evidence.withdraw(piece.id, reason, actor=context.actor.id)


async def erase_evidence(
    context: ServiceContext, originals: OriginalStore, code: str, id_: str, law: str
) -> EvidencePiece:
    """Erase texts and file of a withdrawn piece by law; hash, sender and time stay.

    Another person than withdrew it erases it. A file that another piece names too stays. Raises
    `Forbidden`, `UnknownRow`, `InvalidInput`, `SamePersonEvidence`, `EvidenceState`.
    """
    require_permission(context, Permission.EVIDENCE_ERASE)
    piece = await _find(context, code, id_)
    withdrawal = piece.find_step("withdrawn")
    if withdrawal is not None and withdrawal.actor == context.actor.id:
        raise SamePersonEvidence(id=piece.id)
    law = _read_text("reason", law)
    erased = await context.ledger.code_evidence.erase(piece.id, law, actor=context.actor.id)
    files = [digest for digest in (piece.sha256, piece.picture) if digest]
    await remove_unnamed(context.ledger, originals, files)
    return erased


def may_see_evidence(context: ServiceContext, code: RegisteredCode) -> bool:
    """Whether the evidence of a registered code is in the actor's scope."""
    may_see = has_permission(context.actor, Permission.EVIDENCE_SEE)
    return may_see and scope.is_code_in_scope(context.actor, code)


def may_release(context: ServiceContext, piece: EvidencePiece) -> bool:
    """Whether the actor may release a piece in scope, as it is now."""
    return (
        has_permission(context.actor, Permission.EVIDENCE_RELEASE)
        and piece.is_public
        and piece.condition == "kept"
        and piece.actor != context.actor.id
    )


def may_erase(context: ServiceContext, piece: EvidencePiece) -> bool:
    """Whether the actor may erase a piece in scope, as it is now."""
    withdrawal = piece.find_step("withdrawn")
    return (
        has_permission(context.actor, Permission.EVIDENCE_ERASE)
        and piece.condition == "withdrawn"
        and withdrawal is not None
        and withdrawal.actor != context.actor.id
    )


def may_withdraw(context: ServiceContext, piece: EvidencePiece) -> bool:
    """Whether the actor is of those who may withdraw a piece in scope, as it is now."""
    own = scope.own_scope(context.actor)
    return (
        has_permission(context.actor, Permission.EVIDENCE_ATTACH)
        and piece.condition in ("kept", "released")
        and own in (None, piece.organisation)
    )


async def _find(context: ServiceContext, code: str, id_: str) -> EvidencePiece:
    row = await scope.find_code(context, code)
    piece = await context.ledger.code_evidence.get(id_)
    if piece.code != row.code:
        raise UnknownRow(kind="evidence", id=id_)
    return piece


def _name_piece(scoped_key: str) -> str:
    return hashlib.sha256(f"veritem evidence\0{scoped_key}".encode()).hexdigest()[:16]


def _digest(code: str, statement: EvidenceStatement, upload: bytes) -> str:
    """Digest of a request, which tells a repeated one from another under the same key."""
    told = json.dumps([code, asdict(statement)], sort_keys=True).encode()
    return hashlib.sha256(told + b"\0" + hashlib.sha256(upload).digest()).hexdigest()


def _read_kind(text: str) -> EvidenceKind:
    for kind in EVIDENCE_KINDS:
        if kind == text:
            return kind
    why = f"must be one of {', '.join(EVIDENCE_KINDS)}"
    raise InvalidInput(field="kind", why=why, expected="choose")


def _read_days(context: ServiceContext, statement: EvidenceStatement) -> tuple[str, str]:
    """The first and the last moment that a file shows."""
    first = _read_day("shows_from", statement.shows_from)
    last = _read_day("shows_until", statement.shows_until) if statement.shows_until else first
    if "T" in first and "T" not in last:
        last += "T23:59"
    if last < first:
        why = "is before the first day"
        raise InvalidInput(field="shows_until", why=why, expected="evidence_order")
    today = to_iso_day(context.clock())
    for field, day in (("shows_from", first), ("shows_until", last)):
        if day[:10] > today:
            why = "is after today"
            raise InvalidInput(field=field, why=why, expected="evidence_future")
    return first, last


def _read_day(field: str, text: str) -> str:
    try:
        return parse_typed_date(text)
    except MalformedDate as error:
        told = {name: value for name, value in error.evidence.items() if name != "why"}
        raise InvalidInput(field=field, why=str(error), **told) from None


def _read_texts(statement: EvidenceStatement) -> EvidenceTexts:
    optional = {
        name: _read_text(name, text) if (text := getattr(statement, name).strip()) else None
        for name in ("licence", "original")
    }
    note = statement.note.strip() or None
    if note is not None and len(note) > MOST_NOTE:
        raise InvalidInput(field="note", why="is too long", most=MOST_NOTE)
    return EvidenceTexts(source=_read_text("source", statement.source), note=note, **optional)


def _read_text(field: str, text: str) -> str:
    try:
        return check_text(text)
    except RefusedValue as error:
        expected: dict[str, Any] = {} if text.strip() else {"expected": "missing"}
        raise InvalidInput(field=field, why=str(error), **expected) from None


async def _find_maker(context: ServiceContext, text: str) -> str | None:
    """The organisation of this id or name; None where none is named."""
    text = text.strip()
    if not text:
        return None
    organisations = context.ledger.organisations
    try:
        return (await organisations.get(text)).id
    except UnknownRow:
        alike = await organisations.find_page(ids=None, cells={"name": text}, after=None, limit=2)
    if len(alike) == 1:
        return alike[0].id
    why = f"there is no organisation {text}" if not alike else f"several are called {text}"
    raise InvalidInput(field="maker", why=why, expected="evidence_maker")
