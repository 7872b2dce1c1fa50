"""Decided alerts as labels of the detector, and a sample of scanned stamps beside them.

All reads are bounded: labels by an index over the times of decisions, the sample by a number of
batches and of scans in each.
"""

import random
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Final

from sqlalchemy import func, select

from detection.labels import DETECTOR_KINDS, LABEL_OF_CAUSE, Label
from ledger import schema
from ledger.alerts.alert_record import AlertState
from ledger.scans.scan_days import fetch_by_index, fetch_in_order, list_scan_periods
from ledger.scans.scan_row import ScanRow, scan_from_row
from ledger.storage.store import Store

MOST_LABELS: Final = 20_000
"""Labels of one report, the latest: their share is known to less than a hundredth."""
MOST_WAITING: Final = 10_000
_NEWEST_BATCHES: Final = 5_000
"""Batches that a sample is drawn from."""


@dataclass(frozen=True, slots=True)
class LabelledStamp:
    """A stamp whose alert people decided."""

    batch: int
    index: int
    is_confirmed: bool


@dataclass(frozen=True, slots=True)
class StampHistory:
    """The first scans of a stamp, in time order."""

    batch: int
    index: int
    scans: list[ScanRow]


class AlertLabels:
    """The labels of one ledger."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def list_labels(self, since: int, until: int) -> list[Label]:
        """Return the alerts decided from `since` to before `until`: the latest `MOST_LABELS`."""
        alerts = schema.alerts.c
        query = (
            select(
                *(alerts.kind, alerts.cause, alerts.product, alerts.province, alerts.score),
                *(alerts.opened_at, alerts.decided_at),
            )
            .where(alerts.decided_at >= since, alerts.decided_at < until)
            .order_by(alerts.decided_at.desc(), alerts.id.desc())
            .limit(MOST_LABELS)
        )
        async with self._store.read() as connection:
            found = await connection.execute(query)
            return [Label(kind, cause or "", *more) for kind, cause, *more in found]

    async def count_waiting(self) -> int:
        """Return how many of the detector's alerts wait, counted up to `MOST_WAITING`."""
        alerts = schema.alerts.c
        waiting = select(alerts.id).where(
            alerts.state.in_((AlertState.OPEN, AlertState.INVESTIGATING)),
            alerts.kind.in_(sorted(DETECTOR_KINDS)),
        )
        some = waiting.limit(MOST_WAITING).subquery()
        async with self._store.read() as connection:
            return int(await connection.scalar(select(func.count()).select_from(some)) or 0)

    async def list_stamps(self, limit: int) -> list[LabelledStamp]:
        """Return the stamps of the alerts that were decided last and have a label."""
        alerts = schema.alerts.c
        query = (
            select(alerts.batch, alerts.idx, alerts.cause)
            .where(
                alerts.decided_at.is_not(None),
                alerts.kind == "stamp",
                alerts.cause.in_(sorted(LABEL_OF_CAUSE)),
            )
            .order_by(alerts.decided_at.desc(), alerts.id.desc())
            .limit(limit)
        )
        async with self._store.read() as connection:
            return [
                LabelledStamp(batch, idx, LABEL_OF_CAUSE[cause])
                for batch, idx, cause in await connection.execute(query)
            ]

    async def read_history(self, batch: int, index: int, most: int) -> StampHistory:
        """Return the first `most` scans of a stamp."""
        scans = schema.scans
        query = select(scans).where(scans.c.batch == batch, scans.c.idx == index)
        async with self._store.read() as connection:
            periods = await list_scan_periods(connection, batch)
            found = await fetch_in_order(connection, query, periods, most)
        rows = [scan_from_row(row) for row in found]
        return StampHistory(batch, index, rows)

    async def sample_batches(self, until: int, seed: int, most: int) -> list[tuple[int, int]]:
        """Draw batches issued before `until`, each with an index to begin at.

        The same seed over the same batches draws the same.
        """
        parties, batches = schema.batch_parties.c, schema.batches.c
        query = (
            select(parties.number, batches.count)
            .join(schema.batches, batches.number == parties.number)
            .where(parties.at < until)
            .order_by(parties.at.desc(), parties.number.desc())
            .limit(_NEWEST_BATCHES)
        )
        async with self._store.read() as connection:
            known = [(number, count) for number, count in await connection.execute(query)]
        chance = random.Random(seed)  # noqa: S311 - a sample, no secret
        drawn = chance.sample(known, min(most, len(known)))
        return [(number, chance.randrange(count)) for number, count in drawn]

    async def sample_stamps(
        self, batch: int, begin: int, scans_each: int
    ) -> AsyncIterator[StampHistory]:
        """Yield the scanned stamps of a batch from an index on, of about `scans_each` scans.

        A stamp that the bound cuts is left out, unless it is the only one.
        """
        scans = schema.scans
        in_batch = select(scans).where(scans.c.batch == batch)
        order = ("idx", "at", "id")
        async with self._store.read() as connection:
            periods = await list_scan_periods(connection, batch)
            behind = in_batch.where(scans.c.idx >= begin)
            found = await fetch_by_index(connection, behind, periods, order, scans_each)
            if not found:  # nothing was scanned behind the index
                found = await fetch_by_index(connection, in_batch, periods, order, scans_each)
        rows = [scan_from_row(row) for row in found]
        stamps: dict[int, list[ScanRow]] = {}
        for row in rows:
            stamps.setdefault(row.index, []).append(row)
        if len(rows) == scans_each and len(stamps) > 1:
            stamps.popitem()
        for index, of_stamp in stamps.items():
            yield StampHistory(batch, index, of_stamp)
