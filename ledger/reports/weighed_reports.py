"""Report evidence: what the reports of each stamp weigh, and what its alert was told of them.

The desk weighs the reports of a stamp in the transaction that files them, so that a killed process
loses none. Who keeps alerts reads one number for each stamp: no words, no contacts, no pseudonyms.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import bindparam, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from detection.report_evidence import REPORT_WEIGHTS, ReportedStamp, weigh_reports
from ledger import schema
from ledger.reports.consumer_reports import ReportRow
from ledger.storage.row_lists import is_one_of, split_parts
from ledger.storage.store import Store, uncancellable
from ledger.storage.unsigned64 import to_unsigned64

_MOST_WEIGHED: Final = 200
"""Reports of one stamp that are weighed, the newest. A few reach the bound of what they may add."""
_MOST_UNTOLD: Final = 200
_PAIRS: Final = 5_000

Stamp = tuple[int, int]
"""Batch and index of a stamp."""


@dataclass(frozen=True, slots=True)
class WeighedReports:
    """What the reports of one stamp weigh in nats, and when the newest of them came (ms, UTC)."""

    batch: int
    index: int
    nats: float
    at: int


class ReportEvidence:
    """The evidence of reports in one ledger."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def read(self, stamps: Collection[Stamp]) -> dict[Stamp, float]:
        """Return what the reports of these stamps weigh, for those that have any that weighs."""
        table, wanted = schema.report_evidence, sorted(set(stamps))
        found: dict[Stamp, float] = {}
        if not wanted:
            return found
        async with self._store.read() as connection:
            for pairs in split_parts(wanted, _PAIRS):
                query = select(table.c.batch, table.c.idx, table.c.nats).where(
                    is_one_of(connection, table.c.batch, table.c.idx, pairs)
                )
                for batch, index, nats in await connection.execute(query):
                    found[batch, index] = nats
        return found

    async def list_reported(self, batch: int, index: int) -> list[ReportedStamp]:
        """Return the newest reports of a stamp that may weigh, as the detector sees them."""
        async with self._store.read() as connection:
            return await _select_reported(connection, batch, index)

    async def list_untold(self) -> list[WeighedReports]:
        """Return some stamps whose reports weigh more than their alert was told."""
        table = schema.report_evidence
        query = (
            select(table.c.batch, table.c.idx, table.c.nats, table.c.at)
            .where(table.c.nats > table.c.told)
            .limit(_MOST_UNTOLD)
        )
        async with self._store.read() as connection:
            return [WeighedReports(*row) for row in await connection.execute(query)]

    @uncancellable
    async def mark_told(self, told: Sequence[WeighedReports]) -> None:
        """Record that the alerts of these stamps know what their reports weigh."""
        table = schema.report_evidence
        change = (
            update(table)
            .where(table.c.batch == bindparam("in_batch"), table.c.idx == bindparam("at_idx"))
            .values(told=bindparam("seen"))
        )
        rows = [{"in_batch": one.batch, "at_idx": one.index, "seen": one.nats} for one in told]
        if rows:
            async with self._store.write() as connection:
                await connection.execute(change, rows)


async def weigh_filed(connection: AsyncConnection, reports: Sequence[ReportRow]) -> None:
    """Weigh the reports of the stamps of filed reports again, in the transaction that files them.

    What they weigh never falls: older reports that are not read again keep their weight.
    """
    newest: dict[Stamp, int] = {}
    for report in reports:
        if report.typed is None and not report.is_crowded and report.kind in REPORT_WEIGHTS:
            stamp = report.batch, report.index
            newest[stamp] = max(newest.get(stamp, 0), report.at or 0)
    table = schema.report_evidence
    for (batch, index), at in newest.items():
        nats = weigh_reports(await _select_reported(connection, batch, index))
        this = table.c.batch == batch, table.c.idx == index
        known = await connection.scalar(select(table.c.nats).where(*this))
        if known is None:
            row = {"batch": batch, "idx": index, "nats": nats, "told": 0.0, "at": at}
            await connection.execute(insert(table).values(row))
        elif nats > known:
            await connection.execute(update(table).where(*this).values(nats=nats, at=at))


async def _select_reported(
    connection: AsyncConnection, batch: int, index: int
) -> list[ReportedStamp]:
    reports = schema.reports.c
    query = (
        select(reports.at, reports.kind, reports.device, reports.net)
        .where(
            reports.batch == batch,
            reports.idx == index,
            reports.typed.is_(None),
            reports.crowded.is_(False),
            reports.kind.in_(sorted(REPORT_WEIGHTS)),
        )
        .order_by(reports.at.desc())
        .limit(_MOST_WEIGHED)
    )
    return [
        ReportedStamp(at, kind, to_unsigned64(device), to_unsigned64(net))
        for at, kind, device, net in await connection.execute(query)
    ]
