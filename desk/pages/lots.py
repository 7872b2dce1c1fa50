"""Lots: list, one lot with what it lacks, the form that describes one, recall."""

from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Any, Final
from urllib.parse import quote, urlencode

from aiohttp import web

from desk.pages.assets import find_asset
from desk.pages.call import PageCall
from desk.pages.forms import ChangeDecisionForm, LotForm, RecallForm
from desk.pages.lists import render_list
from desk.pages.lot_document import (
    STAGE_FIELDS,
    compose_document,
    extract_fields,
    list_changed_fields,
)
from desk.pages.lot_photos import FORM_LIMIT, store_photo
from desk.pages.orders import product_name
from desk.pages.problem_texts import translate_slug
from desk.pages.render import render_page
from desk.pages.routing import PageRoutes, redirect
from ledger import LotChange, LotRow, Proposal
from ledger.errors import UnknownLot
from services import ServiceContext, lots, proposals, recalls, registered_codes, registry
from services.lists.catalogue import LOTS
from services.lists.find import find_person_names
from services.lot_places import list_places_to_choose
from services.lots import CorrectionRequest
from services.permissions import Permission, has_permission
from stamps.lifecycle import REASONS, Transition
from stamps.timestamps import parse_rfc3339
from traceability.administrative_units import load_administrative_units
from traceability.lot_changes import CorrectionReason
from traceability.parties import PartyKind
from web.i18n import Language, Texts, format_day, format_moment, join_words

routes = PageRoutes()

_PHOTO_SCRIPT: Final = "lot_photo.js"
_BESIDE_DOCUMENT: Final = {"csrf", "key", "reason", "note"}
"""Fields of the form that are no part of the lot's document."""
_NEW_IN_COPY: Final = ("code", "harvested", "packed")
"""Fields that a copy of a lot does not take over."""


@routes.add("GET", "/lots", permissions=(Permission.LOT_SEE,))
async def list_lots(call: PageCall) -> web.StreamResponse:
    """List the lots."""
    may_put = has_permission(call.context.actor, Permission.LOT_PUT)
    actions = [("/new-lot", call.texts("activate.new_lot"))] if may_put else []
    return await render_list(call, LOTS, call.texts("lots.title"), actions=actions)


@routes.add("GET", "/lots/{lot}", permissions=(Permission.LOT_SEE,))
async def show_lot(call: PageCall, lot: str) -> web.StreamResponse:
    """Show a lot."""
    return await _render_lot(call, lot)


@routes.add("GET", "/new-lot", permissions=(Permission.LOT_PUT,))
async def show_form(call: PageCall) -> web.StreamResponse:
    """Show the form: empty, of a known lot (`edit`), or of a copy of one (`like`)."""
    fields: dict[str, str] = {}
    if call.draft:
        fields = dict(call.fields)
    elif "edit" in call.query:
        fields = extract_fields((await lots.get_lot(call.context, call.query["edit"])).document)
    elif "like" in call.query:
        fields = extract_fields((await lots.get_lot(call.context, call.query["like"])).document)
        fields |= dict.fromkeys(_NEW_IN_COPY, "")
    return await _render_form(call, fields)


@routes.add("POST", "/new-lot", permissions=(Permission.LOT_PUT,), limit=FORM_LIMIT)
async def put_lot(call: PageCall) -> web.StreamResponse:
    """Store what the form describes over what is known of the lot."""
    form = call.parse_form(LotForm)
    known: Mapping[str, object] = {}
    with suppress(UnknownLot):
        known = (await lots.get_lot(call.context, form.code)).document
    products = {p.id: p for p in await registry.list_products(call.context)}
    fields = form.model_dump(exclude=_BESIDE_DOCUMENT, exclude_none=True)
    if image := await store_photo(call):
        fields["image"] = image
    document = compose_document(known, fields, products.get(form.product or ""))
    correction = CorrectionRequest(reason=form.reason, note=form.note)
    saved = await lots.submit_lot(call.context, document, form.code, correction=correction)
    flash = "flash.lot_proposed" if isinstance(saved, Proposal) else "flash.lot_saved"
    return redirect(f"/lots/{quote(form.code, safe='')}", flash)


@routes.add("POST", "/lots/{lot}/confirm", permissions=(Permission.LOT_CONFIRM,))
async def confirm_change(call: PageCall, lot: str) -> web.StreamResponse:
    """Confirm the change of a lot that another person proposed; it is saved at once."""
    return await _decide(call, lot, proposals.approve_proposal)


@routes.add("POST", "/lots/{lot}/refuse", permissions=(Permission.LOT_CONFIRM,))
async def refuse_change(call: PageCall, lot: str) -> web.StreamResponse:
    """Refuse the change of a lot that another person proposed."""
    return await _decide(call, lot, proposals.refuse_proposal)


@routes.add("POST", "/lots/{lot}/withdraw", permissions=(Permission.LOT_PUT,))
async def withdraw_change(call: PageCall, lot: str) -> web.StreamResponse:
    """Withdraw the own proposal to change a lot."""
    return await _decide(call, lot, proposals.withdraw_proposal)


