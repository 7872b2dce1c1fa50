"""Reports on the quality of data: of an organisation, a province, or the country.

An organisation sees its own, the authority of a province its province and the organisations in it,
the ministry all. Facts answer, so a report costs the same whatever is stored.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

import structlog

from ledger import Ledger, Organisation
from ledger.errors import UnknownRow
from ledger.figures.facts import date_to_month
from ledger.packer_provinces import STATING
from ledger.quality.quality_facts import (
    COUNTRY,
    QualityTotals,
    name_organisation,
    name_province,
)
from services.context import ServiceContext
from services.errors import InvalidInput
from services.paging import Page, PageRequest
from services.permissions import Permission, require_permission
from services.quality.quality_measures import (
    REGISTERED,
    QualityCount,
    list_missing,
    measure_quality,
)
from services.repetition import repeat_forever
from services.scope import own_scope
from stamps.vietnam_time import to_date

USUAL_MONTHS: Final = 12
_MOST_MONTHS: Final = 120
_FOLD_SECONDS: Final = 5.0

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class QualityQuery:
    """Which report is asked for: months as 2026-11, and whose data."""

    since: str = ""
    until: str = ""
    province: str | None = None
    organisation: str | None = None


@dataclass(frozen=True, slots=True)
class QualityPeriod:
    """Whole months, the first and the last included, by their first days."""

    first: date
    last: date


@dataclass(frozen=True, slots=True)
class QualityReport:
    """The measures of one scope."""

    period: QualityPeriod
    province: str | None
    organisation: Organisation | None
    measures: Mapping[str, QualityCount]
    missing: Sequence[tuple[str, QualityCount]]
    """The items that lots lack."""
    registered: Mapping[str, QualityCount]
    """What lacks in the registry of one organisation now; empty for others."""


@dataclass(frozen=True, slots=True)
class QualityRow:
    """An organisation in a report, with its measures."""

    organisation: Organisation
    measures: Mapping[str, QualityCount]


async def keep_quality(ledger: Ledger) -> None:
    """Fold what happened every few seconds, until cancelled."""
    await repeat_forever(
        ledger.quality_facts.fold, seconds=_FOLD_SECONDS, log=_log, trouble="quality facts wait"
    )


async def show_quality(context: ServiceContext, query: QualityQuery) -> QualityReport:
    """The report of a scope. Raises `Forbidden`, `InvalidInput`, `UnknownRow`."""
    scoped, organisation = await _limit_scope(context, query)
    period = read_period(query, context.clock())
    scope = _name_scope(scoped, organisation)
    totals = (await _sum(context, [scope], period))[scope]
    registered: dict[str, QualityCount] = {}
    if organisation is not None and organisation.kind in STATING:
        today = to_date(context.clock()).isoformat()
        counts = await context.ledger.quality_facts.count_registered(organisation.id, today)
        registered = {
            name: QualityCount(counts[part], counts[whole])
            for name, (part, whole, _) in REGISTERED.items()
        }
    return QualityReport(
        period=period,
        province=scoped.province,
        organisation=organisation,
        measures=measure_quality(totals),
        missing=list_missing(totals),
        registered=registered,
    )


async def list_quality(
    context: ServiceContext, query: QualityQuery, request: PageRequest
) -> Page[QualityRow]:
    """The organisations of a scope by name, each with its measures.

    Raises `Forbidden`, `InvalidInput`, `UnknownRow`.
    """
    scoped, organisation = await _limit_scope(context, query)
    period = read_period(query, context.clock())
    if organisation is not None:
        found: Sequence[Organisation] = [organisation]
    else:
        found = await context.ledger.quality_facts.find_organisations(
            scoped.province, after=request.key(str, str), limit=request.limit + 1
        )
    names = [name_organisation(one.id) for one in found]
    totals = await _sum(context, names, period)
    rows = [
        QualityRow(one, measure_quality(totals[name]))
        for one, name in zip(found, names, strict=True)
    ]
    return request.make_page(rows, lambda row: (row.organisation.name, row.organisation.id))


def read_period(query: QualityQuery, now: int) -> QualityPeriod:
    """The months that a query names; the last twelve where it names none. Raises `InvalidInput`."""
    this = to_date(now).replace(day=1)
    last = _read_month("until", query.until) or this
    first = _read_month("since", query.since) or _go_back(last, USUAL_MONTHS - 1)
    if not first <= last or date_to_month(last) - date_to_month(first) >= _MOST_MONTHS:
        raise InvalidInput(field="since", why=f"must be at most {_MOST_MONTHS} months before")
    return QualityPeriod(first, last)


def _read_month(field: str, text: str) -> date | None:
    if not text:
        return None
    try:
        return date.fromisoformat(f"{text.strip()}-01")
    except ValueError:
        raise InvalidInput(field=field, why="must be a month such as 2026-11") from None


def _go_back(day: date, months: int) -> date:
    number = date_to_month(day) - months
    return date(number // 12, number % 12 + 1, 1)


async def _limit_scope(
    context: ServiceContext, query: QualityQuery
) -> tuple[QualityQuery, Organisation | None]:
    """The query within what the actor sees, and the organisation that it is about."""
    require_permission(context, Permission.QUALITY_SEE)
    actor, ledger = context.actor, context.ledger
    own = own_scope(actor)
    if own is not None:
        if query.organisation not in (None, own) or query.province is not None:
            raise UnknownRow(kind="organisation", id=query.organisation or "")
        return QualityQuery(query.since, query.until), await ledger.organisations.get(own)
    if actor.province is not None and query.province not in (None, actor.province):
        raise UnknownRow(kind="province", id=query.province or "")
    province = actor.province or query.province
    limited = QualityQuery(query.since, query.until, province, query.organisation)
    if query.organisation is None:
        return limited, None
    found = await ledger.quality_facts.find_organisations(province, id_=query.organisation, limit=1)
    if not found:
        raise UnknownRow(kind="organisation", id=query.organisation)
    return limited, found[0]


def _name_scope(query: QualityQuery, organisation: Organisation | None) -> str:
    if organisation is not None:
        return name_organisation(organisation.id)
    return COUNTRY if query.province is None else name_province(query.province)


async def _sum(
    context: ServiceContext, scopes: Sequence[str], period: QualityPeriod
) -> Mapping[str, QualityTotals]:
    """The totals of each scope; empty where it has no facts."""
    first, last = date_to_month(period.first), date_to_month(period.last)
    found = await context.ledger.quality_facts.sum_scopes(scopes, first, last)
    return {scope: found.get(scope, Counter()) for scope in scopes}
