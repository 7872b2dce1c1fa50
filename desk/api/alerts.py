"""`/api/v1/alerts`: suspicions for people to judge, and their decisions."""

from desk.api.call import ApiCall
from desk.api.models import (
    Body,
    ListDocument,
    ListQuery,
    LongText,
    PageQuery,
    SortedListDocument,
    Text,
)
from desk.api.routing import ApiRoutes
from ledger import AlertState
from ledger.alert_record import AlertKind
from ledger.errors import IllegalAlertDecision, UnknownAlert
from ledger.lists.records import read_alert
from services import alerts
from services.documents import (
    AlertCaseDocument,
    AlertDocument,
    AlertStampDocument,
    describe_alert,
    describe_alert_stamp,
    describe_case,
)
from services.errors import InvalidInput
from services.lists.catalogue import ALERTS
from services.lists.find import find_list_page
from services.permissions import Permission

routes = ApiRoutes("alerts")


class DecisionBody(Body):
    """The next state of an alert; confirming and dismissing name a cause."""

    state: AlertState
    cause: Text | None = None
    note: LongText | None = None


class AlertQuery(ListQuery):
    """Which alerts are listed: those that are not closed, if nothing is searched or filtered.

    Sorted by `-expected_loss`, or by `opened_at`.
    """

    state: AlertState | None = None
    kind: AlertKind | None = None
    product: Text | None = None
    packer: Text | None = None
    owner: Text | None = None


class AlertListDocument(SortedListDocument):
    """Alerts, by expected loss if nothing else is asked for."""

    alerts: list[AlertDocument]


class AlertStampListDocument(ListDocument):
    """The stamps that an alert lists, in order."""

    stamps: list[AlertStampDocument]


@routes.add("GET", "alerts", permissions=(Permission.ALERT_SEE,), errors=(InvalidInput,))
async def list_alerts(call: ApiCall, query: AlertQuery) -> AlertListDocument:
    """Search, filter and sort alerts."""
    asked = query.to_request("state", "kind", "product", "packer", "owner")
    page = await find_list_page(call.context, ALERTS, asked)
    return AlertListDocument(
        alerts=[describe_alert(read_alert(row)) for row in page.rows],
        next=page.next,
        previous=page.previous,
    )


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
