"""Reports: what consumers say about a stamp or an unknown code, in their own words.

The public service adds reports, their contacts and their arrivals, and reads none of them.
`ledger.reports.report_groups` takes the arrivals into the inbox of inspectors. A contact is
personal data: it lies in a table of its own, is read by those who answer, and is erased.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final, Literal, get_args

from sqlalchemy import ColumnElement, RowMapping, insert, select
from sqlalchemy.exc import IntegrityError

from ledger import schema
from ledger.storage.store import Store, uncancellable
from ledger.storage.unsigned64 import to_signed64, to_unsigned64
from stamps import serial_range

ReportKind = Literal["copied", "mismatch", "unsafe", "damaged", "other"]
REPORT_KINDS: Final[tuple[ReportKind, ...]] = get_args(ReportKind)
"""`copied`: the stamp looks copied; `mismatch`: the produce is not what the page says; `unsafe`:
the produce may harm; `damaged`: the stamp is damaged or opened."""

SentPhoto = Literal["taken", "left_out"]
"""`taken`: it waits for the desk, or the desk has it; `left_out`: there was no room for it."""

NO_STAMP: Final = 0
"""Batch and index of a report about a code that no stamp has."""
_LONGEST_KEY: Final = 40


@dataclass(frozen=True, slots=True)
class ReportRow:
    """A report. `id` (16 bytes) makes a repeated request harmless."""

    id: bytes
    batch: int
    index: int
    text: str
    device: int | None = None
    """Keyed hash of the device, 64 bits, unsigned."""
    province: str | None = None
    at: int | None = None
    """Milliseconds since the epoch, UTC; the ledger's clock fills None in."""
    kind: ReportKind = "other"
    typed: str | None = None
    """The code as `normalize_unknown_code` writes it, if no stamp has it."""
    net: int | None = None
    """Keyed hash of the network at this stamp, 64 bits, unsigned."""
    is_crowded: bool = False
    """Whether its network had sent more reports than one person sends."""
    language: str | None = None
    photo: SentPhoto | None = None
    """Fate of a photo that was sent with it."""

    @property
    def group(self) -> str:
        """The group that it belongs to: the serial number of its stamp, or the unknown code."""
        if self.typed is not None:
            return self.typed
        return serial_range.format_serial_range(self.batch, self.index, self.index + 1)


def normalize_unknown_code(text: str) -> str:
    """An unknown code as reports are grouped by it: its letters and digits, at most 40.

    >>> normalize_unknown_code("0d9fr-h4k01 21v8q"), normalize_unknown_code("·")
    ('0D9FRH4K0121V8Q', '0')
    """
    kept = "".join(letter for letter in text.upper() if letter.isalnum())
    return kept[:_LONGEST_KEY] or "0"


class Reports:
    """The reports of one ledger."""

    def __init__(self, store: Store, clock: Callable[[], int]) -> None:
        self._store = store
        self._clock = clock

    @uncancellable
    async def add(self, report: ReportRow, contact: str | None = None) -> bool:
        """Add a report with its contact; return whether it is new.

        A report whose id is taken changes nothing: it was sent before.
        """
        at = self._clock() if report.at is None else report.at
        async with self._store.append() as connection:
            try:
                async with connection.begin_nested():
                    row = _to_row(replace(report, at=at))
                    await connection.execute(insert(schema.reports).values(row))
            except IntegrityError:
                return False
            arrival = {"report": report.id, "at": at}
            await connection.execute(insert(schema.report_arrivals).values(arrival))
            if contact is not None:
                values = {"report": report.id, "contact": contact, "at": at}
                await connection.execute(insert(schema.report_contacts).values(values))
        return True

    async def list_of_stamp(self, batch: int, index: int, limit: int = 200) -> list[ReportRow]:
        """Return the newest reports about one stamp, oldest first."""
        reports = schema.reports
        return await self._list(
            [reports.c.batch == batch, reports.c.idx == index, reports.c.typed.is_(None)], limit
        )

    async def list_of_code(self, typed: str, limit: int = 200) -> list[ReportRow]:
        """Return the newest reports about an unknown code, oldest first."""
        return await self._list([schema.reports.c.typed == typed], limit)

    async def find(self, id_: bytes) -> ReportRow | None:
        """Return the report of this id, if there is one."""
        reports = schema.reports
        async with self._store.read() as connection:
            found = await connection.execute(select(reports).where(reports.c.id == id_))
            row = found.mappings().one_or_none()
        return None if row is None else report_from_row(row)

    async def _list(self, where: list[ColumnElement[bool]], limit: int) -> list[ReportRow]:
        reports = schema.reports
        query = select(reports).where(*where).order_by(reports.c.at.desc(), reports.c.id)
        async with self._store.read() as connection:
            rows = (await connection.execute(query.limit(limit))).mappings()
            return [report_from_row(row) for row in rows][::-1]


def _to_row(report: ReportRow) -> dict[str, object]:
    return {
        "id": report.id,
        "batch": report.batch,
        "idx": report.index,
        "at": report.at,
        "device": to_signed64(report.device),
        "province": report.province,
        "text": report.text,
        "kind": report.kind,
        "typed": report.typed,
        "net": to_signed64(report.net),
        "crowded": report.is_crowded,
        "language": report.language,
        "photo": report.photo,
    }


def report_from_row(row: RowMapping) -> ReportRow:
    """The report in a row of `reports`."""
    return ReportRow(
        id=row["id"],
        batch=row["batch"],
        index=row["idx"],
        text=row["text"],
        device=to_unsigned64(row["device"]),
        province=row["province"],
        at=row["at"],
        kind=row["kind"] or "other",
        typed=row["typed"],
        net=to_unsigned64(row["net"]),
        is_crowded=row["crowded"],
        language=row["language"],
        photo=row["photo"],
    )
