"""`/api/v1/alerts`: suspicions for people to judge, and their decisions."""

from desk.api.call import ApiCall
from desk.api.models import Body, ListDocument, LongText, PageQuery, Text
from desk.api.routing import ApiRoutes
from ledger import AlertState
from ledger.errors import IllegalAlertDecision, UnknownAlert
from services import alerts
from services.documents import (
    AlertCaseDocument,
    AlertDocument,
    AlertStampDocument,
    describe_alert,
    describe_alert_stamp,
    describe_case,
)
from services.permissions import Permission

routes = ApiRoutes("alerts")


class DecisionBody(Body):
    """The next state of an alert; confirming and dismissing name a cause."""

    state: AlertState
    cause: Text | None = None
    note: LongText | None = None


class AlertQuery(PageQuery):
    """Which alerts are listed; those that are not closed by default."""

    state: AlertState | None = None


class AlertListDocument(ListDocument):
    """Alerts by expected loss."""

    alerts: list[AlertDocument]


class AlertStampListDocument(ListDocument):
    """The stamps that an alert lists, in order."""

    stamps: list[AlertStampDocument]


@routes.add("GET", "alerts", permissions=(Permission.ALERT_SEE,))
async def list_alerts(call: ApiCall, query: AlertQuery) -> AlertListDocument:
    """List alerts by expected loss."""
    page = await alerts.list_alerts(
        call.context, state=query.state, limit=query.limit, after=query.after
    )
    return AlertListDocument(alerts=[describe_alert(alert) for alert in page.items], next=page.next)


@routes.add("GET", "alerts/{alert}", permissions=(Permission.ALERT_SEE,), errors=(UnknownAlert,))
async def show_alert(call: ApiCall, alert: int) -> AlertCaseDocument:
    """Show an alert with its history and the scans of its stamp."""
    return describe_case(await alerts.open_alert(call.context, alert))


@routes.add(
    "GET", "alerts/{alert}/stamps", permissions=(Permission.ALERT_SEE,), errors=(UnknownAlert,)
)
async def list_alert_stamps(call: ApiCall, alert: int, query: PageQuery) -> AlertStampListDocument:
    """List the stamps of a campaign, or the anomalous stamps of a batch."""
    page = await alerts.list_alert_stamps(call.context, alert, limit=query.limit, after=query.after)
    return AlertStampListDocument(
        stamps=[describe_alert_stamp(stamp) for stamp in page.items], next=page.next
    )


@routes.add(
    "POST",
    "alerts/{alert}/decisions",
    permissions=(Permission.ALERT_DECIDE,),
    errors=(UnknownAlert, IllegalAlertDecision),
)
async def decide_alert(call: ApiCall, alert: int, body: DecisionBody) -> AlertDocument:
    """Decide on an alert."""
    decided = await alerts.decide_alert(
        call.context, alert, body.state, cause=body.cause, note=body.note
    )
    return describe_alert(decided)
