"""Documents of figures: the dashboard, and yearly reports of authorities."""

from ledger.figures.reports import FigureReport
from services.documents.models import Document, Timestamp
from services.figures.dashboard import Dashboard, Part
from services.figures.reports import AuthorityReport, DueReport
from stamps.timestamps import format_rfc3339


class FigurePartDocument(Document):
    """A province, packer, product, month or day with its figures."""

    key: str | None
    """Its id, or the first day; null for what names none."""
    figures: dict[str, int | None]


class FlawedBatchDocument(Document):
    """A batch whose states and transitions do not agree."""

    batch: int
    flaw: str


class FigureBalanceDocument(Document):
    """Stamps issued since the beginning against the states they are in now."""

    issued: int
    states: dict[str, int]
    difference: int
    flawed: list[FlawedBatchDocument]


class RegistryHealthDocument(Document):
    """Registered codes by what they are good for, and lots with incomplete data."""

    codes: dict[str, int]
    incomplete_lots: int


class DashboardDocument(Document):
    """Figures of a period beside those before, in parts; days are in Vietnam."""

    first: str
    last: str
    before_first: str
    before_last: str
    province: str | None
    """The province that the account is limited to."""
    figures: dict[str, int | None]
    before: dict[str, int | None]
    times: list[FigurePartDocument]
    provinces: list[FigurePartDocument]
    packers: list[FigurePartDocument]
    products: list[FigurePartDocument]
    alert_kinds: dict[str, dict[str, int | None]]
    balance: FigureBalanceDocument
    registry: RegistryHealthDocument
    is_current: bool
    """Whether all is counted that happened until a few seconds ago."""


class IndicatorDocument(Document):
    """An indicator of a report with its value; names and units in `vi` and `en`."""

    indicator: str
    value: int | None
    names: dict[str, str]
    units: dict[str, str]


class AuthorityReportDocument(Document):
    """A yearly report: a draft, or a submitted version, which never changes."""

    id: str
    template: str
    year: int
    province: str | None
    due: str
    first: str
    last: str
    lines: list[IndicatorDocument]
    version: int | None
    """Null for a draft."""
    last_version: int
    submitted_by: str | None
    submitted_at: Timestamp | None
    reason: str | None
    """What a correction corrects."""
    sha256: str | None
    """Digest of the submitted document in canonical JSON."""


class SubmittedReportDocument(Document):
    """A submitted version in a list."""

    id: str
    version: int
    template: str
    year: int
    province: str | None
    submitted_by: str
    submitted_at: Timestamp
    reason: str | None


class DueReportDocument(Document):
    """A report that is due, with its last version if it was submitted."""

    id: str
    template: str
    year: int
    province: str | None
    due: str
    submitted: SubmittedReportDocument | None


def describe_dashboard(found: Dashboard) -> DashboardDocument:
    """The document of a dashboard."""
    period, balance = found.period, found.balance
    return DashboardDocument(
        first=period.first.isoformat(),
        last=period.last.isoformat(),
        before_first=period.before_first.isoformat(),
        before_last=period.before_last.isoformat(),
        province=found.scope_province,
        figures=dict(found.values),
        before=dict(found.before),
        times=[_describe_part(part) for part in found.times],
        provinces=[_describe_part(part) for part in found.provinces],
        packers=[_describe_part(part) for part in found.packers],
        products=[_describe_part(part) for part in found.products],
        alert_kinds={kind: dict(values) for kind, values in found.alert_kinds.items()},
        balance=FigureBalanceDocument(
            issued=balance.issued,
            states={str(state): count for state, count in balance.states.items()},
            difference=balance.difference,
            flawed=[FlawedBatchDocument(batch=one.batch, flaw=one.flaw) for one in balance.flawed],
        ),
        registry=RegistryHealthDocument(
            codes=dict(found.registry.codes), incomplete_lots=found.registry.incomplete_lots
        ),
        is_current=found.is_current,
    )


def describe_report(report: AuthorityReport) -> AuthorityReportDocument:
    """The document of a yearly report."""
    submitted = report.submitted
    return AuthorityReportDocument(
        id=report.id,
        template=report.template.id,
        year=report.year,
        province=report.province,
        due=report.due.isoformat(),
        first=report.first.isoformat(),
        last=report.last.isoformat(),
        lines=[
            IndicatorDocument(
                indicator=line.indicator,
                value=line.value,
                names=dict(line.names),
                units=dict(line.units),
            )
            for line in report.lines
        ],
        version=submitted.version if submitted else None,
        last_version=report.last_version,
        submitted_by=submitted.actor if submitted else None,
        submitted_at=format_rfc3339(submitted.at) if submitted else None,
        reason=submitted.reason if submitted else None,
        sha256=submitted.sha256 if submitted else None,
    )


def describe_submitted(report: FigureReport) -> SubmittedReportDocument:
    """The document of a submitted version in a list."""
    return SubmittedReportDocument(
        id=report.id,
        version=report.version,
        template=report.template,
        year=report.year,
        province=report.province or None,
        submitted_by=report.actor,
        submitted_at=format_rfc3339(report.at),
        reason=report.reason,
    )


def describe_due(report: DueReport) -> DueReportDocument:
    """The document of a report that is due."""
    return DueReportDocument(
        id=report.id,
        template=report.template.id,
        year=report.year,
        province=report.province,
        due=report.due.isoformat(),
        submitted=describe_submitted(report.submitted) if report.submitted else None,
    )


def _describe_part(part: Part) -> FigurePartDocument:
    return FigurePartDocument(key=part.key or None, figures=dict(part.values))
