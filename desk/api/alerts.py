"""`/api/v1/alerts`: suspicions for people to judge, and their decisions."""

from typing import Any, Literal

from desk.api.call import ApiCall
from desk.api.models import (
    Body,
    ListDocument,
    LongText,
    PageQuery,
    SortedListDocument,
    SortedPageQuery,
    Text,
)
from desk.api.routing import ApiRoutes
from ledger import AlertState
from ledger.alerts.alert_record import AlertKind
from ledger.errors import IllegalAlertDecision, UnknownAlert
from ledger.lists.records import read_alert
from services import case_export
from services.alerts import alerts, case_handling
from services.alerts.case_handling import HandOver, parse_due
from services.documents import (
    AlertCaseDocument,
    AlertDocument,
    AlertStampDocument,
    describe_alert,
    describe_alert_stamp,
    describe_case,
)
from services.documents.models import Document
from services.errors import InvalidInput
from services.lists.cases import ALERTS
from services.lists.find import find_list_page
from services.permissions import Permission

routes = ApiRoutes("alerts")


class DecisionBody(Body):
    """The next state of an alert; confirming and dismissing name a cause."""

    state: AlertState
    cause: Text | None = None
    note: LongText | None = None
    told: LongText | None = None
    """The reason that the parties of the case are told, beside the cause."""


class NoteBody(Body):
    """A note on a case."""

    note: LongText


class HandOverBody(Body):
    """Receiver of a case, and the day in Vietnam by whose end it should be decided."""

    owner: Text
    due: Text | None = None
    """`2026-12-31`."""
    note: LongText | None = None


class CaseFileDocument(Document):
    """A case with its evidence, and the issuer's signature of its canonical JSON."""

    case: dict[str, Any]
    signature: dict[str, str]


class AlertQuery(SortedPageQuery):
    """Which alerts are listed: those that are not closed, if nothing is searched or filtered.

    Sorted by `-expected_loss`, or by `opened_at`.
    """

    state: AlertState | None = None
    kind: AlertKind | None = None
    product: Text | None = None
    packer: Text | None = None
    province: Text | None = None
    """Two-digit code."""
    attention: Literal["news", "overdue"] | None = None
    """`news`: new evidence since a person handled it."""
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
    asked = query.to_request("state", "kind", "product", "packer", "province", "attention", "owner")
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
    "GET",
    "alerts/{alert}/file",
    permissions=(Permission.ALERT_SEE,),
    errors=(UnknownAlert,),
)
async def export_case(call: ApiCall, alert: int) -> CaseFileDocument:
    """Export the evidence of a case, signed by the issuer; `veritem verify` checks it."""
    file = await case_export.export_case(call.context, alert)
    return CaseFileDocument.model_validate_json(file.content)


@routes.add(
    "POST",
    "alerts/{alert}/decisions",
    permissions=(Permission.ALERT_DECIDE,),
    errors=(UnknownAlert, IllegalAlertDecision),
)
async def decide_alert(call: ApiCall, alert: int, body: DecisionBody) -> AlertDocument:
    """Decide on an alert."""
    decided = await alerts.decide_alert(
        call.context, alert, body.state, cause=body.cause, note=body.note, told=body.told
    )
    return describe_alert(decided)


@routes.add(
    "POST",
    "alerts/{alert}/notes",
    permissions=(Permission.ALERT_DECIDE,),
    errors=(UnknownAlert, InvalidInput),
)
async def add_alert_note(call: ApiCall, alert: int, body: NoteBody) -> AlertDocument:
    """Add a note to a case. The same note sent twice is one note."""
    return describe_alert(await case_handling.add_note(call.context, alert, body.note))


@routes.add(
    "POST",
    "alerts/{alert}/hand-over",
    permissions=(Permission.ALERT_DECIDE,),
    errors=(UnknownAlert, IllegalAlertDecision, InvalidInput),
)
async def hand_over_alert(call: ApiCall, alert: int, body: HandOverBody) -> AlertDocument:
    """Give a case to somebody who decides alerts."""
    due = None if body.due is None else parse_due(body.due)
    wanted = HandOver(body.owner, due, body.note)
    return describe_alert(await case_handling.hand_over(call.context, alert, wanted))
