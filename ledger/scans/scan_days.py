"""Scans of a batch, read from the days on which its stamps were scanned.

PostgreSQL has a partition of scans for each day. A query without a bound of time plans and opens
all of them: a quarter of a second for three years. `batch_days` has a row for each day on which a
stamp of the batch was scanned, written in the transaction of the scan, so no other day has one.

A query is the union of its runs of days. For an OR of them the time of planning grows with the
square of their number, and for a union with their number.
"""

from collections.abc import Sequence
from itertools import pairwise
from operator import itemgetter
from typing import Any, Final

from sqlalchemy import CompoundSelect, RowMapping, Select, desc, select, union_all
from sqlalchemy.ext.asyncio import AsyncConnection

from ledger import schema
from ledger.storage.row_lists import split_parts
from stamps.vietnam_time import to_day_start

DAYS_AT_ONCE: Final = 30
"""Days that one query opens."""

Period = tuple[int, int]
"""From a time (ms, UTC) to before another one."""
_EVER: Final[Period] = (0, 1 << 62)


def group_days(days: Sequence[int], at_once: int) -> list[list[Period]]:
    """Return the runs of days in groups of at most `at_once` days; the days are in order.

    >>> [len(runs) for runs in group_days([1, 2, 3, 7, 20, 21], 4)]
    [2, 1]
    """
    groups = []
    for part in split_parts(days, at_once):
        breaks = [n for n, (before, day) in enumerate(pairwise(part), 1) if day > before + 1]
        bounds = pairwise([0, *breaks, len(part)])
        groups.append(
            [(to_day_start(part[lo]), to_day_start(part[hi - 1] + 1)) for lo, hi in bounds]
        )
    return groups


async def list_scan_periods(
    connection: AsyncConnection, batch: int, *, anomalous: bool = False
) -> list[list[Period]]:
    """Return the periods with all scans of a batch, or its anomalous ones, in order.

    They are in groups for a query each. SQLite has no partitions and needs no bound.
    """
    if connection.dialect.name == "sqlite":
        return [[_EVER]]
    days = schema.batch_days.c
    query = select(days.day).where(days.batch == batch).order_by(days.day)
    if anomalous:
        query = query.where(days.anomalous > 0)
    return group_days((await connection.scalars(query)).all(), DAYS_AT_ONCE)


async def fetch_in_order(
    connection: AsyncConnection,
    query: Select[Any],
    groups: Sequence[Sequence[Period]],
    limit: int | None = None,
    *,
    is_backwards: bool = False,
) -> list[RowMapping]:
    """Return the rows of a query of `scans` in time order, or the last ones first.

    The query selects `at` and `id` and has no order. Later groups are not opened after `limit`.
    """
    order: list[Any] = [desc("at"), desc("id")] if is_backwards else ["at", "id"]
    rows: list[RowMapping] = []
    for periods in reversed(groups) if is_backwards else groups:
        part = join_periods(query, periods[::-1] if is_backwards else periods).order_by(*order)
        if limit is not None:
            part = part.limit(limit - len(rows))
        rows += (await connection.execute(part)).mappings()
        if limit is not None and len(rows) >= limit:
            break
    return rows


async def fetch_by_index(
    connection: AsyncConnection,
    query: Select[Any],
    groups: Sequence[Sequence[Period]],
    order: Sequence[str],
    limit: int,
) -> list[RowMapping]:
    """Return the first `limit` rows of a query of `scans` in the order of two or more columns."""
    rows: list[RowMapping] = []
    for periods in groups:
        part = join_periods(query, periods).order_by(*order).limit(limit)
        rows += (await connection.execute(part)).mappings()
    return sorted(rows, key=itemgetter(*order))[:limit]


def join_periods(
    query: Select[Any], periods: Sequence[Period]
) -> Select[Any] | CompoundSelect[Any]:
    """Return the union of a query of `scans` over periods."""
    at = schema.scans.c.at
    first, *others = [query.where(at >= begin, at < end) for begin, end in periods]
    return union_all(first, *others) if others else first
