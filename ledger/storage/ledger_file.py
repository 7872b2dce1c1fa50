"""The file of an SQLite ledger: held while it is open, and noticed when it is replaced.

Every process that may write holds a shared lock (`flock`) on `.NAME.lock` beside the real file,
whatever symbolic links lead to it; a restore needs the lock alone. The system releases it when the
process ends. The name begins with a dot, so that `rm NAME*` leaves the lock.

A file that was removed or replaced while it is open is found by its device and inode, before each
transaction and again before each commit: what is written into a file without a name is lost.
A file with a second name (hard link) is refused: SQLite names its write-ahead log after the path,
so two names corrupt it (sqlite.org/howtocorrupt.html, section 2.5).
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from ledger.storage.storage_errors import StorageFailed
from stamps.errors import VeritemError

LEFTOVERS: Final = ("-wal", "-shm", "-journal")
"""Suffixes of the files that SQLite writes beside a database."""


class LedgerReplaced(StorageFailed):
    """The ledger's file was removed or replaced while it is open; nothing was written."""

    code = "ledger-replaced"
    message = "{path} was removed or replaced while it is open; restart on the right file"


class LedgerLinked(StorageFailed):
    """The ledger's file has several names."""

    code = "ledger-linked"
    message = "{path} has {names} names (hard links), which corrupts it; remove all but one"


class RestoreUnderWay(StorageFailed):
    """A restore writes the ledger's file."""

    code = "restore-under-way"
    message = "a restore to {path} is under way"


class LedgerInUse(VeritemError):
    """A process has the ledger open that is to be restored."""

    code = "ledger-in-use"
    message = "a process has {path} open; stop all services of this ledger, then restore"


class LedgerFile:
    """The file of one ledger, as one process holds it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock: int | None = None
        self._identity: tuple[int, int] | None = None

    def hold(self) -> None:
        """Take the shared lock before the first connection. Raises `RestoreUnderWay`."""
        if self._lock is not None:
            return
        # A folder that is missing or read-only: SQLite says itself what is wrong with it.
        with suppress(OSError):
            self._lock = _take_lock(self._path, fcntl.LOCK_SH)

    def note_identity(self) -> None:
        """Note which file the first connection opened. Raises `LedgerLinked`, `LedgerReplaced`."""
        if self._identity is not None:
            self.check()
            return
        status = self._path.stat()
        if status.st_nlink > 1:
            raise LedgerLinked(path=str(self._path), names=status.st_nlink)
        self._identity = (status.st_dev, status.st_ino)

    def check(self) -> None:
        """Raise `LedgerReplaced` unless the path still leads to the file that is open."""
        if self._identity is None:
            return
        try:
            status = self._path.stat()
        except FileNotFoundError:
            raise LedgerReplaced(path=str(self._path)) from None
        if (status.st_dev, status.st_ino) != self._identity:
            raise LedgerReplaced(path=str(self._path))

    def release(self) -> None:
        """Release the lock, after the last connection."""
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None


@contextmanager
def lock_for_restore(path: Path) -> Iterator[None]:
    """Keep everybody else out of a ledger's file while the block runs. Raises `LedgerInUse`."""
    try:
        lock = _take_lock(path, fcntl.LOCK_EX)
    except RestoreUnderWay:
        raise LedgerInUse(path=str(path)) from None
    try:
        yield
    finally:
        os.close(lock)


def find_leftovers(path: Path) -> list[Path]:
    """Return the files of SQLite beside a database: they would be applied to a restored one."""
    real = path.resolve()
    return [file for suffix in LEFTOVERS if (file := real.with_name(real.name + suffix)).exists()]


def get_lock_path(path: Path) -> Path:
    """Return the file that is locked for a ledger's file."""
    real = path.resolve()
    return real.with_name(f".{real.name}.lock")


def _take_lock(path: Path, kind: int) -> int:
    real = path.resolve()
    lock = os.open(get_lock_path(path), os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(lock, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(lock)
        raise RestoreUnderWay(path=str(real)) from None
    except BaseException:
        os.close(lock)
        raise
    return lock
