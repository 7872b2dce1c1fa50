"""`/api/v1/alerts`: what the judge shows to people, and what they make of it."""

from typing import Final

from aiohttp import web

from desk import documents, reply, work
from desk.call import Call
from desk.errors import MalformedBody
from desk.roles import Permission
from desk.routes import Route
from desk.schemas import one_of
from ledger import AlertState

_STATES: Final = tuple(str(state) for state in AlertState)


async def listed(call: Call) -> web.StreamResponse:
    """The living alerts, or those in one state, by expected loss."""
    state = call.query.get("state")
    if state is not None and state not in _STATES:
        raise MalformedBody(field="state", why=f"must be one of {', '.join(_STATES)}")
    found = await call.ledger.alerts.list(None if state is None else AlertState(state))
    return reply.document({"alerts": [documents.alert(alert) for alert in found]})


async def show(call: Call) -> web.StreamResponse:
    """One alert with its history and its stamp's scans."""
    alert, scans = await work.open_alert(call, call.number("alert"))
    return reply.document(
        {
            **documents.alert(alert),
            "history": [documents.event(event) for event in alert.history],
            "evidence": [documents.scan(scan) for scan in scans],
        }
    )


async def decide(call: Call) -> web.StreamResponse:
    """Take a step with an alert."""
    body = await call.json()
    state = AlertState(body.choice("state", _STATES))
    cause, note = body.maybe_text("cause"), body.maybe_text("note", longest=2000)
    body.done()
    alert = await work.decide_alert(call, call.number("alert"), state, cause, note)
    return reply.document(documents.alert(alert))


_SEE: Final = (Permission.ALERT_SEE,)

ROUTES: Final = (
    Route(
        *("GET", "/api/v1/alerts", listed, "List alerts by expected loss", _SEE),
        answers={200: "Alerts"},
        query={"state": one_of(AlertState)},
        refusals=("malformed-body",),
    ),
    Route(
        *("GET", "/api/v1/alerts/{alert:int}", show, "Show an alert with its evidence", _SEE),
        answers={200: "AlertCase"},
        refusals=("unknown-alert",),
    ),
    Route(
        *("POST", "/api/v1/alerts/{alert:int}/decisions", decide, "Decide on an alert"),
        (Permission.ALERT_DECIDE,),
        answers={200: "Alert"},
        body="Decision",
        refusals=("malformed-body", "unknown-alert", "alert-step"),
    ),
)
