"""Atomic files: written to a temporary file, flushed to disk, renamed.

They hold live codes: only their owner may read them, whatever the umask.
"""

import hashlib
import os
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

TEMPORARY_SUFFIX: Final = ".part"
"""End of the names of hidden files that are being written."""
_BLOCK: Final = 1 << 20


@dataclass(frozen=True)
class FileDigest:
    """Size of a file in bytes and its SHA-256 in hexadecimal."""

    size: int
    sha256: str


class ContentDigest:
    """Size and SHA-256 of bytes that pass through."""

    def __init__(self) -> None:
        self._sha256, self._size = hashlib.sha256(), 0

    def update(self, data: bytes) -> bytes:
        """Count these bytes and return them."""
        self._sha256.update(data)
        self._size += len(data)
        return data

    @property
    def digest(self) -> FileDigest:
        """The digest so far."""
        return FileDigest(self._size, self._sha256.hexdigest())


@contextmanager
def open_atomically(path: Path) -> Iterator[IO[bytes]]:
    """A file that appears at ``path`` when the block ends without an error.

    Raises `OSError` as the file system does (a full disk, a missing directory).
    """
    # The same directory, so that the rename stays on one file system. The mode is 0600.
    handle, name = tempfile.mkstemp(
        prefix=".", suffix=f".{path.name}{TEMPORARY_SUFFIX}", dir=path.parent
    )
    aside = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        aside.replace(path)
    except BaseException:
        aside.unlink(missing_ok=True)
        raise
    _sync_directory(path.parent)


def write_atomically(path: Path, pieces: Iterable[bytes]) -> FileDigest:
    """Write the pieces to ``path``; an interruption leaves the path unchanged."""
    measured = ContentDigest()
    with open_atomically(path) as file:
        for piece in pieces:
            file.write(measured.update(piece))
    return measured.digest


def digest_file(path: Path) -> FileDigest:
    """Size and SHA-256 of a file."""
    measured = ContentDigest()
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            measured.update(block)
    return measured.digest


def _sync_directory(directory: Path) -> None:
    """Make the rename durable."""
    handle = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
