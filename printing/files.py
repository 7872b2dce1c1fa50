"""Files that are whole or not there: written aside, flushed to disk, renamed."""

import hashlib
import os
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Written:
    """What a file holds: its size in bytes and its SHA-256 in hexadecimal."""

    size: int
    sha256: str


def write_whole(path: Path, pieces: Iterable[bytes]) -> Written:
    """Write the pieces to ``path``; an interruption leaves the path as it was.

    Raises `OSError` as the file system does (a full disk, a missing directory).
    """
    digest, size = hashlib.sha256(), 0
    # The same directory, so that the rename stays on one file system.
    handle, aside = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            for piece in pieces:
                file.write(piece)
                digest.update(piece)
                size += len(piece)
            file.flush()
            os.fsync(file.fileno())
        Path(aside).chmod(0o644)
        Path(aside).replace(path)
    except BaseException:
        Path(aside).unlink(missing_ok=True)
        raise
    _sync_directory(path.parent)
    return Written(size, digest.hexdigest())


def _sync_directory(directory: Path) -> None:
    """Make the rename itself durable."""
    handle = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
