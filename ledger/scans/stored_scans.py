"""Counts of stored scans on SQLite: by day and province, by batch, and as figures."""

from collections import Counter
from collections.abc import Sequence
from typing import Final, NamedTuple

from sqlalchemy import or_
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from ledger import schema
from ledger.batches.product_days import count_scanned
from ledger.figures.facts import FIRST_SCANS, SCANS, Fact, add_facts
from ledger.figures.sources import find_batch_parties
from stamps.vietnam_time import to_day_number

NOWHERE: Final = ""
"""The value of the column `province` for an unknown one; `ScanCount.province` is None then."""


class StoredScan(NamedTuple):
    """The columns of a stored scan that are counted."""

    batch: int
    at: int
    province: str | None
    verdict: str
    first: bool
    anomalous: bool

    @property
    def day(self) -> int:
        """The day in Vietnam, as a number since 1970."""
        return to_day_number(self.at)


async def count_stored_scans(connection: AsyncConnection, kept: Sequence[StoredScan]) -> int:
    """Count stored scans; return how many they are."""
    await _count_batch_days(connection, kept)
    await _count_facts(connection, kept)
    counts = schema.scan_counts
    by_day = Counter((scan.day, scan.province or NOWHERE, scan.verdict) for scan in kept)
    if by_day:
        more = insert(counts)
        await connection.execute(
            more.on_conflict_do_update(
                index_elements=[counts.c.day, counts.c.province, counts.c.verdict],
                set_={"scans": counts.c.scans + more.excluded.scans},
            ),
            [
                {"day": day, "province": province, "verdict": verdict, "scans": n}
                for (day, province, verdict), n in by_day.items()
            ],
        )
    return by_day.total()


async def _count_batch_days(connection: AsyncConnection, kept: Sequence[StoredScan]) -> None:
    """Note the days with scans by batch, and count the first and anomalous scans on them."""
    if not kept:
        return
    days = schema.batch_days
    first = Counter((scan.batch, scan.day) for scan in kept if scan.first)
    anomalous = Counter((scan.batch, scan.day) for scan in kept if scan.anomalous)
    more = insert(days)
    await connection.execute(
        more.on_conflict_do_update(
            index_elements=[days.c.batch, days.c.day],
            set_={
                "scanned": days.c.scanned + more.excluded.scanned,
                "anomalous": days.c.anomalous + more.excluded.anomalous,
            },
            where=or_(more.excluded.scanned > 0, more.excluded.anomalous > 0),
        ),
        [
            {
                "batch": batch,
                "day": day,
                "scanned": first[batch, day],
                "anomalous": anomalous[batch, day],
            }
            for batch, day in sorted({(scan.batch, scan.day) for scan in kept})
        ],
    )
    await count_scanned(connection, first)


async def _count_facts(connection: AsyncConnection, kept: Sequence[StoredScan]) -> None:
    """Count scans by verdict, and first scans, as figures of authorities."""
    parties = await find_batch_parties(connection, {scan.batch for scan in kept})
    facts: Counter[Fact] = Counter()
    for scan in kept:
        party = parties[scan.batch]
        facts[Fact(scan.day, SCANS, scan.verdict, *party)] += 1
        if scan.first:
            facts[Fact(scan.day, FIRST_SCANS, "", *party)] += 1
    await add_facts(connection, facts)
