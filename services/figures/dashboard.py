"""The dashboard of figures: measures of a period beside those before, in parts, and the balance.

An authority of a province sees its province; the ministry and the operator see all. The province of
an authority is that of its organisation.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from ledger.errors import UnknownRow
from ledger.figures.facts import STOCK
from ledger.figures.totals import FigureScope, FlawedBatch, Totals
from services.context import ServiceContext
from services.errors import InvalidInput
from services.figures.measures import add_up, measure_all
from services.figures.periods import Period, PeriodName, choose_period
from services.permissions import Permission, require_permission
from stamps.lifecycle import State
from stamps.vietnam_time import to_date
from traceability.administrative_units import load_administrative_units
from traceability.lot_profiles import load_profiles

Values = Mapping[str, int | None]
"""Measures by name."""

_SOON_DAYS: Final = 60
"""Registered codes that end within so many days are named as expiring."""
_MOST_FLAWED: Final = 50
_SETTLING_MS: Final = 10_000
"""The desk counts what happened within three seconds; older acts that wait are said to wait."""


@dataclass(frozen=True, slots=True)
class FigureQuery:
    """What somebody asks of the dashboard; texts are as typed, None where nothing is chosen."""

    period: PeriodName = "year"
    since: str = ""
    until: str = ""
    product: str | None = None
    kind: str | None = None
    province: str | None = None
    packer: str | None = None


@dataclass(frozen=True, slots=True)
class Part:
    """One row of a breakdown: a province, packer, product, month or day."""

    key: str
    """Its id; empty for what names none."""
    values: Values


@dataclass(frozen=True, slots=True)
class Balance:
    """Stamps issued since the beginning against the states they are in now."""

    issued: int
    states: Mapping[State, int]
    flawed: Sequence[FlawedBatch]

    @property
    def counted(self) -> int:
        """The stamps in all states."""
        return sum(self.states.values())

    @property
    def difference(self) -> int:
        """Stamps issued that are in no state; 0 where it all adds up."""
        return self.issued - self.counted


@dataclass(frozen=True, slots=True)
class RegistryHealth:
    """Registered codes by what they are good for, and lots with incomplete data."""

    codes: Mapping[str, int]
    incomplete_lots: int


@dataclass(frozen=True, slots=True)
class Dashboard:
    """What the page of figures shows."""

    query: FigureQuery
    period: Period
    scope_province: str | None
    """The province that the reader is limited to."""
    values: Values
    before: Values
    times: Sequence[Part]
    provinces: Sequence[Part]
    packers: Sequence[Part]
    products: Sequence[Part]
    alert_kinds: Mapping[str, Values]
    """Alerts opened, confirmed and dismissed by kind."""
    packer_names: Mapping[str, str]
    balance: Balance
    registry: RegistryHealth
    is_current: bool
    """Whether all is counted that happened until a few seconds ago."""


async def limit_scope(context: ServiceContext, query: FigureQuery) -> FigureScope:
    """The scope of a query within that of its reader.

    Another province, and a packer of one, are answered as unknown. Raises `UnknownRow`,
    `InvalidInput`.
    """
    own = context.actor.province
    if query.province is not None:
        known = load_administrative_units().provinces
        if query.province not in known or own not in (None, query.province):
            raise UnknownRow(kind="province", id=query.province)
    if query.kind is not None and query.kind not in load_profiles():
        raise InvalidInput(field="kind", why=f"must be one of {', '.join(load_profiles())}")
    province = query.province or own
    if query.product is not None:
        await context.ledger.products.get(query.product)
    if query.packer is not None:
        packers = await context.ledger.figures.list_packers(province)
        if query.packer not in {id_ for id_, _, _ in packers}:
            raise UnknownRow(kind="packer", id=query.packer)
    return FigureScope(query.product, query.kind, query.packer, province)


async def show_figures(context: ServiceContext, query: FigureQuery) -> Dashboard:
    """The figures of a period. Raises `Forbidden`, `InvalidInput`, `UnknownRow`."""
    require_permission(context, Permission.FIGURE_SEE)
    scope = await limit_scope(context, query)
    today = to_date(context.clock())
    period = choose_period(query.period, today, query.since, query.until)
    figures = context.ledger.figures
    first, last = period.first, period.last
    before = await figures.sum_period(period.before_first, period.before_last, scope)
    times = await figures.sum_period(first, last, scope, "day" if period.is_by_day else "month")
    products = await figures.sum_period(first, last, scope, "product")
    # The next level of the drill-down: provinces, then the packers of one, then their lots.
    provinces: Mapping[str, Totals] = {}
    packers: Mapping[str, Totals] = {}
    if scope.packer is None and scope.province is None:
        provinces = await figures.sum_period(first, last, scope, "province")
    elif scope.packer is None:
        packers = await figures.sum_period(first, last, scope, "packer")
    whole: Totals = Counter()
    for part in times.values():
        whole.update(part)
    waiting = await figures.find_oldest_waiting()
    return Dashboard(
        query=query,
        period=period,
        scope_province=context.actor.province,
        values=measure_all(whole),
        before=measure_all(before.get("", Totals())),
        times=_fill_times(period, times),
        provinces=_rank(provinces),
        packers=_rank(packers),
        products=_rank(products),
        alert_kinds=_group_alerts(whole),
        packer_names={id_: name for id_, name, _ in await figures.list_packers(scope.province)},
        balance=await compute_balance(context, scope),
        registry=await compute_registry_health(context, scope, today),
        is_current=waiting is None or context.clock() - waiting < _SETTLING_MS,
    )


async def compute_balance(context: ServiceContext, scope: FigureScope) -> Balance:
    """The stamps issued, against the states they are in, since the beginning."""
    figures = context.ledger.figures
    totals = await figures.sum_all(scope)
    return Balance(
        issued=add_up(totals, "issued"),
        states={state: totals[STOCK, str(state)] for state in State},
        flawed=await figures.list_flawed(scope, _MOST_FLAWED),
    )


async def compute_registry_health(
    context: ServiceContext, scope: FigureScope, today: date
) -> RegistryHealth:
    """Registered codes of the province, and lots with incomplete data, as they are now."""
    figures = context.ledger.figures
    soon = today + timedelta(days=_SOON_DAYS)
    return RegistryHealth(
        codes=await figures.count_codes(scope.province, today, soon),
        incomplete_lots=await figures.count_incomplete_lots(scope),
    )


def _fill_times(period: Period, found: Mapping[str, Totals]) -> list[Part]:
    """The days or months of a period, also those in which nothing happened."""
    keys, day = [], period.first if period.is_by_day else period.first.replace(day=1)
    while day <= period.last:
        keys.append(day.isoformat())
        following = day + timedelta(days=1 if period.is_by_day else 31)
        day = following if period.is_by_day else following.replace(day=1)
    return [Part(key, measure_all(found.get(key, Totals()))) for key in keys]


def _rank(found: Mapping[str, Totals]) -> list[Part]:
    """Parts by stamps issued and activated, the most first; what names none last."""
    parts = [Part(key, measure_all(totals)) for key, totals in found.items()]
    return sorted(
        parts,
        key=lambda part: (
            part.key == "",
            -(part.values["activated"] or 0),
            -(part.values["issued"] or 0),
            part.key,
        ),
    )


def _group_alerts(totals: Totals) -> dict[str, Values]:
    names = ("alerts", "alerts_confirmed", "alerts_dismissed")
    kinds = sorted({detail for figure, detail in totals if figure in names})
    return {kind: {name: totals[name, kind] for name in names} for kind in kinds}
