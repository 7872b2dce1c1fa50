"""Evidence for registered codes: own codes and what waits, the list of a code, one piece."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

from aiohttp import web

from attachments.media_types import MEDIA_TYPES, get_media_type
from desk.evidence_files import answer_original, answer_picture
from desk.pages.batches import format_size
from desk.pages.call import PageCall
from desk.pages.forms import EvidenceForm, EvidenceReasonForm
from desk.pages.render import render_page
from desk.pages.routing import PageRoutes, redirect
from ledger.codes.code_evidence import EVIDENCE_KINDS, EvidencePiece
from ledger.errors import UnknownRow
from services import scope
from services.codes import code_evidence, registered_codes
from services.codes.code_evidence import EvidenceStatement, may_erase, may_release, may_withdraw
from services.lists.find import find_person_names
from services.permissions import Permission, has_permission
from web.errors import NotFound
from web.i18n import Texts, format_iso_span
from web.photo_limits import LARGEST_EVIDENCE

routes = PageRoutes()

FORM_LIMIT: Final = LARGEST_EVIDENCE + (64 << 10)
"""Bytes of a form with a file."""
SHOWN: Final = 20
ACCEPTED: Final = ",".join(
    [*(f".{one.suffix}" for one in MEDIA_TYPES), ".tiff", ".jpeg", ".geojson"]
)
"""What the file dialogue offers; the content decides."""
_SEE: Final = (Permission.EVIDENCE_SEE,)
_ATTACH: Final = (Permission.EVIDENCE_ATTACH,)
_MEGABYTE: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class ShownEvidence:
    """A piece as pages show it."""

    piece: EvidencePiece
    link: str
    title: str
    """What it is, and of which days."""
    sender: str
    """The person, with the organisation where it is of one."""
    maker: str
    suffix: str
    """Ending of the name of the file, in capitals."""
    size: str


@routes.add("GET", "/evidence", permissions=_ATTACH)
async def show_evidence(call: PageCall) -> web.StreamResponse:
    """The codes of the own organisation; for the authority, what waits for its release."""
    context, after = call.context, call.query.get("after")
    codes, waiting, counts, following = None, None, {}, None
    if has_permission(context.actor, Permission.EVIDENCE_RELEASE):
        page = await code_evidence.list_waiting(context, limit=SHOWN, after=after)
        waiting, following = await describe_pieces(call, page.items), page.next
    elif has_permission(context.actor, Permission.EVENT_RECORD):
        own = await registered_codes.list_own_codes(context, after=after)
        codes, following = own.items, own.next
        counts = dict(await code_evidence.count_evidence(context, [one.code for one in codes]))
    return render_page(
        call,
        "evidence.html",
        call.texts("evidence.menu_title"),
        codes=codes,
        counts=counts,
        waiting=waiting,
        next_page=following,
        code_path=code_path,
    )


@routes.add("GET", "/codes/{place}/evidence", permissions=_SEE)
async def list_evidence(call: PageCall, place: str) -> web.StreamResponse:
    """List the evidence of a code, with the form that attaches a file."""
    page = await code_evidence.list_evidence(
        call.context, place, limit=SHOWN, after=call.query.get("after")
    )
    code = (await scope.find_code(call.context, place)).code
    return render_page(
        call,
        "code_evidence.html",
        call.texts("evidence.title", code=code),
        trail=_make_trail(call, code, is_code=True),
        address=f"/codes/{code}/evidence",  # not quoted: drafts are compared with the decoded path
        pieces=await describe_pieces(call, page.items),
        kinds=[(kind, call.texts(f"evidence.kind_{kind}")) for kind in EVIDENCE_KINDS],
        accepted=ACCEPTED,
        most_mb=call.runtime.evidence.most_bytes // _MEGABYTE,
        next_page=page.next,
        is_first="after" not in call.query,
    )


@routes.add("POST", "/codes/{place}/evidence", permissions=_ATTACH, limit=FORM_LIMIT)
async def attach_evidence(call: PageCall, place: str) -> web.StreamResponse:
    """Attach a file to a code."""
    form = call.parse_form(EvidenceForm)
    statement = EvidenceStatement(
        kind=form.kind,
        shows_from=form.shows_from,
        shows_until=form.shows_until or "",
        source=form.source,
        maker=form.maker or "",
        licence=form.licence or "",
        original=form.original or "",
        note=form.note or "",
        is_public=form.is_public is not None,
    )
    upload = call.require_file("file")
    piece = await code_evidence.attach_evidence(
        call.context, call.runtime.evidence, place, statement, upload, call.key
    )
    return redirect(_link(piece), "flash.evidence_attached")


@routes.add("GET", "/codes/{place}/evidence/{evidence}", permissions=_SEE)
async def show_piece(call: PageCall, place: str, evidence: str) -> web.StreamResponse:
    """Show what was said of a file, by whom, and what became of it."""
    context = call.context
    piece = await code_evidence.get_evidence(context, place, evidence)
    [shown] = await describe_pieces(call, [piece])
    people = await find_person_names(context, *(step.actor for step in piece.steps))
    return render_page(
        call,
        "evidence_piece.html",
        shown.title,
        trail=_make_trail(call, piece.code, is_code=False),
        one=shown,
        piece=piece,
        address=f"/codes/{piece.code}/evidence/{piece.id}",
        people=people,
        can_release=may_release(context, piece),
        can_withdraw=may_withdraw(context, piece),
        can_erase=may_erase(context, piece),
    )


@routes.add("GET", "/codes/{place}/evidence/{evidence}/file", permissions=_SEE)
async def take_file(call: PageCall, place: str, evidence: str) -> web.StreamResponse:
    """Download a file as it was sent."""
    originals = call.runtime.evidence.originals
    try:
        file = await code_evidence.take_file(call.context, originals, place, evidence)
    except UnknownRow:
        raise NotFound from None
    return answer_original(file)


@routes.add("GET", "/codes/{place}/evidence/{evidence}/picture", permissions=_SEE)
async def take_picture(call: PageCall, place: str, evidence: str) -> web.StreamResponse:
    """The re-encoded copy of a picture."""
    originals = call.runtime.evidence.originals
    try:
        picture = await code_evidence.take_picture(call.context, originals, place, evidence)
    except UnknownRow:
        raise NotFound from None
    return answer_picture(picture)


@routes.add(
    "POST",
    "/codes/{place}/evidence/{evidence}/release",
    permissions=(Permission.EVIDENCE_RELEASE,),
)
async def release_evidence(call: PageCall, place: str, evidence: str) -> web.StreamResponse:
    """Let consumers be told of a piece."""
    piece = await code_evidence.release_evidence(call.context, place, evidence)
    return redirect(_link(piece), "flash.evidence_released")


@routes.add("POST", "/codes/{place}/evidence/{evidence}/withdraw", permissions=_ATTACH)
async def withdraw_evidence(call: PageCall, place: str, evidence: str) -> web.StreamResponse:
    """Withdraw a piece with a reason."""
    form = call.parse_form(EvidenceReasonForm)
    piece = await code_evidence.withdraw_evidence(call.context, place, evidence, form.reason)
    return redirect(_link(piece), "flash.evidence_withdrawn")


@routes.add(
    "POST",
    "/codes/{place}/evidence/{evidence}/erase",
    permissions=(Permission.EVIDENCE_ERASE,),
)
async def erase_evidence(call: PageCall, place: str, evidence: str) -> web.StreamResponse:
    """Erase texts and file of a withdrawn piece by law."""
    form = call.parse_form(EvidenceReasonForm)
    originals = call.runtime.evidence.originals
    piece = await code_evidence.erase_evidence(
        call.context, originals, place, evidence, form.reason
    )
    return redirect(_link(piece), "flash.evidence_erased")


async def describe_pieces(call: PageCall, pieces: Sequence[EvidencePiece]) -> list[ShownEvidence]:
    """Pieces as pages show them, with the names of people and organisations."""
    texts = call.texts
    people = await find_person_names(call.context, *(one.actor for one in pieces))
    ids = {id_ for one in pieces for id_ in (one.organisation, one.maker) if id_}
    found = await call.context.ledger.lists.get_names("organisation", ids)
    names = {id_: names["vi"] for id_, names in found.items()}
    return [_show(one, people, names, texts) for one in pieces]


def code_path(code: str) -> str:
    """The path of the evidence of a code."""
    return f"/codes/{quote(code, safe='')}/evidence"


def _show(
    one: EvidencePiece, people: Mapping[str, str], names: Mapping[str, str], texts: Texts
) -> ShownEvidence:
    sender = people.get(one.actor, one.actor)
    if one.organisation:
        sender += f" ({names.get(one.organisation, one.organisation)})"
    kind = texts(f"evidence.kind_{one.kind}")
    shows = format_iso_span(one.shows_from, one.shows_until, texts.language)
    return ShownEvidence(
        piece=one,
        link=_link(one),
        title=f"{kind} · {shows}",
        sender=sender,
        maker=names.get(one.maker, one.maker) if one.maker else "",
        suffix=get_media_type(one.media_type).suffix.upper(),
        size=format_size(one.size),
    )


def _link(piece: EvidencePiece) -> str:
    return f"{code_path(piece.code)}/{piece.id}"


def _make_trail(call: PageCall, code: str, *, is_code: bool) -> list[tuple[str, str]]:
    trail: list[tuple[str, str]]
    if has_permission(call.context.actor, Permission.REGISTRY_SEE):
        trail = [(call.texts("nav.codes"), "/codes"), (code, f"/codes/{quote(code, safe='')}")]
    else:
        trail = [(call.texts("nav.evidence"), "/evidence")]
    return trail if is_code else [*trail, (call.texts("evidence.short"), code_path(code))]
