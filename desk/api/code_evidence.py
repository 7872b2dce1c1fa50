"""`/api/v1/registered-codes/{place}/evidence`: pictures and sensor files of a registered code."""

from typing import Annotated, Final

from aiohttp import web
from pydantic import Field

from attachments import (
    MEDIA_TYPE,
    DamagedOriginal,
    MalformedPhoto,
    PhotoTooLarge,
    UnknownMediaType,
)
from attachments.errors import AttachmentsUnwritable
from desk.api.call import ApiCall
from desk.api.models import Body, ListDocument, LongText, PageQuery, Query, Text
from desk.api.routing import ApiRoutes
from desk.evidence_files import answer_original, answer_picture
from ledger.codes.code_evidence import EvidenceKind
from ledger.errors import EvidenceFull, EvidenceState, KeyReused, UnknownRow
from services.codes import code_evidence, registered_codes
from services.codes.code_evidence import MOST_NOTE, EvidenceStatement
from services.documents import RegisteredCodeDocument, describe_code
from services.documents.evidence import EvidenceDocument, describe_evidence
from services.errors import EvidenceTooLarge, InvalidInput, SamePersonEvidence, UploadsLimited
from services.permissions import Permission
from web.photo_limits import LARGEST_EVIDENCE

routes = ApiRoutes("evidence")

_LIST: Final = "registered-codes/{place}/evidence"
_ONE: Final = f"{_LIST}/{{evidence}}"
_OCTETS: Final = "application/octet-stream"
_SEE: Final = (Permission.EVIDENCE_SEE,)
_ATTACH: Final = (Permission.EVIDENCE_ATTACH,)


class EvidenceQuery(Query):
    """What the sender says of the file. Days are Vietnam's; a time of day may follow."""

    kind: EvidenceKind
    shows_from: Text
    """`2026-09-01` or `2026-09-01T10:15`: the first moment that the file shows."""
    shows_until: Text = ""
    """The last one; the same if it is left out."""
    source: Text
    """Who made it, in words: `Copernicus Sentinel-2 L2A`."""
    maker: Text = ""
    """The organisation that made it, by id or name, where it is known here."""
    licence: Text = ""
    original: Text = ""
    """Where the original is: its address, or its number in a catalogue."""
    note: Annotated[str, Field(max_length=MOST_NOTE)] = ""
    is_public: bool = False
    """Whether consumers may be told kind, day and source, once the authority releases it."""


class EvidenceListQuery(PageQuery):
    """Which page of the evidence is listed, the newest first."""


class EvidenceListDocument(ListDocument):
    """Evidence of a registered code, as it was sent, withdrawn pieces too."""

    evidence: list[EvidenceDocument]


class OwnCodesDocument(ListDocument):
    """The codes that are registered to the caller's organisation, by code."""

    codes: list[RegisteredCodeDocument]


class OwnCodesQuery(PageQuery):
    """Which page of the own codes is listed."""


class WithdrawalBody(Body):
    """Why a piece is withdrawn; it stays, with the reason."""

    reason: LongText


class ErasureBody(Body):
    """The law that asks for the erasure, and who asked for it."""

    reason: LongText


@routes.add("GET", "own-codes", permissions=(Permission.EVENT_RECORD,), errors=(InvalidInput,))
async def list_own_codes(call: ApiCall, query: OwnCodesQuery) -> OwnCodesDocument:
    """List the codes that are registered to the caller's organisation."""
    page = await registered_codes.list_own_codes(call.context, limit=query.limit, after=query.after)
    now = call.context.clock()
    return OwnCodesDocument(codes=[describe_code(row, now) for row in page.items], next=page.next)


@routes.add(
    "GET",
    "evidence-to-release",
    permissions=(Permission.EVIDENCE_RELEASE,),
    errors=(InvalidInput,),
)
async def list_waiting(call: ApiCall, query: EvidenceListQuery) -> EvidenceListDocument:
    """List the evidence that its senders let consumers be told of and nobody released yet."""
    page = await code_evidence.list_waiting(call.context, limit=query.limit, after=query.after)
    return EvidenceListDocument(
        evidence=[describe_evidence(one) for one in page.items], next=page.next
    )


