"""The spool of photos: the public service adds uploads unchanged, and the desk takes them out.

The public service never decodes or reads an upload. A file gets its name after all its bytes are
written, so a file with a name is whole. The name is that of the report. The spool holds at most
`MOST_FILES` files and `MOST_BYTES` bytes, and takes no file while the disk has less than
`_LEAST_FREE` bytes left.
"""

import contextlib
import os
import re
import secrets
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

MOST_FILES: Final = 300
MOST_BYTES: Final = 512 << 20
_LEAST_FREE: Final = 1 << 30
"""Bytes that the disk keeps free."""
_NAME: Final = re.compile("[0-9a-f]{32}")
_PART: Final = ".part"
_LEFTOVER_SECONDS: Final = 3600.0
_MODE: Final = 0o640
"""The group of the folder reads: the desk is another user."""


class PhotoSpool:
    """One folder of uploads."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def put(self, name: str, upload: bytes) -> bool:
        """Add an upload; return whether there was room. One of this name stays as it is."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            if not self._has_room(len(upload)):
                return False
            part = self.folder / (secrets.token_hex(8) + _PART)
            descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _MODE)
            try:
                with os.fdopen(descriptor, "wb") as file:
                    os.fchmod(file.fileno(), _MODE)
                    file.write(upload)
                    file.flush()
                    os.fsync(file.fileno())
                with contextlib.suppress(FileExistsError):
                    os.link(part, self.folder / name)
            finally:
                part.unlink(missing_ok=True)
        except OSError:
            return False
        return True

    def list_names(self) -> Iterator[str]:
        """The names of the uploads, the oldest first; what a killed process left is removed."""
        found: list[tuple[float, str]] = []
        oldest = time.time() - _LEFTOVER_SECONDS
        with contextlib.suppress(FileNotFoundError), os.scandir(self.folder) as entries:
            for entry in entries:
                with contextlib.suppress(FileNotFoundError):
                    changed = entry.stat().st_mtime
                    if _NAME.fullmatch(entry.name):
                        found.append((changed, entry.name))
                    elif entry.name.endswith(_PART) and changed < oldest:
                        Path(entry.path).unlink()
        for _, name in sorted(found):
            yield name

    def read(self, name: str) -> bytes:
        """Return an upload. Raises `FileNotFoundError`."""
        return (self.folder / name).read_bytes()

    def is_leftover(self, name: str) -> bool:
        """Whether an upload is so old that its report will not follow."""
        try:
            return (self.folder / name).stat().st_mtime < time.time() - _LEFTOVER_SECONDS
        except FileNotFoundError:
            return False

    def remove(self, name: str) -> None:
        """Remove an upload."""
        (self.folder / name).unlink(missing_ok=True)

    def _has_room(self, size: int) -> bool:
        files = used = 0
        with os.scandir(self.folder) as entries:
            for entry in entries:
                with contextlib.suppress(FileNotFoundError):
                    used += entry.stat().st_size
                    files += 1
        if files >= MOST_FILES or used + size > MOST_BYTES:
            return False
        return shutil.disk_usage(self.folder).free - size >= _LEAST_FREE
