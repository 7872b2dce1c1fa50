"""The store of originals: files of evidence exactly as they were sent.

Nothing reads an original as a picture or a page: it is downloaded, and never shown. The folder is
the desk's own; the public service does not read it. A picture is shown by its re-encoded copy,
which is another file of this folder.
"""

import hashlib
import shutil
from pathlib import Path
from typing import Final

from attachments.errors import AttachmentsUnwritable, DamagedOriginal, UnknownAttachment
from attachments.hashed_folder import CLOSED, HashedFolder

ORIGINAL_SUFFIX: Final = ".bin"
_LEAST_FREE: Final = 1 << 30
"""Bytes that the disk keeps free."""


class OriginalStore(HashedFolder):
    """The originals of one folder, which the desk reads, and whoever backs it up."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, suffix=ORIGINAL_SUFFIX, mode=CLOSED)

    def keep(self, content: bytes) -> str:
        """Store an original durably, and return its hash.

        Raises `AttachmentsUnwritable`, also where the disk is nearly full.
        """
        place = self.folder
        while not place.exists():
            place = place.parent
        if shutil.disk_usage(place).free - len(content) < _LEAST_FREE:
            raise AttachmentsUnwritable(why="the disk is nearly full")
        return self.store(content)

    def read_whole(self, digest: str) -> bytes:
        """Return bytes that have this hash. Raises `DamagedOriginal`, for a missing file too."""
        try:
            content = self.read(digest)
        except UnknownAttachment:
            raise DamagedOriginal(hash=digest) from None
        if hashlib.sha256(content).hexdigest() != digest:
            raise DamagedOriginal(hash=digest)
        return content
