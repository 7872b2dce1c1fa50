"""Figures: folds what happened into facts, and sums facts.

`fold` reads what the chains and the alerts tell after the stored positions and adds it to the
facts, in one transaction with the new positions: a killed process loses and repeats nothing, and
two processes that fold wait for each other. Scans and reports are counted in the transaction that
stores them (`ledger.scans.scans`, `ledger.reports.report_groups`).
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final, Literal

from sqlalchemy import ColumnElement, Select, func, literal, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from ledger import schema
from ledger.chains.numbered_rows import read_end
from ledger.figures.facts import STOCK, Grain, day_to_date, month_to_date
from ledger.figures.facts import add_facts as _add_facts
from ledger.figures.periods import PeriodPart, split_days, split_period
from ledger.figures.sources import SOURCES, read_facts, read_first_time
from ledger.figures.stock import count_stock_again
from ledger.packer_provinces import is_of_province, select_packers
from ledger.storage.store import Store, uncancellable

FigureAxis = Literal["none", "product", "packer", "province", "month", "day"]
Totals = Counter[tuple[str, str]]
"""Totals by figure and detail."""

_FACTS: Final = schema.figure_facts
_PUT_POSITION: Final = text(
    "INSERT INTO figure_sources (name, position, at) VALUES (:name, :position, :at)"
    " ON CONFLICT (name) DO UPDATE SET position = excluded.position, at = excluded.at"
)


@dataclass(frozen=True, slots=True)
class FigureScope:
    """Which facts are summed; None stands for all."""

    product: str | None = None
    kind: str | None = None
    """A kind of produce; products without one are crops."""
    packer: str | None = None
    province: str | None = None


@dataclass(frozen=True, slots=True)
class FlawedBatch:
    """A batch whose states and transitions do not agree."""

    batch: int
    flaw: str


class Figures:
    """The figures of one ledger."""

    def __init__(self, store: Store, clock: Callable[[], int]) -> None:
        self._store = store
        self._clock = clock

    async def has_news(self) -> bool:
        """Whether something happened that is not folded yet."""
        async with self._store.read() as connection:
            positions = await _read_positions(connection)
            for source in SOURCES:
                if await read_end(connection, source) > positions[source]:
                    return True
        return False

    async def find_oldest_waiting(self) -> int | None:
        """When the oldest that is not folded yet happened (ms, UTC); None if all is folded."""
        waiting = []
        async with self._store.read() as connection:
            positions = await _read_positions(connection)
            for source in SOURCES:
                at = await read_first_time(connection, source, positions[source])
                if at is not None:
                    waiting.append(at)
        return min(waiting, default=None)

    async def fold(self) -> int:
        """Fold all that has happened until now; return how many transactions it took."""
        taken = 0
        async with self._store.read() as connection:
            ends = {source: await read_end(connection, source) for source in SOURCES}
            positions = await _read_positions(connection)
        while any(positions[source] < ends[source] for source in SOURCES):
            positions = await self.fold_page()
            taken += 1
        return taken

    @uncancellable
    async def fold_page(self) -> Mapping[str, int]:
        """Fold a bounded part of what happened; return the new positions."""
        async with self._store.write() as connection:
            positions = await _read_positions(connection)
            facts: Counter[Any] = Counter()
            flows: dict[int, Counter[str]] = defaultdict(Counter)
            is_last = True
            for source in SOURCES:
                page = await read_facts(connection, source, positions[source])
                facts.update(page.facts)
                for batch, happened in page.flows.items():
                    flows[batch].update(happened)
                is_last = is_last and page.is_last
                await _write_position(connection, source, page.position, self._clock())
            facts.update(await count_stock_again(connection, flows, is_last=is_last))
            await _add_facts(connection, facts)
            return await _read_positions(connection)

    async def get_folded_at(self) -> int | None:
        """When facts were last folded (ms, UTC); None before the first time."""
        query = select(func.max(schema.figure_sources.c.at))
        async with self._store.read() as connection:
            found: int | None = await connection.scalar(query)
            return found

    async def sum_period(
        self, first: date, last: date, scope: FigureScope, by: FigureAxis = "none"
    ) -> dict[str, Totals]:
        """Sum the facts of the days `first` to `last`, both included, by an axis.

        Keys are ids of products or packers, codes of provinces, ISO dates of days or of the first
        days of months; empty where a fact names none, and the one key of the axis `none`.
        """
        segments = split_days(first, last) if by == "day" else split_period(first, last)
        found: dict[str, Totals] = defaultdict(Counter)
        async with self._store.read() as connection:
            for segment in segments:
                rows = await connection.execute(_select_sums(segment, scope, by))
                for key, figure, detail, total in rows:
                    found[_name_key(segment, by, key)][figure, detail] += int(total)
        return dict(found)

    async def sum_all(self, scope: FigureScope) -> Totals:
        """Sum all facts since the beginning, `stock` included."""
        whole = PeriodPart(Grain.TOTAL, 0, 0)
        async with self._store.read() as connection:
            rows = await connection.execute(_select_sums(whole, scope, "none"))
            return Counter({(figure, detail): int(total) for _, figure, detail, total in rows})

    async def list_flawed(self, scope: FigureScope, limit: int) -> list[FlawedBatch]:
        """Return the first batches that do not balance."""
        stocks, parties = schema.batch_stocks, schema.batch_parties
        query = (
            select(stocks.c.batch, stocks.c.flaw)
            .join(parties, parties.c.number == stocks.c.batch)
            .where(stocks.c.flaw.is_not(None), *_filter(scope, parties.c.product, parties.c.packer))
            .order_by(stocks.c.batch)
            .limit(limit)
        )
        async with self._store.read() as connection:
            return [FlawedBatch(batch, flaw) for batch, flaw in await connection.execute(query)]

    async def list_packers(self, province: str | None = None) -> list[tuple[str, str, str | None]]:
        """Return the packers with name and province, by name."""
        packers = select_packers().subquery()
        query = select(packers).order_by(packers.c.name, packers.c.id)
        if province is not None:
            query = query.where(packers.c.province == province)
        async with self._store.read() as connection:
            rows = await connection.execute(query)
            return [(row.id, row.name, row.province) for row in rows]

    async def count_codes(self, province: str | None, today: date, soon: date) -> Counter[str]:
        """Count registered codes by what they are good for on a day.

        `expiring` ones are valid and end before `soon`.
        """
        codes = schema.registered_codes.c
        day, later = today.isoformat(), soon.isoformat()
        query = select(
            codes.status,
            (codes.valid_until < day).label("expired"),
            (codes.valid_until < later).label("expiring"),
            func.count(),
        ).group_by("status", "expired", "expiring")
        if province is not None:
            query = query.where(codes.province == province)
        counted: Counter[str] = Counter()
        async with self._store.read() as connection:
            for status, expired, expiring, count in await connection.execute(query):
                counted[_judge_code(status, expired, expiring)] += count
        return counted

    async def count_incomplete_lots(self, scope: FigureScope) -> int:
        """Count the lots that are not recalled and whose data are incomplete."""
        lots = schema.lots
        query = (
            select(func.count())
            .select_from(lots)
            .where(
                lots.c.missing != "[]",
                lots.c.recalled_at.is_(None),
                *_filter(scope, lots.c.product, lots.c.organisation),
            )
        )
        async with self._store.read() as connection:
            return await connection.scalar(query) or 0


def _judge_code(status: str, expired: bool | None, expiring: bool | None) -> str:
    if status != "active":
        return status
    if expired:
        return "expired"
    return "expiring" if expiring else "valid"


async def _read_positions(connection: AsyncConnection) -> Mapping[str, int]:
    table = schema.figure_sources
    found = {
        row.name: row.position
        for row in await connection.execute(select(table.c.name, table.c.position))
    }
    return {source: found.get(source, 0) for source in SOURCES}


async def _write_position(connection: AsyncConnection, name: str, position: int, at: int) -> None:
    await connection.execute(_PUT_POSITION, {"name": name, "position": position, "at": at})


def _filter(scope: FigureScope, product: Any, packer: Any) -> Sequence[ColumnElement[bool]]:
    """The conditions of a scope on the columns of product and packer."""
    conditions: list[ColumnElement[bool]] = []
    if scope.product is not None:
        conditions.append(product == scope.product)
    if scope.kind is not None:
        products = schema.products.c
        of_kind = func.coalesce(products.kind, literal("crop")) == scope.kind
        conditions.append(product.in_(select(products.id).where(of_kind)))
    if scope.packer is not None:
        conditions.append(packer == scope.packer)
    if scope.province is not None:
        conditions.append(is_of_province(packer, scope.province))
    return conditions


def _select_sums(segment: PeriodPart, scope: FigureScope, by: FigureAxis) -> Select[Any]:
    columns = _FACTS.c
    keys: Mapping[FigureAxis, Any] = {
        "product": columns.product,
        "packer": columns.packer,
        "province": columns.packer,
        "month": columns.start,
        "day": columns.start,
        "none": literal(""),
    }
    key = keys[by]
    query = select(key.label("key"), columns.figure, columns.detail, func.sum(columns.total))
    grouped: list[Any] = [columns.figure, columns.detail]
    source: Any = _FACTS
    if by == "province":
        packers = select_packers().cte("packers")
        source = _FACTS.outerjoin(packers, packers.c.id == columns.packer)
        key = func.coalesce(packers.c.province, "").label("key")
        query = select(key, columns.figure, columns.detail, func.sum(columns.total))
    if by != "none":
        grouped.append(key)
    conditions = [
        columns.grain == int(segment.grain),
        columns.start >= segment.low,
        columns.start <= segment.high,
        *_filter(scope, columns.product, columns.packer),
    ]
    if segment.grain != Grain.TOTAL:
        conditions.append(columns.figure != STOCK)
    return query.select_from(source).where(*conditions).group_by(*grouped)


def _name_key(segment: PeriodPart, by: FigureAxis, key: Any) -> str:
    if by == "day":
        return day_to_date(key).isoformat()
    if by == "month":
        month = month_to_date(key) if segment.grain is Grain.MONTH else day_to_date(key)
        return month.replace(day=1).isoformat()
    return str(key)
