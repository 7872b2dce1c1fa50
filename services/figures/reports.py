"""Yearly reports of authorities: computed from figures until they are submitted, frozen from then.

A report is of one template, year and province (the country for the ministry). What was submitted
never changes; a correction is a new version with its reason, computed anew. An authority submits
for its province; one of the ministry for the country, and it reads those of all provinces.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from ledger.errors import UnknownRow
from ledger.figures.facts import STOCK
from ledger.figures.reports import FigureReport
from ledger.figures.totals import FigureScope, Totals
from services.context import ServiceContext
from services.errors import InvalidInput
from services.figures.dashboard import compute_registry_health
from services.figures.measures import MEASURES
from services.figures.templates import ReportTemplate, get_template, load_templates
from services.paging import Page, PageRequest
from services.permissions import Permission, require_permission
from stamps.vietnam_time import to_date
from traceability.administrative_units import load_administrative_units

_FIRST_YEAR: Final = 2020
_MOST_REASON: Final = 500


@dataclass(frozen=True, slots=True)
class ReportLineValue:
    """An indicator with its value; None where nothing happened that it could be computed from."""

    indicator: str
    value: int | None
    names: Mapping[str, str]
    units: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class AuthorityReport:
    """A report as it is computed now, or as a version of it was submitted."""

    id: str
    template: ReportTemplate
    year: int
    province: str | None
    first: date
    last: date
    lines: Sequence[ReportLineValue]
    submitted: FigureReport | None
    """The version that the lines are of; None for a draft."""
    last_version: int
    """0 where none was submitted."""

    @property
    def due(self) -> date:
        """The day on which it is due."""
        return self.template.get_due(self.year)


@dataclass(frozen=True, slots=True)
class DueReport:
    """A report of this year with its last version, if it was submitted."""

    id: str
    template: ReportTemplate
    year: int
    province: str | None
    due: date
    submitted: FigureReport | None


async def list_due_reports(context: ServiceContext) -> list[DueReport]:
    """The reports that the reader's level owes this year and the year before, by due day.

    Raises `Forbidden`.
    """
    require_permission(context, Permission.FIGURE_SEE)
    own = context.actor.province
    level = "ministry" if own is None else "province"
    year = to_date(context.clock()).year
    due = []
    for template in load_templates().values():
        for one in (year, year - 1) if template.level == level else ():
            id_ = _name(template.id, one, own)
            submitted = await context.ledger.figure_reports.find(id_)
            due.append(DueReport(id_, template, one, own, template.get_due(one), submitted))
    return sorted(due, key=lambda one: one.due, reverse=True)


async def list_submitted_reports(
    context: ServiceContext, request: PageRequest
) -> Page[FigureReport]:
    """Submitted versions in the reader's scope, the newest first.

    Raises `Forbidden`, `InvalidInput` for a cursor of another list.
    """
    require_permission(context, Permission.FIGURE_SEE)
    own = context.actor.province
    key = request.key(int, str, int)
    after = None if key is None else (int(key[0]), str(key[1]), int(key[2]))
    rows = await context.ledger.figure_reports.find_page(own, after=after, limit=request.limit + 1)
    return request.make_page(rows, lambda one: (one.at, one.id, one.version))


async def list_report_versions(context: ServiceContext, id_: str) -> list[FigureReport]:
    """The submitted versions of a report, the newest first. Raises `Forbidden`, `UnknownRow`."""
    require_permission(context, Permission.FIGURE_SEE)
    await _read_id(context, id_)
    return await context.ledger.figure_reports.list_versions(id_)


async def get_report(
    context: ServiceContext, id_: str, *, version: int | None = None, is_draft: bool = False
) -> AuthorityReport:
    """A submitted version, by default the last; a draft where none is, or where it is asked for.

    Raises `Forbidden`, `UnknownRow`, `InvalidInput`.
    """
    require_permission(context, Permission.FIGURE_SEE)
    template, year, province = await _read_id(context, id_)
    last = await context.ledger.figure_reports.find(id_)
    number = 0 if last is None else last.version
    if version is not None:
        found = await context.ledger.figure_reports.find(id_, version)
        if found is None:
            raise UnknownRow(kind="report", id=f"{id_} {version}")
        return _read_submitted(found, template, number)
    if last is not None and not is_draft:
        return _read_submitted(last, template, number)
    first, until = template.get_days(year, to_date(context.clock()))
    return AuthorityReport(
        id=id_,
        template=template,
        year=year,
        province=province,
        first=first,
        last=until,
        lines=await _compute(context, template, province, first, until),
        submitted=None,
        last_version=number,
    )


async def submit_report(
    context: ServiceContext, id_: str, *, follows: int, reason: str | None = None
) -> AuthorityReport:
    """Freeze a report as the version after `follows`; 0: the first. The same again changes nothing.

    A correction says why. Raises `Forbidden`, `UnknownRow`, `InvalidInput`, `RowChanged` where
    somebody else submitted meanwhile.
    """
    require_permission(context, Permission.FIGURE_SUBMIT)
    reason = (reason or "").strip() or None
    if follows > 0 and reason is None:
        raise InvalidInput(field="reason", why="a correction says what it corrects")
    if reason is not None and len(reason) > _MOST_REASON:
        raise InvalidInput(field="reason", why=f"at most {_MOST_REASON} characters")
    await context.ledger.figures.fold()
    draft = await get_report(context, id_, is_draft=True)
    own = context.actor.province
    if draft.province != own:
        raise UnknownRow(kind="report", id=id_)
    stored = await context.ledger.figure_reports.submit(
        id_,
        template=draft.template.id,
        year=draft.year,
        province=draft.province or "",
        document=_to_document(draft),
        follows=follows,
        actor=context.actor.id,
        reason=reason if follows > 0 else None,
        at=context.clock(),
    )
    return _read_submitted(stored, draft.template, stored.version)


def _name(template: str, year: int, province: str | None) -> str:
    return f"{template}-{year}-{province or 'vn'}"


async def _read_id(context: ServiceContext, id_: str) -> tuple[ReportTemplate, int, str | None]:
    """Template, year and province of a report in the reader's scope. Raises `UnknownRow`."""
    name, _, place = id_.rpartition("-")
    template_id, _, typed = name.rpartition("-")
    template = get_template(template_id)
    this_year = to_date(context.clock()).year
    year = int(typed) if typed.isascii() and typed.isdecimal() and len(typed) == 4 else 0
    province = None if place == "vn" else place
    own = context.actor.province
    is_known = (
        _FIRST_YEAR <= year <= this_year
        and (province is None) == (template.level == "ministry")
        and (province is None or province in load_administrative_units().provinces)
        and own in (None, province)
    )
    if not is_known:
        raise UnknownRow(kind="report", id=id_)
    return template, year, province


