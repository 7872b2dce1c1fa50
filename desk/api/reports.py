"""`/api/v1/reports`: what consumers reported, grouped by stamp or unknown code."""

from typing import Literal

from aiohttp import web

from attachments import MEDIA_TYPE
from desk.api.call import ApiCall
from desk.api.models import Body, LongText, SortedListDocument, SortedPageQuery, Text
from desk.api.routing import ApiRoutes
from ledger import ReportKind, ReportState
from ledger.errors import IllegalReportStep, UnknownReports, UnknownRow
from ledger.reports.report_groups import AnswerChannel, group_from_row
from ledger.staff_errors import UnknownStaff
from services.documents.alerts import AlertDocument, describe_alert
from services.documents.models import Document
from services.documents.reports import (
    ContactDocument,
    HotSpotsDocument,
    ReportFileDocument,
    ReportGroupDocument,
    describe_hot_spots,
    describe_report_file,
    describe_report_group,
)
from services.errors import InvalidInput
from services.lists.cases import REPORTS
from services.lists.find import find_list_page
from services.permissions import Permission
from services.reports import consumer_reports
from web.security_headers import NO_STORE, SANDBOX

routes = ApiRoutes("reports")


class ReportQuery(SortedPageQuery):
    """Which groups are listed: ordinary ones that are not closed, if nothing is asked for.

    Sorted by `-last_at`, or by `reports`.
    """

    state: ReportState | None = None
    kind: ReportKind | None = None
    source: Literal["single", "crowded"] | None = None
    province: Text | None = None
    product: Text | None = None
    packer: Text | None = None
    owner: Text | None = None


class ReportListDocument(SortedListDocument):
    """Groups of reports, the newest first if nothing else is asked for."""

    reports: list[ReportGroupDocument]


class StepBody(Body):
    """The next state of a group; answering and closing say in a note what was done."""

    state: Literal["read", "assigned", "answered", "closed"]
    owner: Text | None = None
    """New owner, by an assignment; the caller if null."""
    note: LongText | None = None
    channel: AnswerChannel | None = None
    """How the reporter was answered, of an answer."""


class ContactListDocument(Document):
    """Contacts that reporters left."""

    contacts: list[ContactDocument]


@routes.add("GET", "reports", permissions=(Permission.REPORT_SEE,), errors=(InvalidInput,))
async def list_reports(call: ApiCall, query: ReportQuery) -> ReportListDocument:
    """Search, filter and sort what consumers reported."""
    names = ("state", "kind", "source", "province", "product", "packer", "owner")
    page = await find_list_page(call.context, REPORTS, query.to_request(*names))
    return ReportListDocument(
        reports=[describe_report_group(group_from_row(row)) for row in page.rows],
        next=page.next,
        previous=page.previous,
    )


@routes.add(
    "GET",
    "reports/{group}",
    permissions=(Permission.REPORT_SEE,),
    errors=(UnknownReports,),
)
async def show_reports(call: ApiCall, group: str) -> ReportFileDocument:
    """Show the reports about a stamp or code; an inspector has then read them."""
    return describe_report_file(await consumer_reports.open_reports(call.context, group))


@routes.add(
    "POST",
    "reports/{group}/steps",
    permissions=(Permission.REPORT_HANDLE,),
    errors=(UnknownReports, IllegalReportStep, UnknownStaff, InvalidInput),
)
async def take_report_step(call: ApiCall, group: str, body: StepBody) -> ReportGroupDocument:
    """Read, assign, answer or close reports."""
    taken = await consumer_reports.take_report_step(
        call.context,
        group,
        ReportState(body.state),
        owner=body.owner,
        note=body.note,
        channel=body.channel,
    )
    return describe_report_group(taken)


@routes.add(
    "GET",
    "reports/{group}/contacts",
    permissions=(Permission.REPORT_REVEAL,),
    errors=(UnknownReports,),
)
async def show_contacts(call: ApiCall, group: str) -> ContactListDocument:
    """Show what reporters left to be answered at; each look is recorded."""
    found = await consumer_reports.show_contacts(call.context, group)
    return ContactListDocument(
        contacts=[
            ContactDocument(report=report.hex(), contact=contact)
            for report, contact in found.items()
        ]
    )


@routes.add(
    "GET",
    "reports/{group}/photos/{report}",
    permissions=(Permission.REPORT_REVEAL,),
    errors=(UnknownRow,),
    answers={200: MEDIA_TYPE},
)
async def show_report_photo(call: ApiCall, group: str, report: str) -> web.StreamResponse:
    """Take the photo of a report, named by the report's id: JPEG."""
    picture = await consumer_reports.get_photo(call.context, report)
    return web.Response(body=picture, content_type=MEDIA_TYPE, headers={**SANDBOX, **NO_STORE})


@routes.add(
    "POST",
    "reports/{group}/case",
    permissions=(Permission.ALERT_DECIDE,),
    errors=(UnknownReports, InvalidInput),
)
async def open_report_case(call: ApiCall, group: str) -> AlertDocument:
    """Open the case of a reported stamp, or find the one that it has. Sent twice it is one case."""
    return describe_alert(await consumer_reports.open_case(call.context, group))


@routes.add("GET", "report-places", permissions=(Permission.REPORT_SEE,))
async def list_report_places(call: ApiCall) -> HotSpotsDocument:
    """Count the reports of the last 30 days by province and by product."""
    return describe_hot_spots(await consumer_reports.find_hot_spots(call.context))
