"""Mentions: what other organisations tell of one's own, to be confirmed or disputed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, get_args
from urllib.parse import quote

from aiohttp import web

from desk.pages.call import PageCall
from desk.pages.entry_texts import summarise_entry
from desk.pages.forms import MentionForm
from desk.pages.render import render_page
from desk.pages.routing import PageRoutes, redirect
from ledger.record.epcis_events import EventRow
from ledger.record.mention_rows import MentionState
from services.errors import InvalidInput
from services.lists.find import find_person_names
from services.permissions import Permission, has_permission
from services.record import mentions
from services.record.mentions import Mention
from traceability.diary.entries import MalformedEntry
from traceability.diary.entry_events import extract_entry
from traceability.diary.entry_kinds import find_entry_kind
from traceability.epcis.event_reader import format_event_id
from web.i18n import Texts

routes = PageRoutes()

_STATES: Final[tuple[MentionState, ...]] = get_args(MentionState)


@dataclass(frozen=True, slots=True)
class ShownMention:
    """A mention as pages show it."""

    mention: Mention
    title: str
    summary: str
    teller: str
    address: str


@routes.add("GET", "/mentions", permissions=(Permission.EVENT_RECORD,))
async def list_mentions(call: PageCall) -> web.StreamResponse:
    """List what others tell of the own organisation, newest first."""
    asked = call.query.get("state") or None
    state = next((one for one in _STATES if one == asked), None)
    if state is None and asked is not None:
        raise InvalidInput(field="state", why=f"must be one of {', '.join(_STATES)}")
    after = call.query.get("after")
    found = await mentions.list_mentions(call.context, state=state, after=after)
    names = await _name_tellers(call, found.items)
    return render_page(
        call,
        "mentions.html",
        call.texts("mentions.title"),
        mentions=[_show(one, names, call.texts) for one in found.items],
        next_page=found.next,
        query={"state": state} if state else {},
        state=state,
        states=_STATES,
    )


@routes.add("GET", "/mentions/{teller}/{event}", permissions=(Permission.EVENT_RECORD,))
async def show_mention(call: PageCall, teller: str, event: str) -> web.StreamResponse:
    """Show what another tells, with the form that confirms or disputes it."""
    found = await mentions.get_mention(call.context, teller, event)
    shown = _show(found, await _name_tellers(call, [found]), call.texts)
    return render_page(
        call,
        "mention.html",
        shown.title,
        trail=[(call.texts("mentions.title"), "/mentions")],
        one=shown,
        items=list_items(found.event),
        event=format_event_id(found.event.id),
        people=await find_person_names(call.context, *(one.actor for one in found.answers)),
        may_answer=found.state != "withdrawn"
        and has_permission(call.context.actor, Permission.EVENT_RECORD),
    )


@routes.add("POST", "/mentions/{teller}/{event}", permissions=(Permission.EVENT_RECORD,))
async def answer_mention(call: PageCall, teller: str, event: str) -> web.StreamResponse:
    """Confirm what another tells, or dispute it with a reason."""
    form = call.parse_form(MentionForm)
    await mentions.answer_mention(call.context, teller, event, form.answer, form.note)
    return redirect(_address(teller, event), f"flash.mention_{form.answer}")


def list_items(event: EventRow) -> list[str]:
    """The things and lots of an event, with quantities where it tells them."""
    classes = [
        " · ".join(str(one[name]) for name in ("epcClass", "quantity", "uom") if name in one)
        for name in ("quantityList", "childQuantityList")
        for one in event.body.get(name, ())
    ]
    things = [one for name in ("epcList", "childEPCs") for one in event.body.get(name, ())]
    return [*things, *classes]


async def _name_tellers(call: PageCall, found: Sequence[Mention]) -> Mapping[str, str]:
    ids = {one.event.organisation for one in found}
    names = await call.context.ledger.lists.get_names("organisation", ids)
    return {id_: one["vi"] for id_, one in names.items()}


def _show(one: Mention, names: Mapping[str, str], texts: Texts) -> ShownMention:
    teller, title, summary = one.event.organisation, texts("mentions.event"), ""
    try:
        entry = extract_entry(one.event.body)
    except MalformedEntry:
        entry = None
    if entry is not None:
        title = find_entry_kind(entry.kind).name[texts.language]
        summary = summarise_entry(entry, texts)
    return ShownMention(
        mention=one,
        title=title,
        summary=summary,
        teller=names.get(teller, teller),
        address=_address(teller, one.event.id),
    )


def _address(teller: str, event: str) -> str:
    return f"/mentions/{quote(teller, safe='')}/{quote(event, safe='')}"
