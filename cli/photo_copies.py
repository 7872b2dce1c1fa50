"""Photos and files of evidence in backups and restores: the folders `attachments` and `evidence`
beside the copies of the ledger.
"""

import asyncio
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from attachments import OriginalStore
from attachments.copies import (
    EVIDENCE_FOLDER,
    FOLDER,
    CopiedAttachments,
    copy_attachments,
    copy_files,
    find_damaged,
    list_attachments,
    list_damaged,
)
from cli.output import print_warning
from cli.settings import Settings
from ledger import open_ledger


def copy_photos(settings: Settings, folder: Path) -> CopiedAttachments:
    """Copy the photos that `folder`/attachments lacks. Raises `AttachmentsUnwritable`."""
    return copy_attachments(settings.attachments.directory, folder / FOLDER)


def restore_photos(settings: Settings, folder: Path) -> CopiedAttachments:
    """Copy the photos beside a copy of the ledger to where the services look for them.

    Raises `AttachmentsUnwritable`.
    """
    return copy_attachments(folder / FOLDER, settings.attachments.directory)


def copy_evidence(settings: Settings, folder: Path) -> CopiedAttachments:
    """Copy the files of evidence that `folder`/evidence lacks. Raises `AttachmentsUnwritable`."""
    source = OriginalStore(settings.attachments.evidence)
    return copy_files(source, OriginalStore(folder / EVIDENCE_FOLDER))


async def drop_erased_evidence(settings: Settings, folder: Path) -> int:
    """Remove what the ledger says was erased from `folder`/evidence; return how many files.

    What the ledger does not know stays: it may be named by another copy.
    """
    pool = OriginalStore(folder / EVIDENCE_FOLDER)
    held = await asyncio.to_thread(lambda: list(pool.list_hashes()))
    if not held:
        return 0
    async with await open_ledger(settings.ledger.url) as ledger:
        erased = await ledger.code_evidence.list_erased(held)
    for digest in sorted(erased):
        await asyncio.to_thread(pool.remove, digest)
    return len(erased)


def restore_evidence(settings: Settings, folder: Path) -> CopiedAttachments:
    """Copy the files of evidence beside a copy of the ledger to where the desk looks for them.

    Raises `AttachmentsUnwritable`.
    """
    source = OriginalStore(folder / EVIDENCE_FOLDER)
    return copy_files(source, OriginalStore(settings.attachments.evidence))


@dataclass(frozen=True, slots=True)
class PhotoCheck:
    """The photos, or the files of evidence, beside a copy of the ledger."""

    count: int
    damaged: list[str]
    """Hashes of files whose bytes do not have them."""
    missing: list[str]
    """Hashes that the ledger names, and that are not there."""

    @property
    def ok(self) -> bool:
        """Whether every file that the ledger names would be restored."""
        return not (self.damaged or self.missing)


def rehearse_photos(folder: Path, named: Collection[str]) -> PhotoCheck:
    """Check the photos beside a copy of the ledger; `named` are the hashes that its lots name."""
    pool = folder / FOLDER
    found = set(list_attachments(pool))
    return PhotoCheck(len(found), list_damaged(pool), sorted(set(named) - found))


def rehearse_evidence(folder: Path, named: Collection[str]) -> PhotoCheck:
    """Check the files of evidence beside a copy of the ledger, as `rehearse_photos` does."""
    pool = OriginalStore(folder / EVIDENCE_FOLDER)
    found = set(pool.list_hashes())
    return PhotoCheck(len(found), find_damaged(pool), sorted(set(named) - found))


def describe_photos(photos: CopiedAttachments) -> dict[str, Any]:
    """Return the JSON document of copied photos."""
    return {"copied": photos.copied, "known": photos.known, "damaged": list(photos.damaged)}


def warn_of_damage(copied: CopiedAttachments, what: str = "photo") -> None:
    """Name the files that were not copied because their bytes are not those that were stored."""
    for digest in copied.damaged:
        print_warning(f"the {what} {digest} is damaged and was not copied")
