"""Alerts: the queue by expected loss, and one alert with its scans, history and decisions."""

from typing import Final

from aiohttp import web

from desk.pages.call import PageCall
from desk.pages.forms import DecisionForm, SuspensionForm
from desk.pages.render import render_page
from desk.pages.routing import PageRoutes, redirect
from desk.pages.scan_trail import describe_reason, describe_scans
from ledger import ALERT_CAUSES, ALERT_TRANSITIONS, AlertState
from services import alerts
from services.permissions import Permission
from stamps import serial_range
from stamps.errors import VeritemError
from stamps.lifecycle import REASONS, Transition

routes = PageRoutes()

_VERBS: Final = {
    AlertState.INVESTIGATING: "investigate",
    AlertState.CONFIRMED: "confirm",
    AlertState.DISMISSED: "dismiss",
    AlertState.CLOSED: "close",
}
"""The text key of the button that takes an alert to a state."""


@routes.add("GET", "/alerts", permissions=(Permission.ALERT_SEE,))
async def list_alerts(call: PageCall) -> web.StreamResponse:
    """List the alerts that are not closed."""
    page = await alerts.list_alerts(call.context, after=call.query.get("after"))
    return render_page(
        call,
        "alerts.html",
        call.texts("alerts.title"),
        alerts=page.items,
        next_page=page.next,
        reason=lambda slug: describe_reason(slug, call.texts),
    )


@routes.add("GET", "/alerts/{alert}", permissions=(Permission.ALERT_SEE,))
async def show_alert(call: PageCall, alert: int) -> web.StreamResponse:
    """Show an alert."""
    return await _render_alert(call, alert)


@routes.add("POST", "/alerts/{alert}/decide", permissions=(Permission.ALERT_DECIDE,))
async def decide_alert(call: PageCall, alert: int) -> web.StreamResponse:
    """Take the alert to another state."""
    try:
        form = call.parse_form(DecisionForm)
        await alerts.decide_alert(call.context, alert, form.state, cause=form.cause, note=form.note)
    except VeritemError as refusal:
        return await _render_alert(call, alert, refusal)
    return redirect(f"/alerts/{alert}")


@routes.add("POST", "/alerts/{alert}/block", permissions=(Permission.SUSPEND,))
async def suspend_stamp(call: PageCall, alert: int) -> web.StreamResponse:
    """Suspend the alert's stamp."""
    try:
        form = call.parse_form(SuspensionForm)
        await alerts.suspend_stamp(call.context, alert, form.reason, call.key)
    except VeritemError as refusal:
        return await _render_alert(call, alert, refusal)
    return redirect(f"/alerts/{alert}")


async def _render_alert(
    call: PageCall, alert_id: int, refusal: VeritemError | None = None
) -> web.Response:
    case = await alerts.open_alert(call.context, alert_id)
    alert, texts = case.alert, call.texts
    if alert.stamp is None:
        title = texts("alerts.batch", batch=alert.batch)
    else:
        batch, index = alert.stamp
        stamp = serial_range.format_serial_range(batch, index, index + 1)
        title = texts("alerts.stamp", range=stamp)
    return render_page(
        call,
        "alert.html",
        title,
        refusal=refusal,
        alert=alert,
        span=case.span,
        is_suspendable=case.is_suspendable,
        scans=describe_scans(case.scans, texts),
        reason=lambda slug: describe_reason(slug, texts),
        steps=[
            (str(state), _VERBS[state], ALERT_CAUSES.get(state, ()))
            for state in AlertState
            if state in ALERT_TRANSITIONS[alert.state]
        ],
        reasons=REASONS[Transition.SUSPEND],
    )
