"""Intake of reports: files and weighs what arrived, decodes photos, erases what is old.

It runs in each process of the desk. Several do no harm: the ledger files a report once, and
erasing twice erases once. A killed one leaves what it did not do to the next.
"""

import asyncio
from collections.abc import Callable
from typing import Final

import structlog

from attachments import AttachmentStore, MalformedPhoto, PhotoTooLarge
from attachments.spool import PhotoSpool
from detection.rules import Rules
from ledger import Ledger
from services.repetition import repeat_forever
from services.reports.report_judging import judge_reported_stamps

POLL_SECONDS: Final = 2.0
"""Longest time that a report waits to be filed."""
_ERASE_EVERY_MS: Final = 3_600_000
_DAY_MS: Final = 86_400_000

_log = structlog.get_logger(__name__)


class ReportIntake:
    """Files and erases for one ledger.

    `rules` are those of the detector. `erase_days` after its group is closed contact and photo are
    erased, and after `most_days` in any case. `photos` decodes the uploads of `spool`, in processes
    without rights.
    """

    def __init__(
        self,
        ledger: Ledger,
        clock: Callable[[], int],
        *,
        rules: Rules,
        erase_days: int,
        most_days: int,
        spool: PhotoSpool,
        photos: AttachmentStore,
    ) -> None:
        self._ledger = ledger
        self._spool = spool
        self._photos = photos
        self._clock = clock
        self._rules = rules
        self._erase_ms = erase_days * _DAY_MS
        self._most_ms = most_days * _DAY_MS
        self._erased_at = -_ERASE_EVERY_MS

    async def run(self) -> None:
        """File, decode and erase until cancelled; a ledger that fails is tried again."""
        async with asyncio.TaskGroup() as tasks:
            for act, trouble in (
                (self.take_photos, "photos of reports wait"),
                (self._file_and_erase, "reports wait"),
            ):
                tasks.create_task(
                    repeat_forever(act, seconds=POLL_SECONDS, log=_log, trouble=trouble)
                )

    async def _file_and_erase(self) -> None:
        await self.file()
        if self._clock() - self._erased_at >= _ERASE_EVERY_MS:
            await self.erase()
            self._erased_at = self._clock()

    async def file(self) -> int:
        """File all reports that arrived, and tell alerts what they weigh; return how many."""
        filed = 0
        while await self._ledger.report_groups.has_arrivals():
            filed += await self._ledger.report_groups.file_arrivals()
        while await judge_reported_stamps(self._ledger, self._rules):
            pass
        return filed

    async def take_photos(self) -> int:
        """Take the photos out of the spool, one decoder at a time; return how many were kept."""
        taken = 0
        for name in await asyncio.to_thread(lambda: list(self._spool.list_names())):
            id_ = bytes.fromhex(name)
            report = await self._ledger.reports.find(id_)
            if report is None:
                # Its report follows at once; if it does not, the public service was killed.
                if self._spool.is_leftover(name):
                    self._spool.remove(name)
                continue
            if report.photo == "taken" and not await self._ledger.report_photos.get_states([id_]):
                taken += await self._take_photo(id_, name)
            self._spool.remove(name)
        return taken

    async def _take_photo(self, id_: bytes, name: str) -> bool:
        try:
            upload = await asyncio.to_thread(self._spool.read, name)
            picture = await self._photos.reencode(upload)
        except FileNotFoundError:  # another desk took it
            return False
        except (MalformedPhoto, PhotoTooLarge):
            picture = None
        return await self._ledger.report_photos.add(id_, picture)

    async def erase(self) -> int:
        """Erase the contacts and photos that are due; return how many."""
        now = self._clock()
        closed_before, left_before = now - self._erase_ms, now - self._most_ms
        contacts = await self._ledger.report_groups.erase_contacts(
            closed_before=closed_before, left_before=left_before
        )
        return contacts + await self._ledger.report_photos.erase(
            closed_before=closed_before, left_before=left_before
        )
