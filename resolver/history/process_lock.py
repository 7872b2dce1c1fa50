"""One process alone may keep its memory to itself: a lock file beside the ledger.

Two resolvers with `memory://` on one ledger would each see half of the scans. The lock is
`flock` on a file that stays; the system lets go of it when the process ends, however it ends.
"""

import fcntl
import os
from pathlib import Path

from stamps.errors import VeritemError


class AlreadyServed(VeritemError):
    """Another resolver with `memory://` has this ledger."""

    code = "already-served"
    message = (
        "another resolver (process {pid}) serves {ledger} with memory://; "
        "stop it first, or give both a memory on redis://"
    )


class ProcessLock:
    """Holds the lock of a ledger's file until `release`.

    Raises:
        AlreadyServed: another process holds it.
    """

    def __init__(self, ledger: Path) -> None:
        path = ledger.with_name(ledger.name + ".resolver.lock")
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o640)
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            pid = os.read(self._file, 20).decode(errors="replace").strip()
            os.close(self._file)
            raise AlreadyServed(pid=pid or "?", ledger=str(ledger)) from None
        os.truncate(self._file, 0)
        os.write(self._file, f"{os.getpid()}\n".encode())

    def release(self) -> None:
        """Let go."""
        os.close(self._file)
