"""Durable files: atomic JSON writes, and a lock for one writer a directory.

A write goes to a temporary file beside its target, is synced and renamed, and the directory is
synced: after a crash at any moment the target is the old file or the new one. A full disk leaves
the old one. The next writer removes left-over temporary files.
"""

import fcntl
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final

from stamps.errors import VeritemError

SECRET: Final = 0o600
PUBLIC: Final = 0o644
_LOCK: Final = ".lock"
_TEMPORARY: Final = ".tmp"


class KeyStoreBusy(VeritemError):
    """Another process is changing the key store."""

    code = "key-store-busy"
    message = "another process is changing the key store {directory}"


def write_json(path: Path, document: Mapping[str, Any], mode: int) -> None:
    """Write a JSON document durably and atomically, readable as `mode` says.

    Raises:
        OSError: nothing was changed (a full disk, a read-only directory).
    """
    temporary = path.with_name(f".{path.name}{_TEMPORARY}")
    data = json.dumps(document, ensure_ascii=False, indent=2).encode() + b"\n"
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    try:
        with os.fdopen(descriptor, "wb") as file:
            os.fchmod(file.fileno(), mode)  # independent of the umask and of an older file
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    _sync_directory(path.parent)


@contextmanager
def lock_directory(directory: Path) -> Iterator[None]:
    """Lock a directory for one writer; the kernel frees the lock of a process that dies.

    Raises:
        KeyStoreBusy: another process has the lock.
    """
    descriptor = os.open(directory / _LOCK, os.O_RDWR | os.O_CREAT, SECRET)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise KeyStoreBusy(directory=str(directory)) from None
        for left in directory.glob(f".*{_TEMPORARY}"):
            with suppress(FileNotFoundError):
                left.unlink()
        yield
    finally:
        os.close(descriptor)


def _sync_directory(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
