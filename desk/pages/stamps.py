"""Stamps by serial range or code: their state, their history, and what the account may do."""

from collections.abc import Sequence
from typing import Final
from urllib.parse import urlencode

from aiohttp import web

from desk.forms.invalid_form import Flaw, InvalidForm
from desk.pages.call import PageCall
from desk.pages.cartons import link_carton, name_carton
from desk.pages.forms import StampTransitionForm
from desk.pages.render import render_page
from desk.pages.routing import PageRoutes, redirect
from ledger.cartons.carton_rows import Carton
from services.cartons import cartons
from services.lists.find import find_person_names
from services.permissions import (
    PROPOSED_TRANSITIONS,
    STAFF_TRANSITIONS,
    TRANSITION_PERMISSIONS,
    Permission,
    has_permission,
)
from services.stamps import recalls, stamp_lookup, transitions
from services.stamps.transitions import TransitionRequest
from stamps.errors import VeritemError
from stamps.lifecycle import BINDS_LOT, REASONS, Transition
from stamps.stamp_ranges import StampRange

routes = PageRoutes()

_OFFERED: Final = tuple(
    t for t in (*STAFF_TRANSITIONS, *PROPOSED_TRANSITIONS) if t not in BINDS_LOT
)
"""The transitions of the page; an activation has a page of its own."""
_FINAL: Final = frozenset({Transition.RECALL, Transition.VOID})
"""Transitions that nothing undoes; the form asks for a tick."""
_MAX_ROWS: Final = 100


@routes.add("GET", "/stamps", permissions=(Permission.STAMP_SEE,))
async def look_up_stamps(call: PageCall) -> web.StreamResponse:
    """Ask for a serial range or code, and show those stamps."""
    try:
        return await _render(call, call.query.get("q", call.fields.get("q", "")).strip())
    except VeritemError as refusal:
        return await _render(call, "", refusal)


@routes.add(
    "POST",
    "/stamps",
    permissions=tuple(TRANSITION_PERMISSIONS[transition] for transition in _OFFERED),
)
async def apply_transition(call: PageCall) -> web.StreamResponse:
    """Apply a transition to the stamps that are shown, or propose a recall."""
    form = call.parse_form(StampTransitionForm)
    flaws = []
    if REASONS[form.transition] and form.reason is None:
        flaws.append(Flaw("reason", "flaw.missing"))
    if form.transition in _FINAL and form.sure is None:
        flaws.append(Flaw("sure", "flaw.tick"))
    if flaws:
        raise InvalidForm(flaws, field=flaws[0].field, why="is missing")
    if form.transition is Transition.RECALL:
        proposal = await recalls.propose_recall(
            call.context, ranges=(form.q,), reason=form.reason or "", key=call.key
        )
        return redirect(f"/proposals/{proposal.id}")
    request = TransitionRequest(form.transition, ranges=(form.q,), reason=form.reason)
    recorded = await transitions.apply_transition(call.context, request, call.key)
    count = sum(one.hi - one.lo for one in recorded)
    return redirect(f"/stamps?{urlencode({'q': form.q})}", "stamps.done", count=count)


async def _render(
    call: PageCall,
    text: str,
    refusal: VeritemError | None = None,
) -> web.Response:
    details = offers = reach = None
    packed: Sequence[Carton] = ()
    people: dict[str, str] = {}
    if text:
        details = await stamp_lookup.look_up_stamps(call.context, text)
        if has_permission(call.context.actor, Permission.CARTON_SEE):
            target = details.target
            packed = await cartons.find_cartons_of_stamps(
                call.context, [StampRange(target.batch.number, target.lo, target.hi)]
            )
        people = await find_person_names(call.context, *(one.actor for one in details.transitions))
        offers = [
            (transition.value, REASONS[transition], transition in _FINAL)
            for transition in stamp_lookup.list_allowed_transitions(
                call.context, details.spans, _OFFERED
            )
        ]
        if any(name == Transition.RECALL for name, *_ in offers):
            reach = await recalls.preview_recall(call.context, ranges=(details.target.text,))
    return render_page(
        call,
        "stamps.html",
        call.texts("stamps.title"),
        refusal=refusal,
        typed=text or call.query.get("q", ""),
        target=details and details.target,
        spans=details and details.clipped_spans()[:_MAX_ROWS],
        transitions=details and list(reversed(details.transitions[-_MAX_ROWS:])),
        offers=offers,
        reach=reach,
        packed=packed,
        name_carton=lambda one: name_carton(one, call),
        link_carton=link_carton,
        people=people,
    )
