"""Files that are whole or not there: written aside, flushed to disk, renamed."""

import hashlib
import os
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

ASIDE: Final = ".part"  # hidden files that end so were being written
_BLOCK: Final = 1 << 20


@dataclass(frozen=True)
class FileDigest:
    """What a file holds: its size in bytes and its SHA-256 in hexadecimal."""

    size: int
    sha256: str


class ContentDigest:
    """Bytes on their way: passes them on and knows their size and SHA-256."""

    def __init__(self) -> None:
        self._digest, self._size = hashlib.sha256(), 0

    def note(self, data: bytes) -> bytes:
        """Count these bytes and give them back."""
        self._digest.update(data)
        self._size += len(data)
        return data

    @property
    def written(self) -> FileDigest:
        """What has passed so far."""
        return FileDigest(self._size, self._digest.hexdigest())


@contextmanager
def open_atomically(path: Path) -> Iterator[IO[bytes]]:
    """A file that appears at ``path`` when the block ends well, and not before.

    Raises `OSError` as the file system does (a full disk, a missing directory).
    """
    # The same directory, so that the rename stays on one file system.
    handle, name = tempfile.mkstemp(prefix=".", suffix=f".{path.name}{ASIDE}", dir=path.parent)
    aside = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        aside.chmod(0o644)
        aside.replace(path)
    except BaseException:
        aside.unlink(missing_ok=True)
        raise
    _sync_directory(path.parent)


def write_atomically(path: Path, pieces: Iterable[bytes]) -> FileDigest:
    """Write the pieces to ``path``; an interruption leaves the path as it was."""
    measured = ContentDigest()
    with open_atomically(path) as file:
        for piece in pieces:
            file.write(measured.note(piece))
    return measured.written


def digest_file(path: Path) -> FileDigest:
    """Size and SHA-256 of a file."""
    measured = ContentDigest()
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            measured.note(block)
    return measured.written


def _sync_directory(directory: Path) -> None:
    """Make the rename itself durable."""
    handle = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
