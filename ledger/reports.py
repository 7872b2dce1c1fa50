"""Consumers' reports: "I think this is a copy", in their own words, kept as they came."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from sqlalchemy import RowMapping, insert, select

from ledger import schema
from ledger.errors import AlreadyExists
from ledger.store import Store, uncancellable
from ledger.unsigned64 import to_signed64, to_unsigned64


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

    @uncancellable
    async def add(self, report: ReportRow) -> ReportRow:
        """Keep a report; the same one twice is once. Raises `AlreadyExists` for another."""
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
            raise AlreadyExists(kind="report", id=report.id.hex())
        return _report(known)

    async def list_of_stamp(self, batch: int, index: int) -> list[ReportRow]:
        """The reports about one stamp, oldest first."""
        reports = schema.reports
        asked = (
            select(reports)
            .where(reports.c.batch == batch, reports.c.idx == index)
            .order_by(reports.c.at, reports.c.id)
        )
        async with self._store.read() as connection:
            return [_report(cells) for cells in (await connection.execute(asked)).mappings()]

    async def list_latest(self, limit: int = 100) -> list[ReportRow]:
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
        "device": to_signed64(report.device),
        "province": report.province,
        "text": report.text,
    }


def _report(cells: RowMapping) -> ReportRow:
    values = dict(cells)
    values["index"] = values.pop("idx")
    values["device"] = to_unsigned64(values["device"])
    return ReportRow(**values)
