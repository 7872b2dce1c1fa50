"""Photos in backups and restores: a folder `attachments` beside the copies of the ledger."""

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


def rehearse_photos(folder: Path) -> tuple[int, list[str]]:
    """Count the photos beside a copy of the ledger, and list those whose bytes are damaged."""
    pool = folder / FOLDER
    return sum(1 for _ in list_attachments(pool)), list_damaged(pool)


def describe_photos(photos: CopiedAttachments) -> dict[str, Any]:
    """What `--json` prints of copied photos."""
    return {"copied": photos.copied, "known": photos.known, "damaged": list(photos.damaged)}


def warn_of_damage(photos: CopiedAttachments) -> None:
    """Name the photos that were not copied because their bytes are not those that were stored."""
    for digest in photos.damaged:
        print_warning(f"the photo {digest} is damaged and was not copied")
