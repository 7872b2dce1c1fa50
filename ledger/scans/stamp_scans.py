"""Scans of one stamp for a case: a bounded excerpt, and how many there are.

A viral photo brings a stamp millions of scans. A case needs the first of them, the last, and those
that raised the alert; its cost must not grow with the rest.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from sqlalchemy import func, select

from ledger import schema
from ledger.scans.scan_days import fetch_in_order, join_periods, list_scan_periods
from ledger.scans.scan_row import ScanRow, scan_from_row
from ledger.storage.store import Store

FIRST_SCANS: Final = 500
LAST_SCANS: Final = 200
MOST_MOMENTS: Final = 100
"""Times of evidence whose scans are looked up."""
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
        of_stamp = select(scans).where(scans.c.batch == batch, scans.c.idx == index)
        async with self._store.read() as connection:
            periods = await list_scan_periods(connection, batch)
            first = await fetch_in_order(connection, of_stamp, periods, FIRST_SCANS + 1)
            if len(first) <= FIRST_SCANS:
                return StampScans([scan_from_row(row) for row in first], len(first))
            last = await fetch_in_order(
                connection, of_stamp, periods, LAST_SCANS, is_backwards=True
            )
            asked = sorted(set(moments))[:MOST_MOMENTS]
            at_moments = of_stamp.where(scans.c.at.in_(asked)).order_by(scans.c.at, scans.c.id)
            evidence = await connection.execute(at_moments.limit(2 * MOST_MOMENTS))
            pieces = [scan_from_row(row) for row in (*first, *last, *evidence.mappings())]
            counted = 0
            for times in periods:
                if counted <= MOST_COUNTED:
                    some = join_periods(of_stamp.with_only_columns(scans.c.at), times)
                    some = some.limit(MOST_COUNTED + 1 - counted)
                    count = select(func.count()).select_from(some.subquery())
                    counted += int(await connection.scalar(count) or 0)
        distinct = {(row.at, row.id): row for row in pieces}
        rows = [distinct[key] for key in sorted(distinct)]
        return StampScans(rows, min(counted, MOST_COUNTED), counted > MOST_COUNTED)
