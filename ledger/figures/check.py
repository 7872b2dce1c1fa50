"""Check of figures: facts computed anew from all that is stored, against the facts that are kept.

All is read in one transaction, up to the positions of the kept facts. It reads the whole ledger.
"""

import json
from collections import Counter
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from ledger import schema
from ledger.figures.facts import (
    FIRST_SCANS,
    REPORTS,
    SCANS,
    STOCK,
    Fact,
    StoredFact,
    spread_over_periods,
)
from ledger.figures.sources import SOURCES, find_batch_parties, read_facts
from ledger.storage.row_lists import split_parts
from ledger.storage.store import Store
from stamps.vietnam_time import DAY_MS, OFFSET_MS, to_day_number

_PART: Final = 500


class FactDifference(NamedTuple):
    """A fact that is kept otherwise than it is computed."""

    fact: StoredFact
    kept: int
    computed: int


async def check_facts(store: Store) -> list[FactDifference]:
    """Return the facts that differ, in the order of their keys."""
    async with store.read() as connection:
        computed = spread_over_periods(await _compute(connection))
        table = schema.figure_facts
        kept = {StoredFact(*row[:-1]): row[-1] for row in await connection.execute(select(table))}
    return [
        FactDifference(key, kept.get(key, 0), computed[key])
        for key in sorted({*kept, *computed})
        if kept.get(key, 0) != computed[key]
    ]


async def _compute(connection: AsyncConnection) -> Counter[Fact]:
    facts: Counter[Fact] = Counter()
    positions = await connection.execute(
        select(schema.figure_sources.c.name, schema.figure_sources.c.position)
    )
    ends = {row.name: row.position for row in positions}
    for source in SOURCES:
        position, end = 0, ends.get(source, 0)
        while position < end:
            page = await read_facts(connection, source, position, end)
            facts.update(page.facts)
            if page.is_last:
                break
            position = page.position
    facts.update(await _count_scans(connection))
    facts.update(await _count_reports(connection))
    facts.update(await _count_stock(connection))
    return facts


async def _count_scans(connection: AsyncConnection) -> Counter[Fact]:
    scans, parties = schema.scans.c, schema.batch_parties.c
    day = ((scans.at + OFFSET_MS) // DAY_MS).label("day")
    query = (
        select(
            day,
            func.coalesce(parties.product, "").label("product"),
            func.coalesce(parties.packer, "").label("packer"),
            scans.verdict,
            scans.first,
            func.count().label("scans"),
        )
        .select_from(
            schema.scans.outerjoin(
                schema.batch_parties, schema.batch_parties.c.number == schema.scans.c.batch
            )
        )
        .group_by(day, parties.product, parties.packer, scans.verdict, scans.first)
    )
    facts: Counter[Fact] = Counter()
    for row in await connection.execute(query):
        facts[Fact(row.day, SCANS, row.verdict, row.product, row.packer)] += row.scans
        if row.first:
            facts[Fact(row.day, FIRST_SCANS, "", row.product, row.packer)] += row.scans
    return facts


async def _count_reports(connection: AsyncConnection) -> Counter[Fact]:
    reports, arrivals = schema.reports, schema.report_arrivals
    query = (
        select(reports.c.at, reports.c.kind, reports.c.batch, reports.c.typed)
        .outerjoin(arrivals, arrivals.c.report == reports.c.id)
        .where(arrivals.c.report.is_(None))
    )
    facts: Counter[Fact] = Counter()
    rows: list[Any] = list(await connection.execute(query))
    for part in split_parts(rows, _PART):
        batches = {row.batch for row in part if row.typed is None}
        parties: Mapping[int, Any] = await find_batch_parties(connection, batches)
        for row in part:
            party = ("", "") if row.typed is not None else parties[row.batch]
            facts[Fact(to_day_number(row.at), REPORTS, row.kind or "other", *party)] += 1
    return facts


async def _count_stock(connection: AsyncConnection) -> Counter[Fact]:
    """What the stock of each batch adds up to."""
    table, facts = schema.batch_stocks.c, Counter[Fact]()
    after = -1
    while True:
        query = (
            select(table.batch, table.states)
            .where(table.batch > after)
            .order_by(table.batch)
            .limit(_PART)
        )
        rows = list(await connection.execute(query))
        if not rows:
            return facts
        after = rows[-1].batch
        parties = await find_batch_parties(connection, {row.batch for row in rows})
        for row in rows:
            for state, stamps in json.loads(row.states).items():
                facts[Fact(0, STOCK, state, *parties[row.batch])] += stamps
