"""Copies of the store for backups: a folder `attachments` beside the copies of the ledger.

Photos never change, so one folder serves all copies of the ledger: only what it lacks is copied,
and each file is verified against its name. Photos that a copied ledger names are there as long as
they are copied after the ledger: a lot names a photo that was stored before.
"""

import hashlib
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from attachments.errors import AttachmentsUnwritable
from attachments.store import (
    INCOMING,
    SUFFIX,
    AttachmentStore,
    is_attachment_hash,
    make_readable_folder,
    write_durably,
)

FOLDER: Final = "attachments"


@dataclass(frozen=True, slots=True)
class CopiedAttachments:
    """Result of a copy of the store."""

    copied: int
    known: int
    """Photos that the target had before."""
    damaged: tuple[str, ...]
    """Hashes of photos whose bytes are not those that were stored; they are not copied."""


def list_attachments(folder: Path) -> Iterator[str]:
    """Yield the hash of each photo in the folder of a store or a copy; a missing one has none."""
    for path in sorted(folder.glob(f"??/*{SUFFIX}")):
        if is_attachment_hash(path.stem):
            yield path.stem


def copy_attachments(source: Path, target: Path) -> CopiedAttachments:
    """Copy the photos that `target` lacks, each as a whole; a killed copy goes on when repeated.

    Raises `AttachmentsUnwritable`.
    """
    copied = known = 0
    damaged = []
    live, copy = AttachmentStore(source), AttachmentStore(target)
    copy.remove_leftovers()
    try:
        for digest in list_attachments(source):
            place = copy.locate(digest)
            if place.exists():
                known += 1
                continue
            content = live.locate(digest).read_bytes()
            if hashlib.sha256(content).hexdigest() != digest:
                damaged.append(digest)
                continue
            incoming = target / INCOMING
            incoming.mkdir(parents=True, exist_ok=True)
            make_readable_folder(place.parent)
            write_durably(incoming / secrets.token_hex(16), place, content)
            copied += 1
    except OSError as error:
        raise AttachmentsUnwritable(why=f"{target}: {error.strerror}") from None
    return CopiedAttachments(copied, known, tuple(damaged))


def list_damaged(folder: Path) -> list[str]:
    """Return the hashes of photos in a folder whose bytes do not have them."""
    store = AttachmentStore(folder)
    return [
        digest
        for digest in list_attachments(folder)
        if hashlib.sha256(store.read(digest)).hexdigest() != digest
    ]
