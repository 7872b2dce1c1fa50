"""`/api/v1/figures`: figures of a period, and yearly reports of authorities."""

from typing import Annotated

from pydantic import Field

from desk.api.call import ApiCall
from desk.api.models import Body, ListDocument, LongText, PageQuery, Query, Text
from desk.api.routing import ApiRoutes
from ledger.errors import RowChanged, UnknownRow
from services.documents.figures import (
    AuthorityReportDocument,
    DashboardDocument,
    DueReportDocument,
    SubmittedReportDocument,
    describe_dashboard,
    describe_due,
    describe_report,
    describe_submitted,
)
from services.documents.models import Document
from services.errors import InvalidInput
from services.figures import reports
from services.figures.dashboard import FigureQuery, show_figures
from services.figures.periods import PeriodName
from services.paging import PageRequest
from services.permissions import Permission

routes = ApiRoutes("figures")

_SEE = (Permission.FIGURE_SEE,)
_SUBMIT = (Permission.FIGURE_SUBMIT,)


class PeriodQuery(Query):
    """Which figures are asked for."""

    period: PeriodName = "year"
    since: str = ""
    """The first day of a `custom` period, 2026-11-27, in Vietnam's time."""
    until: str = ""
    """The last day."""
    product: Text | None = None
    kind: Text | None = None
    """A kind of produce."""
    province: Text | None = None
    packer: Text | None = None

    def to_query(self) -> FigureQuery:
        """What is asked of the dashboard."""
        return FigureQuery(**self.model_dump())


class ReportVersionQuery(Query):
    """Which version of a report: by default the last, or a draft where none was submitted."""

    version: Annotated[int, Field(ge=1)] | None = None
    draft: bool = False
    """Computed now, also where a version was submitted."""


class SubmitBody(Body):
    """The version that a submission follows: 0 for the first, with a reason for a correction."""

    follows: Annotated[int, Field(ge=0)]
    reason: LongText | None = None


class DueReportListDocument(Document):
    """The reports that the account's level owes."""

    reports: list[DueReportDocument]


class SubmittedReportListDocument(ListDocument):
    """Submitted versions, the newest first."""

    reports: list[SubmittedReportDocument]


@routes.add("GET", "figures", permissions=_SEE, errors=(InvalidInput, UnknownRow))
async def get_figures(call: ApiCall, query: PeriodQuery) -> DashboardDocument:
    """Show the figures of a period in the account's scope."""
    return describe_dashboard(await show_figures(call.context, query.to_query()))


@routes.add("GET", "figures/due-reports", permissions=_SEE)
async def list_due_reports(call: ApiCall) -> DueReportListDocument:
    """List the yearly reports that are due, with those that were submitted."""
    found = await reports.list_due_reports(call.context)
    return DueReportListDocument(reports=[describe_due(one) for one in found])


@routes.add("GET", "figures/reports", permissions=_SEE, errors=(InvalidInput,))
async def list_submitted_reports(call: ApiCall, query: PageQuery) -> SubmittedReportListDocument:
    """List submitted versions of yearly reports."""
    page = await reports.list_submitted_reports(call.context, PageRequest(query.limit, query.after))
    return SubmittedReportListDocument(
        reports=[describe_submitted(one) for one in page.items], next=page.next
    )


@routes.add("GET", "figures/reports/{report}", permissions=_SEE, errors=(UnknownRow, InvalidInput))
async def get_report(
    call: ApiCall, report: str, query: ReportVersionQuery
) -> AuthorityReportDocument:
    """Show a yearly report: a draft, or a submitted version."""
    found = await reports.get_report(
        call.context, report, version=query.version, is_draft=query.draft
    )
    return describe_report(found)


@routes.add("GET", "figures/reports/{report}/versions", permissions=_SEE, errors=(UnknownRow,))
async def list_versions(call: ApiCall, report: str) -> SubmittedReportListDocument:
    """List the submitted versions of one yearly report."""
    found = await reports.list_report_versions(call.context, report)
    return SubmittedReportListDocument(
        reports=[describe_submitted(one) for one in found], next=None
    )


@routes.add(
    "POST",
    "figures/reports/{report}/submit",
    permissions=_SUBMIT,
    errors=(UnknownRow, InvalidInput, RowChanged),
)
async def submit_report(call: ApiCall, report: str, body: SubmitBody) -> AuthorityReportDocument:
    """Freeze a yearly report as the next version; the same request again changes nothing."""
    found = await reports.submit_report(
        call.context, report, follows=body.follows, reason=body.reason
    )
    return describe_report(found)
