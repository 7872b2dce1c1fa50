"""Photos of reports: re-encoded by the desk, seen by inspectors, erased after their time.

The rest of a photo that was erased or could not be read is its row: the same upload, sent again, is
not taken again.
"""

from collections.abc import Callable
from typing import Final, Literal

from sqlalchemy import insert, or_, select, update
from sqlalchemy.exc import IntegrityError

from ledger import schema
from ledger.errors import UnknownRow
from ledger.reports.report_groups import select_due_reports
from ledger.storage.store import Store, uncancellable

PhotoState = Literal["stored", "unreadable", "erased"]
_STORED: Final = "stored"


class ReportPhotos:
    """The photos of the reports of one ledger."""

    def __init__(self, store: Store, clock: Callable[[], int]) -> None:
        self._store = store
        self._clock = clock

    @uncancellable
    async def add(self, report: bytes, picture: bytes | None) -> bool:
        """Keep the photo (JPEG) of a report, None if it is unreadable; the first one counts."""
        row = {
            "report": report,
            "state": "unreadable" if picture is None else _STORED,
            "picture": picture,
            "at": self._clock(),
        }
        async with self._store.append() as connection:
            try:
                async with connection.begin_nested():
                    await connection.execute(insert(schema.report_photos).values(row))
            except IntegrityError:
                return False
        return True

    async def get_states(self, reports: list[bytes]) -> dict[bytes, PhotoState]:
        """Return what became of the photos of these reports."""
        photos = schema.report_photos
        query = select(photos.c.report, photos.c.state).where(photos.c.report.in_(reports))
        async with self._store.read() as connection:
            return {row.report: row.state for row in await connection.execute(query)}

    async def get(self, report: bytes) -> bytes:
        """Return the photo (JPEG) of a report. Raises `UnknownRow`."""
        photos = schema.report_photos
        query = select(photos.c.picture).where(photos.c.report == report)
        async with self._store.read() as connection:
            picture = await connection.scalar(query)
        if picture is None:
            raise UnknownRow(kind="photo", id=report.hex())
        return bytes(picture)

    @uncancellable
    async def erase(self, *, closed_before: int, left_before: int) -> int:
        """Erase photos of groups closed before a time, and all kept before a time; count them."""
        photos = schema.report_photos
        due = select_due_reports(photos.c.report, closed_before)
        async with self._store.append() as connection:
            erased = await connection.execute(
                update(photos)
                .where(
                    photos.c.state == _STORED,
                    or_(photos.c.at < left_before, photos.c.report.in_(due)),
                )
                .values(state="erased", picture=None)
            )
            return erased.rowcount
