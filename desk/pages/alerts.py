"""Alerts: the queue by expected loss, and one alert with its scans, history and decisions."""

from typing import Final

from aiohttp import web

from desk.pages.alert_texts import describe_counted, describe_subject
from desk.pages.call import PageCall
from desk.pages.forms import DecisionForm, SuspensionForm
from desk.pages.lists import render_list
from desk.pages.render import render_page
from desk.pages.routing import PageRoutes, redirect
from desk.pages.scan_trail import describe_reason, describe_scans
from ledger import ALERT_CAUSES, ALERT_TRANSITIONS, AlertState
from services import alerts
from services.lists.catalogue import ALERTS
from services.permissions import Permission
from stamps.lifecycle import REASONS, Transition

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
    return await render_list(call, ALERTS, texts("alerts.title"), lead=texts("alerts.lead"))


@routes.add("GET", "/alerts/{alert}", permissions=(Permission.ALERT_SEE,))
async def show_alert(call: PageCall, alert: int) -> web.StreamResponse:
    """Show an alert."""
    return await _render_alert(call, alert)


@routes.add("POST", "/alerts/{alert}/decide", permissions=(Permission.ALERT_DECIDE,))
async def decide_alert(call: PageCall, alert: int) -> web.StreamResponse:
    """Take the alert to another state."""
    form = call.parse_form(DecisionForm)
    await alerts.decide_alert(call.context, alert, form.state, cause=form.cause, note=form.note)
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


async def _render_alert(call: PageCall, alert_id: int) -> web.Response:
    case = await alerts.open_alert(
        call.context, alert_id, limit=_LISTED_STAMPS, after=call.query.get("after")
    )
    alert, texts = case.alert, call.texts
    return render_page(
        call,
        "alert.html",
        describe_subject(alert, texts),
        alert=alert,
        span=case.span,
        parties=case.parties,
        counted=describe_counted(alert, texts),
        stamps=case.stamps.items,
        next_page=case.stamps.next,
        is_suspendable=case.is_suspendable,
        scans=describe_scans(case.scans, texts),
        reason=lambda slug: describe_reason(slug, texts),
        steps=[
            (str(state), _get_verb(alert.state, state), ALERT_CAUSES.get(state, ()))
            for state in AlertState
            if state in ALERT_TRANSITIONS[alert.state]
        ],
        reasons=REASONS[Transition.SUSPEND],
    )