@routes.add("GET", _LIST, permissions=_SEE, errors=(UnknownRow, InvalidInput))
async def list_evidence(
    call: ApiCall, place: str, query: EvidenceListQuery
) -> EvidenceListDocument:
    """List the evidence of a registered code."""
    page = await code_evidence.list_evidence(
        call.context, place, limit=query.limit, after=query.after
    )
    return EvidenceListDocument(
        evidence=[describe_evidence(one) for one in page.items], next=page.next
    )


@routes.add(
    "POST",
    _LIST,
    permissions=_ATTACH,
    status=201,
    media=(_OCTETS, "image/jpeg", "image/png", "image/webp", "image/tiff", "text/csv",
           "application/json", "application/geo+json"),
    has_key=True,
    errors=(
        *(UnknownRow, InvalidInput, KeyReused, UnknownMediaType, EvidenceTooLarge, EvidenceFull),
        *(UploadsLimited, MalformedPhoto, PhotoTooLarge, AttachmentsUnwritable),
    ),
    limit=LARGEST_EVIDENCE,
)  # fmt: skip
async def attach_evidence(
    call: ApiCall, place: str, body: bytes, query: EvidenceQuery
) -> EvidenceDocument:
    """Attach a file to a registered code. It is kept as sent; its type is told by its content."""
    statement = EvidenceStatement(**query.model_dump())
    piece = await code_evidence.attach_evidence(
        call.context, call.runtime.evidence, place, statement, body, call.key
    )
    return describe_evidence(piece)


@routes.add("GET", _ONE, permissions=_SEE, errors=(UnknownRow,))
async def show_evidence(call: ApiCall, place: str, evidence: str) -> EvidenceDocument:
    """Show what was said of a file, by whom, and what became of it."""
    return describe_evidence(await code_evidence.get_evidence(call.context, place, evidence))


@routes.add(
    "GET",
    f"{_ONE}/file",
    permissions=_SEE,
    errors=(UnknownRow, DamagedOriginal),
    answers={200: _OCTETS},
)
async def take_file(call: ApiCall, place: str, evidence: str) -> web.StreamResponse:
    """Download a file as it was sent; `Repr-Digest` has its SHA-256."""
    originals = call.runtime.evidence.originals
    return answer_original(await code_evidence.take_file(call.context, originals, place, evidence))


@routes.add(
    "GET",
    f"{_ONE}/picture",
    permissions=_SEE,
    errors=(UnknownRow, DamagedOriginal),
    answers={200: MEDIA_TYPE},
)
async def take_picture(call: ApiCall, place: str, evidence: str) -> web.StreamResponse:
    """Take the re-encoded copy of a picture: JPEG."""
    originals = call.runtime.evidence.originals
    return answer_picture(
        await code_evidence.take_picture(call.context, originals, place, evidence)
    )


@routes.add(
    "POST",
    f"{_ONE}/release",
    permissions=(Permission.EVIDENCE_RELEASE,),
    errors=(UnknownRow, SamePersonEvidence, EvidenceState),
)
async def release_evidence(call: ApiCall, place: str, evidence: str) -> EvidenceDocument:
    """Let consumers be told of a piece; by another person than sent it. Again changes nothing."""
    return describe_evidence(await code_evidence.release_evidence(call.context, place, evidence))


@routes.add(
    "POST",
    f"{_ONE}/withdrawal",
    permissions=_ATTACH,
    errors=(UnknownRow, InvalidInput, EvidenceState),
)
async def withdraw_evidence(
    call: ApiCall, place: str, evidence: str, body: WithdrawalBody
) -> EvidenceDocument:
    """Withdraw a piece; it stays, with the reason. Again changes nothing."""
    return describe_evidence(
        await code_evidence.withdraw_evidence(call.context, place, evidence, body.reason)
    )


@routes.add(
    "POST",
    f"{_ONE}/erasure",
    permissions=(Permission.EVIDENCE_ERASE,),
    errors=(UnknownRow, InvalidInput, SamePersonEvidence, EvidenceState),
)
async def erase_evidence(
    call: ApiCall, place: str, evidence: str, body: ErasureBody
) -> EvidenceDocument:
    """Erase texts and file of a withdrawn piece by law; its hash stays. Again changes nothing."""
    return describe_evidence(
        await code_evidence.erase_evidence(
            call.context, call.runtime.evidence.originals, place, evidence, body.reason
        )
    )
