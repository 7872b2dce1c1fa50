"""Consumers' reports: "I think this is a copy", in their own words, kept as they came."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from sqlalchemy import RowMapping, insert, select

from ledger import schema
from ledger.errors import AlreadyThere
from ledger.hashes import from_cell, to_cell
from ledger.store import Store, whole


@dataclass(frozen=True, slots=True)
class ReportRow:
    """One report about a stamp. `id` has 16 bytes and makes sending it twice harmless."""

    id: bytes
    batch: int
    index: int
    text: str
    device: int | None = None
    """Keyed hash of the device, 64 bits, unsigned."""
    province: str | None = None
    at: int | None = None
    """Milliseconds since the epoch, UTC; filled in by the ledger's clock when it is None."""


class Reports:
    """The reports of one ledger."""

    def __init__(self, store: Store, clock: Callable[[], int]) -> None:
        self._store = store
        self._clock = clock

    @whole
    async def add(self, report: ReportRow) -> ReportRow:
        """Keep a report; the same one twice is once. Raises `AlreadyThere` for another."""
        reports = schema.reports
        at = self._clock() if report.at is None else report.at
        report = replace(report, at=at)
        async with self._store.write() as connection:
            found = await connection.execute(select(reports).where(reports.c.id == report.id))
            known = found.mappings().one_or_none()
            if known is None:
                await connection.execute(insert(reports).values(_cells(report)))
                return report
        if replace(_report(known), at=at) != report:
            raise AlreadyThere(kind="report", id=report.id.hex())
        return _report(known)

    async def of(self, batch: int, index: int) -> list[ReportRow]:
        """The reports about one stamp, oldest first."""
        reports = schema.reports
        asked = (
            select(reports)
            .where(reports.c.batch == batch, reports.c.idx == index)
            .order_by(reports.c.at, reports.c.id)
        )
        async with self._store.read() as connection:
            return [_report(cells) for cells in (await connection.execute(asked)).mappings()]

    async def latest(self, limit: int = 100) -> list[ReportRow]:
        """The newest reports about any stamp."""
        reports = schema.reports
        asked = select(reports).order_by(reports.c.at.desc(), reports.c.id).limit(limit)
        async with self._store.read() as connection:
            return [_report(cells) for cells in (await connection.execute(asked)).mappings()]


def _cells(report: ReportRow) -> dict[str, object]:
    return {
        "id": report.id,
        "batch": report.batch,
        "idx": report.index,
        "at": report.at,
        "device": to_cell(report.device),
        "province": report.province,
        "text": report.text,
    }


def _report(cells: RowMapping) -> ReportRow:
    values = dict(cells)
    values["index"] = values.pop("idx")
    values["device"] = from_cell(values["device"])
    return ReportRow(**values)