async def _decide(
    call: PageCall, lot: str, decide: Callable[[ServiceContext, int], Awaitable[object]]
) -> web.StreamResponse:
    await decide(call.context, call.parse_form(ChangeDecisionForm).proposal)
    return redirect(f"/lots/{quote(lot, safe='')}")


@routes.add("POST", "/lots/{lot}/recall", permissions=(Permission.RECALL,))
async def recall_lot(call: PageCall, lot: str) -> web.StreamResponse:
    """Propose to recall every stamp of the lot, once the tick confirms it."""
    form = call.parse_form(RecallForm)
    proposal = await recalls.propose_recall(call.context, lot=lot, reason=form.reason, key=call.key)
    return redirect(f"/proposals/{proposal.id}")


async def _render_lot(call: PageCall, code: str) -> web.Response:
    row = await lots.get_lot(call.context, code)
    versions = await lots.list_versions(call.context, code, after=call.query.get("after"))
    pending = await lots.find_pending_change(call.context, code)
    refusal = await registered_codes.find_code_refusal(call.context, row)
    actors = [row.actor, *(who for one in versions.items for who in (one.actor, one.confirmed_by))]
    return render_page(
        call,
        "lot.html",
        row.code,
        lot=row,
        facts=_list_facts(row, call.texts, call.language),
        missing=[translate_slug(call.texts, "item", item) for item in row.missing],
        unusable=refusal and call.texts(f"problem.{refusal.code}", **refusal.evidence),
        reasons=REASONS[Transition.RECALL],
        versions=[
            (
                version,
                join_words([call.texts(f"part.{part}") for part in version.changed], call.language),
            )
            for version in versions.items
        ],
        next_page=versions.next,
        people=await find_person_names(
            call.context, *actors, pending.requested_by if pending else None
        ),
        pending=pending,
        change=pending and _describe_change(row, pending, call.texts, call.language),
        is_own=pending is not None and pending.requested_by == call.staff.id,
        may_decide=pending is not None and proposals.may_decide(call.context, pending),
    )


async def _render_form(call: PageCall, fields: Mapping[str, str]) -> web.Response:
    known = await registry.list_registry(call.context)
    is_bound = False
    with suppress(UnknownLot):
        is_bound = await lots.is_bound(call.context, fields.get("code", ""))
    places = await list_places_to_choose(call.context)
    kept = {name: call.query[name] for name in ("edit", "like") if name in call.query}
    return render_page(
        call,
        "lot_form.html",
        call.texts("activate.new_lot"),
        scripts=(_PHOTO_SCRIPT,) if find_asset(_PHOTO_SCRIPT) else (),
        fields=fields,
        action=f"/new-lot?{urlencode(kept)}" if kept else "/new-lot",
        products=[(p.id, product_name(p, call.language)) for p in known.products],
        provinces=sorted(
            (
                (p.code, p.name(call.language))
                for p in load_administrative_units().provinces.values()
            ),
            key=lambda pair: pair[1],
        ),
        kinds=[(str(kind), call.texts(f"lots.{kind}")) for kind in PartyKind],
        is_bound=is_bound,
        corrections=[(str(r), call.texts(f"correction.{r}")) for r in CorrectionReason],
        areas=[place for place in places if place.kind == "growing_area"],
        houses=[
            place
            for place in places
            if place.kind == "packing_house" and place.organisation == call.staff.organisation
        ],
    )


def _list_facts(row: LotRow, texts: Texts, language: Language) -> list[tuple[str, str]]:
    """Label and value of what a lot's page shows."""
    fields = extract_fields(row.document)
    name = row.document.get("product", {}).get("name", {})
    fields["product"] = name.get(language) or name.get("vi", "")
    if province := fields.get("province"):
        fields["province"] = load_administrative_units().provinces[province].name(language)
    begins = {stage["stage"]: stage.get("at") for stage in row.document.get("stages", ())}
    for stage, field, _ in STAGE_FIELDS:
        if at := begins.get(str(stage)):
            format_time = format_day if field == "grown" else format_moment
            fields[field] = format_time(parse_rfc3339(at), language)
    return [(texts(f"lots.{field}"), fields[field]) for field in _SHOWN if fields.get(field)]


def _describe_change(
    row: LotRow, pending: Proposal, texts: Texts, language: Language
) -> dict[str, Any]:
    """What a proposal changes: the parts, the values that the page shows, and every field."""
    change = LotChange.from_document(pending.document)
    before = dict(_list_facts(row, texts, language))
    after = dict(_list_facts(replace(row, document=change.lot.document), texts, language))
    return {
        "parts": join_words([texts(f"part.{part}") for part in change.changed], language),
        "facts": [
            (label, before.get(label, "–"), after.get(label, "–"))
            for label in {**before, **after}
            if before.get(label) != after.get(label)
        ],
        "fields": list_changed_fields(row.document, change.lot.document),
    }


_SHOWN: Final = (
    "product",
    "producer",
    "address",
    "province",
    "growing_area",
    "packing_house",
    "grown",
    "harvested",
    "packed",
    "shelf_life",
    "brand",
    "standard",
    "certificate",
)
"""The fields of a lot's page, in order."""
