"""Copies of a store for backups: a folder beside the copies of the ledger.

Files never change, so one folder serves all copies of the ledger: only what it lacks is copied,
and each file is verified against its name. Files that a copied ledger names are there as long as
they are copied after the ledger: a row names a file that was stored before.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from attachments.hashed_folder import HashedFolder
from attachments.store import AttachmentStore

FOLDER: Final = "attachments"
EVIDENCE_FOLDER: Final = "evidence"


@dataclass(frozen=True, slots=True)
class CopiedAttachments:
    """Result of a copy of the store."""

    copied: int
    known: int
    """Files that the target had before."""
    damaged: tuple[str, ...]
    """Hashes of files whose bytes are not those that were stored; they are not copied."""


def list_attachments(folder: Path) -> Iterator[str]:
    """Yield the hash of each photo in the folder of a store or a copy; a missing one has none."""
    return AttachmentStore(folder).list_hashes()


def copy_attachments(source: Path, target: Path) -> CopiedAttachments:
    """Copy the photos that `target` lacks, as `copy_files` does."""
    return copy_files(AttachmentStore(source), AttachmentStore(target))


def copy_files(source: HashedFolder, target: HashedFolder) -> CopiedAttachments:
    """Copy the files that `target` lacks, each as a whole; a killed copy goes on when repeated.

    Raises `AttachmentsUnwritable`.
    """
    copied = known = 0
    damaged = []
    target.remove_leftovers()
    for digest in source.list_hashes():
        if target.locate(digest).exists():
            known += 1
            continue
        content = source.read(digest)
        if hashlib.sha256(content).hexdigest() != digest:
            damaged.append(digest)
            continue
        target.store(content)
        copied += 1
    return CopiedAttachments(copied, known, tuple(damaged))


def list_damaged(folder: Path) -> list[str]:
    """Return the hashes of photos in a folder whose bytes do not have them."""
    return find_damaged(AttachmentStore(folder))


def find_damaged(store: HashedFolder) -> list[str]:
    """Return the hashes of files whose bytes do not have them."""
    return [
        digest
        for digest in store.list_hashes()
        if hashlib.sha256(store.read(digest)).hexdigest() != digest
    ]