async def _compute(
    context: ServiceContext,
    template: ReportTemplate,
    province: str | None,
    first: date,
    last: date,
) -> list[ReportLineValue]:
    figures, scope = context.ledger.figures, FigureScope(province=province)
    totals = (await figures.sum_period(first, last, scope)).get("", Totals())
    stock = await figures.sum_all(scope)
    packers = await figures.sum_period(first, last, scope, "packer")
    health = await compute_registry_health(context, scope, to_date(context.clock()))
    active = MEASURES["activated"].compute
    values: dict[str, int | None] = {
        **{name: one.compute(totals) for name, one in MEASURES.items()},
        **{f"stock.{state}": n for (figure, state), n in stock.items() if figure == STOCK},
        **{f"codes.{name}": count for name, count in health.codes.items()},
        "lots.incomplete": health.incomplete_lots,
        "packers.active": sum(
            1 for key, found in packers.items() if key and (active(found) or 0) > 0
        ),
    }
    return [
        ReportLineValue(
            one.id,
            values.get(one.source, 0 if "." in one.source else None),
            one.name,
            one.unit,
        )
        for one in template.indicators
    ]


def _to_document(report: AuthorityReport) -> dict[str, Any]:
    return {
        "first": report.first.isoformat(),
        "last": report.last.isoformat(),
        "name": dict(report.template.name),
        "lines": [
            {
                "indicator": line.indicator,
                "value": line.value,
                "names": dict(line.names),
                "units": dict(line.units),
            }
            for line in report.lines
        ],
    }


def _read_submitted(
    found: FigureReport, template: ReportTemplate, last_version: int
) -> AuthorityReport:
    """A version as it was submitted: names and values are those of its document."""
    document = found.document
    return AuthorityReport(
        id=found.id,
        template=template,
        year=found.year,
        province=found.province or None,
        first=date.fromisoformat(document["first"]),
        last=date.fromisoformat(document["last"]),
        lines=[
            ReportLineValue(line["indicator"], line["value"], line["names"], line["units"])
            for line in document["lines"]
        ],
        submitted=found,
        last_version=last_version,
    )
