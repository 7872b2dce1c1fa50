"""Scans of one stamp for a case: a bounded excerpt, and how many there are.

A viral photo brings a stamp millions of scans. A case needs the first of them, the last, and those
that raised the alert; its cost must not grow with the rest.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from sqlalchemy import ColumnElement, Select, and_, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from ledger import schema
from ledger.scans.scans import ScanRow, scan_from_row
from ledger.storage.store import Store
from stamps.vietnam_time import to_day_start

FIRST_SCANS: Final = 500
LAST_SCANS: Final = 200
MOST_MOMENTS: Final = 100
"""Times of evidence whose scans are looked up."""
_CLOCK_SKEW_MS: Final = schema.DAY_MS
"""Clocks of the machines that issue and that record may differ by less than that."""
_LATE_MS: Final = 14 * schema.DAY_MS
"""A device without a network sends its scans at most three days late (`signed_scan_hours`)."""
MOST_COUNTED: Final = 10_000
"""Scans are counted up to this."""


@dataclass(frozen=True, slots=True)
class StampScans:
    """The scans of a stamp in time order: all of a few, else the first, the last, the evidence."""

    rows: list[ScanRow]
    total: int
    """Number of scans, up to `MOST_COUNTED`."""
    is_more: bool = False
    """Whether there are more than `total`."""

    @property
    def is_complete(self) -> bool:
        """Whether `rows` has all of them."""
        return len(self.rows) == self.total and not self.is_more


async def find_first_scan_time(connection: AsyncConnection, batch: int) -> int:
    """Return the time (ms, UTC) before which no stamp of a batch was scanned.

    PostgreSQL has a partition of scans for each day. A query without a bound of time plans and
    opens all of them, at a tenth of a millisecond each. Batches are issued long before they are
    sold, so the day on which the first stamp of the batch was first scanned is the better bound.
    """
    batches, days = schema.batches.c, schema.batch_days.c
    issued = await connection.scalar(select(batches.at).where(batches.number == batch))
    first_day = await connection.scalar(
        select(func.min(days.day)).where(days.batch == batch, days.scanned > 0)
    )
    return max(
        0,
        0 if issued is None else issued - _CLOCK_SKEW_MS,
        0 if first_day is None else to_day_start(first_day) - _LATE_MS,
    )


NO_SCANS: Final = StampScans([], 0)


class StampScanExcerpts:
    """Excerpts of the scans of one ledger."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def read(self, batch: int, index: int, moments: Collection[int] = ()) -> StampScans:
        """Return an excerpt of a stamp's scans; it has those at the `moments` (ms, UTC) too.

        Of many moments the earliest count.
        """
        scans = schema.scans
        async with self._store.read() as connection:
            begin = await find_first_scan_time(connection, batch)
            is_of_stamp = and_(scans.c.batch == batch, scans.c.idx == index, scans.c.at >= begin)
            upwards = select(scans).where(is_of_stamp).order_by(scans.c.at, scans.c.id)

            async def fetch(query: Select[ScanRow]) -> list[ScanRow]:
                found = (await connection.execute(query)).mappings()
                return [scan_from_row(row) for row in found]

            first = await fetch(upwards.limit(FIRST_SCANS + 1))
            if len(first) <= FIRST_SCANS:
                return StampScans(first, len(first))
            downwards = select(scans).where(is_of_stamp)
            downwards = downwards.order_by(scans.c.at.desc(), scans.c.id.desc())
            pieces = [*first, *await fetch(downwards.limit(LAST_SCANS))]
            asked = sorted(set(moments))[:MOST_MOMENTS]
            if asked:
                at_moments: ColumnElement[bool] = scans.c.at.in_(asked)
                pieces += await fetch(upwards.where(at_moments).limit(2 * MOST_MOMENTS))
            some = select(scans.c.at).where(is_of_stamp).limit(MOST_COUNTED + 1).subquery()
            counted = int(await connection.scalar(select(func.count()).select_from(some)) or 0)
        distinct = {(row.at, row.id): row for row in pieces}
        rows = [distinct[key] for key in sorted(distinct)]
        return StampScans(rows, min(counted, MOST_COUNTED), counted > MOST_COUNTED)
