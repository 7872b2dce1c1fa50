"""Alerts: the queue by expected loss, and one alert with its scans, history and decisions."""

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlencode

from aiohttp import web

from desk.pages.alert_texts import (
    describe_counted,
    describe_product,
    describe_subject,
    describe_weights,
)
from desk.pages.call import PageCall
from desk.pages.cartons import link_carton, name_carton
from desk.pages.case_photos import PHOTO_FIELDS
from desk.pages.case_timeline import tell_case
from desk.pages.code_case import describe_code_case
from desk.pages.forms import DecisionForm, SuspensionForm
from desk.pages.hearings import EVERYBODY, show_thread
from desk.pages.list_cells import name_reports
from desk.pages.lists import render_list
from desk.pages.render import render_page
from desk.pages.reports import link_reports
from desk.pages.routing import PageRoutes, redirect
from desk.pages.scan_map import draw_map
from desk.pages.scan_trail import choose_shown, describe_reason, describe_scans, tell_excerpt
from desk.pages.state_bar import BarPart, split_states
from detection.place import Place
from ledger import ALERT_TRANSITIONS, Alert, AlertState, LotRow, find_causes
from services.alerts import alerts, case_handling
from services.lists.cases import ALERTS
from services.permissions import Permission, has_permission
from stamps.lifecycle import REASONS, State, Transition
from traceability.lot import Lot
from traceability.site_place import locate_site
from web.i18n import format_moment

routes = PageRoutes()

_LISTED_STAMPS: Final = 24
"""Stamps on one page of an alert: on a phone the decision comes below them."""
_DECIDED: Final = (AlertState.CONFIRMED, AlertState.DISMISSED, AlertState.CLOSED)
_VERBS: Final = {
    AlertState.INVESTIGATING: "investigate",
    AlertState.CONFIRMED: "confirm",
    AlertState.DISMISSED: "dismiss",
    AlertState.CLOSED: "close",
}
"""The text key of the button that takes an alert to a state."""


@routes.add("GET", "/alerts", permissions=(Permission.ALERT_SEE,))
async def list_alerts(call: PageCall) -> web.StreamResponse:
    """List the alerts; those that are not closed where no state is asked for."""
    texts = call.texts
    actions = [
        ("/alerts?state=closed", texts("case.archive")),
        (f"/alerts?{urlencode({'owner': call.staff.id})}", texts("case.mine")),
    ]
    return await render_list(
        call,
        ALERTS,
        texts("alerts.title"),
        lead=texts("alerts.lead"),
        actions=actions,
        has_main_action=False,
    )


@routes.add("GET", "/alerts/{alert}", permissions=(Permission.ALERT_SEE,))
async def show_alert(call: PageCall, alert: int) -> web.StreamResponse:
    """Show an alert."""
    return await _render_alert(call, alert)


@routes.add("POST", "/alerts/{alert}/decide", permissions=(Permission.ALERT_DECIDE,))
async def decide_alert(call: PageCall, alert: int) -> web.StreamResponse:
    """Take the alert to another state."""
    form = call.parse_form(DecisionForm)
    await alerts.decide_alert(
        call.context, alert, form.state, cause=form.cause, note=form.note, told=form.told
    )
    return redirect(f"/alerts/{alert}", "flash.alert_decided")


@routes.add("POST", "/alerts/{alert}/block", permissions=(Permission.SUSPEND,))
async def suspend_stamp(call: PageCall, alert: int) -> web.StreamResponse:
    """Suspend the alert's stamp."""
    form = call.parse_form(SuspensionForm)
    await alerts.suspend_stamp(call.context, alert, form.reason, call.key)
    return redirect(f"/alerts/{alert}", "flash.stamp_suspended")


def _get_verb(state: AlertState, wanted: AlertState) -> str:
    """The text key of the button that takes an alert from `state` to `wanted`."""
    if wanted is AlertState.INVESTIGATING and state in _DECIDED:
        return "reconsider"
    return _VERBS[wanted]


async def _list_owners(call: PageCall, alert: Alert) -> list[tuple[str, str]]:
    """Return account and name of those who can take over the case."""
    context = call.context
    if alert.state is AlertState.CLOSED:
        return []
    if not has_permission(context.actor, Permission.ALERT_DECIDE):
        return []
    return [(one.id, one.name) for one in await case_handling.list_owners(context)]


def _find_site(row: LotRow | None) -> Place | None:
    """The packing house of a lot, where the lot says where it is."""
    site = None if row is None else Lot.from_document(row.document).packing_house
    return None if site is None else locate_site(site)


def _split(states: Mapping[State, int]) -> list[BarPart]:
    return split_states(states, sum(states.values()))


async def _render_alert(call: PageCall, alert_id: int) -> web.Response:
    case = await alerts.open_alert(
        call.context, alert_id, limit=_LISTED_STAMPS, after=call.query.get("after")
    )
    alert, texts, links = case.alert, call.texts, case.links
    lines = describe_scans(case.scans.rows, case.evidence, texts)
    shown = choose_shown(lines)
    now = call.runtime.dependencies.clock()
    owners = await _list_owners(call, alert)
    common: dict[str, Any] = {
        "alert": alert,
        "counted": describe_counted(alert, texts),
        "exact": lambda at: format_moment(at, call.language),
        "owner": case.people.get(alert.owner or "", alert.owner),
        "owners": owners,
        "is_overdue": alert.due_at is not None and alert.due_at < now,
        "photo_fields": PHOTO_FIELDS,
        "timeline": tell_case(case, lines, texts),
        "heard": case.hearings,
        "threads": [show_thread(call, one) for one in case.hearings.files],
        "everybody": EVERYBODY,
        "links": links,
        "subject": lambda other: describe_subject(other, texts),
        "reason": lambda slug: describe_reason(slug, texts),
        "steps": [
            (str(state), _get_verb(alert.state, state), find_causes(alert.kind, state))
            for state in AlertState
            if state in ALERT_TRANSITIONS[alert.state]
        ],
    }
    if alert.code is not None:
        shown_of_code = await describe_code_case(call, alert)
        return render_page(
            call, "code_case.html", describe_subject(alert, texts), **common, **shown_of_code
        )
    return render_page(
        call,
        "alert.html",
        describe_subject(alert, texts),
        **common,
        span=case.span,
        parties=case.parties,
        stamps=case.stamps.items,
        next_page=case.stamps.next,
        is_suspendable=case.is_suspendable,
        weights=describe_weights(case.weights, texts),
        scans=shown,
        excerpt=tell_excerpt(len(shown), case.scans, texts),
        drawing=draw_map(shown, _find_site(links.lot), texts),
        carton=links.carton,
        carton_label=links.carton and name_carton(links.carton, call),
        carton_link=links.carton and link_carton(links.carton),
        batch_bar=_split(links.batch_states),
        lot_bar=_split(links.lot_states),
        product=describe_product(links.lot, call.language),
        reports=[
            (link_reports(one.id), name_reports(one.typed, one.batch, one.index, texts), one)
            for one in case.reports
        ],
        reasons=REASONS[Transition.SUSPEND],
    )
