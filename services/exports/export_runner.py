"""The worker that writes exports of own data, one at a time, and removes those whose time is over.

It leases an export, writes the parts that are missing, packs them, and only then says that the
file is ready. A process that is killed leaves whole parts and an export that another one takes
when the lease ends.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import structlog

from attachments import AttachmentStore, is_attachment_hash
from ledger import Ledger
from ledger.exports.data_exports import DataExport
from ledger.exports.own_rows import OWN_PARTS, OwnPart
from services.errors import ExportTaken
from services.exports.export_files import (
    find_done,
    pack_archive,
    prepare_folder,
    remove_archive,
    write_epcis,
    write_part,
)
from services.lots.photos import ADDRESS
from stamps.errors import VeritemError

_LEASE_MS: Final = 120_000
_PACKING_MS: Final = 1_800_000
"""Longest time for the packing of the archive."""
_IDLE_SECONDS: Final = 5.0
_EVENTS: Final = "events"
_LOTS: Final = "lots"

_log = structlog.get_logger(__name__)


class _Lease:
    """The lease of an export, renewed while its rows are written."""

    def __init__(self, ledger: Ledger, clock: Callable[[], int], export: DataExport) -> None:
        self._ledger = ledger
        self._clock = clock
        self.export = export
        self.parts = 0
        self.rows = 0

    async def renew_when_due(self) -> None:
        """Renew the lease once half of it is over. Raises `ExportTaken`."""
        if self._clock() > self.export.busy_until - _LEASE_MS // 2:
            await self.renew()

    async def renew(self, lease_ms: int = _LEASE_MS) -> None:
        """Renew the lease and note what is written. Raises `ExportTaken`."""
        noted = await self._ledger.data_exports.note_progress(
            self.export, parts=self.parts, rows=self.rows, lease_ms=lease_ms
        )
        if noted is None:
            raise ExportTaken(export=self.export.id)
        self.export = noted


class DataExportRunner:
    """Writes the exports of one ledger into a folder."""

    def __init__(
        self,
        ledger: Ledger,
        clock: Callable[[], int],
        folder: Path,
        photos: AttachmentStore,
    ) -> None:
        self._ledger = ledger
        self._clock = clock
        self.folder = folder
        self._photos = photos
        self._woken = asyncio.Event()

    async def run(self) -> None:
        """Write what waits and remove what is over, until cancelled."""

        while True:
            self._woken.clear()
            try:
                while await self.work_once():
                    pass
                await self.remove_old()
            except VeritemError as error:
                _log.warning("exports wait", why=str(error))
            with suppress(TimeoutError):
                await asyncio.wait_for(self._woken.wait(), _IDLE_SECONDS)

    def wake(self) -> None:
        """Look for an export now."""
        self._woken.set()

    async def work_once(self) -> bool:
        """Write one export; whether there was one."""
        export = await self._ledger.data_exports.lease(_LEASE_MS)
        if export is None:
            return False
        try:
            await self.write(export)
        except OSError as error:
            _log.error("an export cannot be written", export=export.id, why=str(error))
            await self._ledger.data_exports.finish(await self._reload(export))
        return True

    async def write(self, export: DataExport) -> DataExport | None:
        """Write the parts that are missing and pack them; return the export as it is then.

        None when another worker finished it. Raises `ExportTaken` when another one has it.
        """
        parts = prepare_folder(self.folder, export.id)
        lease = _Lease(self._ledger, self._clock, export)
        for number, part in enumerate(OWN_PARTS.values(), 1):
            known = find_done(parts, part)
            if known is None:
                lease.rows += await write_part(parts, part, self._iterate(part, lease))
            else:
                lease.rows += known["rows"]
            lease.parts = number
            await lease.renew()
        await write_epcis(parts, self._iterate(OWN_PARTS[_EVENTS], lease))
        photos = await self._find_photos(export.organisation)
        about = {
            "organisation": export.organisation,
            "asked_by": export.actor,
            "asked_at": export.asked_at,
            "written_at": self._clock(),
        }
        await lease.renew(_PACKING_MS)
        size, digest = await asyncio.to_thread(pack_archive, self.folder, export.id, about, photos)
        return await self._ledger.data_exports.finish(lease.export, size=size, sha256=digest)

    async def remove_old(self) -> int:
        """Remove the files of exports whose time is over; return how many."""
        old = await self._ledger.data_exports.list_expired(self._clock())
        for export in old:
            await asyncio.to_thread(remove_archive, self.folder, export.id)
            await self._ledger.data_exports.note_removal(export.id)
        return len(old)

    async def _iterate(
        self, part: OwnPart, lease: "_Lease"
    ) -> AsyncIterator[Sequence[Mapping[str, Any]]]:
        async for page in self._ledger.own_rows.iterate_pages(part, lease.export.organisation):
            await lease.renew_when_due()
            yield page

    async def _reload(self, export: DataExport) -> DataExport:
        return await self._ledger.data_exports.get(export.organisation, export.id)

    async def _find_photos(self, organisation: str) -> dict[str, Path]:
        """The photos that the organisation's lots name, by the name of their file."""
        found: dict[str, Path] = {}
        async for page in self._ledger.own_rows.iterate_pages(OWN_PARTS[_LOTS], organisation):
            for row in page:
                digest = _find_photo(row["document"])
                if digest is not None:
                    path = self._photos.locate(digest)
                    if path.is_file():
                        found[f"{digest}.jpg"] = path
        return found


def _find_photo(document: Any) -> str | None:
    """The hash of the photo that a lot's document names."""
    text = str(document)
    _, mark, rest = text.partition(f'"{ADDRESS}')
    digest = rest.partition('"')[0]
    with suppress(ValueError):
        if mark and is_attachment_hash(digest):
            return digest
    return None
