"""Photos in backups and restores: a folder `attachments` beside the copies of the ledger."""

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from attachments.copies import (
    FOLDER,
    CopiedAttachments,
    copy_attachments,
    list_attachments,
    list_damaged,
)
from cli.output import print_warning
from cli.settings import Settings


def copy_photos(settings: Settings, folder: Path) -> CopiedAttachments:
    """Copy the photos that `folder`/attachments lacks. Raises `AttachmentsUnwritable`."""
    return copy_attachments(settings.attachments.directory, folder / FOLDER)


def restore_photos(settings: Settings, folder: Path) -> CopiedAttachments:
    """Copy the photos beside a copy of the ledger to where the services look for them.

    Raises `AttachmentsUnwritable`.
    """
    return copy_attachments(folder / FOLDER, settings.attachments.directory)


@dataclass(frozen=True, slots=True)
class PhotoCheck:
    """The photos beside a copy of the ledger."""

    count: int
    damaged: list[str]
    """Hashes of photos whose bytes do not have them."""
    missing: list[str]
    """Hashes that lots name, and that are not there."""

    @property
    def ok(self) -> bool:
        """Whether every photo that a lot names would be restored."""
        return not (self.damaged or self.missing)


def rehearse_photos(folder: Path, named: Collection[str]) -> PhotoCheck:
    """Check the photos beside a copy of the ledger; `named` are the hashes that its lots name."""
    pool = folder / FOLDER
    found = set(list_attachments(pool))
    return PhotoCheck(len(found), list_damaged(pool), sorted(set(named) - found))


def describe_photos(photos: CopiedAttachments) -> dict[str, Any]:
    """Return the JSON document of copied photos."""
    return {"copied": photos.copied, "known": photos.known, "damaged": list(photos.damaged)}


def warn_of_damage(photos: CopiedAttachments) -> None:
    """Name the photos that were not copied because their bytes are not those that were stored."""
    for digest in photos.damaged:
        print_warning(f"the photo {digest} is damaged and was not copied")
