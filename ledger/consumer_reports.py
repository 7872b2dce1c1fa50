"""Reports: what consumers say about a suspicious stamp, in their own words."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace

from sqlalchemy import RowMapping, insert, select
from sqlalchemy.exc import IntegrityError

from ledger import schema
from ledger.errors import AlreadyExists
from ledger.store import Store, uncancellable
from ledger.unsigned64 import to_signed64, to_unsigned64


@dataclass(frozen=True, slots=True)
class ReportRow:
    """A report about a stamp. `id` (16 bytes) makes a repeated request harmless."""

    id: bytes
    batch: int
    index: int
    text: str
    device: int | None = None
    """Keyed hash of the device, 64 bits, unsigned."""
    province: str | None = None
    at: int | None = None
    """Milliseconds since the epoch, UTC; the ledger's clock fills None in."""


class Reports:
    """The reports of one ledger."""

    def __init__(self, store: Store, clock: Callable[[], int]) -> None:
        self._store = store
        self._clock = clock

    @uncancellable
    async def add(self, report: ReportRow) -> ReportRow:
        """Add a report; the same one again changes nothing. Raises `AlreadyExists`."""
        reports = schema.reports
        at = self._clock() if report.at is None else report.at
        report = replace(report, at=at)
        this = select(reports).where(reports.c.id == report.id)
        async with self._store.append() as connection:
            known = (await connection.execute(this)).mappings().one_or_none()
            if known is None:
                # The same report may be written at this moment over another connection.
                with suppress(IntegrityError):
                    async with connection.begin_nested():
                        await connection.execute(insert(reports).values(_to_row(report)))
                    return report
                known = (await connection.execute(this)).mappings().one()
        if replace(_from_row(known), at=at) != report:
            raise AlreadyExists(kind="report", id=report.id.hex())
        return _from_row(known)

    async def list_of_stamp(self, batch: int, index: int) -> list[ReportRow]:
        """Return the reports about one stamp, oldest first."""
        reports = schema.reports
        query = (
            select(reports)
            .where(reports.c.batch == batch, reports.c.idx == index)
            .order_by(reports.c.at, reports.c.id)
        )
        async with self._store.read() as connection:
            return [_from_row(row) for row in (await connection.execute(query)).mappings()]

    async def list_latest(self, limit: int = 100) -> list[ReportRow]:
        """Return the newest reports about any stamp."""
        reports = schema.reports
        query = select(reports).order_by(reports.c.at.desc(), reports.c.id).limit(limit)
        async with self._store.read() as connection:
            return [_from_row(row) for row in (await connection.execute(query)).mappings()]


def _to_row(report: ReportRow) -> dict[str, object]:
    return {
        "id": report.id,
        "batch": report.batch,
        "idx": report.index,
        "at": report.at,
        "device": to_signed64(report.device),
        "province": report.province,
        "text": report.text,
    }


def _from_row(row: RowMapping) -> ReportRow:
    values = dict(row)
    values["index"] = values.pop("idx")
    values["device"] = to_unsigned64(values["device"])
    return ReportRow(**values)
