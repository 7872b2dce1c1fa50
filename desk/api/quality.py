"""`/api/v1/quality`: measures of the quality of data, of a scope and by organisation."""

from desk.api.call import ApiCall
from desk.api.models import ListDocument, PageQuery, Query, Text
from desk.api.routing import ApiRoutes
from ledger.errors import UnknownRow
from services.documents.models import Document
from services.errors import InvalidInput
from services.paging import PageRequest
from services.permissions import Permission
from services.quality.quality_measures import QualityCount
from services.quality.quality_reports import QualityQuery, list_quality, show_quality

routes = ApiRoutes("quality")

_SEE = (Permission.QUALITY_SEE,)


class ScopeQuery(Query):
    """Whose data, and which months: the last twelve by default."""

    since: str = ""
    """The first month, 2026-01."""
    until: str = ""
    """The last month."""
    province: Text | None = None
    organisation: Text | None = None

    def to_query(self) -> QualityQuery:
        """What is asked of the service."""
        return QualityQuery(self.since, self.until, self.province, self.organisation)


class ScopePageQuery(PageQuery):
    """Whose data, which months, and which page of the organisations."""

    since: str = ""
    """The first month, 2026-01."""
    until: str = ""
    """The last month."""
    province: Text | None = None

    def to_query(self) -> QualityQuery:
        """What is asked of the service."""
        return QualityQuery(self.since, self.until, self.province)


class QualityCountDocument(Document):
    """How many of how many."""

    part: int
    whole: int


class QualityReportDocument(Document):
    """The measures of a scope; null for the country, or all that the caller sees."""

    since: str
    until: str
    province: str | None
    organisation: str | None
    measures: dict[str, QualityCountDocument]
    missing: dict[str, QualityCountDocument]
    """Lots that lack an item, by item."""
    registered: dict[str, QualityCountDocument]
    """What lacks in the registry of one organisation now."""


class QualityRowDocument(Document):
    """An organisation with its measures."""

    organisation: str
    name: str
    measures: dict[str, QualityCountDocument]


class QualityRowListDocument(ListDocument):
    """Organisations by name."""

    organisations: list[QualityRowDocument]


@routes.add("GET", "quality", permissions=_SEE, errors=(InvalidInput, UnknownRow))
async def show_report(call: ApiCall, query: ScopeQuery) -> QualityReportDocument:
    """Show the measures of an organisation, a province or the country."""
    report = await show_quality(call.context, query.to_query())
    return QualityReportDocument(
        since=f"{report.period.first:%Y-%m}",
        until=f"{report.period.last:%Y-%m}",
        province=report.province,
        organisation=report.organisation.id if report.organisation else None,
        measures={name: _describe(one) for name, one in report.measures.items()},
        missing={item: _describe(one) for item, one in report.missing},
        registered={name: _describe(one) for name, one in report.registered.items()},
    )


@routes.add("GET", "quality/organisations", permissions=_SEE, errors=(InvalidInput, UnknownRow))
async def list_organisations(call: ApiCall, query: ScopePageQuery) -> QualityRowListDocument:
    """List the organisations of a scope with their measures."""
    request = PageRequest(query.limit, query.after)
    page = await list_quality(call.context, query.to_query(), request)
    return QualityRowListDocument(
        organisations=[
            QualityRowDocument(
                organisation=row.organisation.id,
                name=row.organisation.name,
                measures={name: _describe(one) for name, one in row.measures.items()},
            )
            for row in page.items
        ],
        next=page.next,
    )


def _describe(count: QualityCount) -> QualityCountDocument:
    return QualityCountDocument(part=count.part, whole=count.whole)
