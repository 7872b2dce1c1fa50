"""A lock file beside the ledger: one process at a time may serve it with `memory://`.

Two resolvers with `memory://` on one ledger would each see half of the scans. The lock is `flock`
on a file that stays; the system releases it when the process ends, however it ends.
"""

import fcntl
import os
from pathlib import Path

from stamps.errors import VeritemError


class AlreadyServed(VeritemError):
    """Another resolver serves this ledger with `memory://`."""

    code = "already-served"
    message = (
        "another resolver (process {pid}) serves {ledger} with memory://; "
        "stop it first, or give both a history store on redis://"
    )


class ProcessLock:
    """Holds the lock of a ledger's file until `release`.

    Raises:
        AlreadyServed: another process holds it.
    """

    def __init__(self, ledger: Path) -> None:
        real = ledger.resolve()  # a symbolic link leads to the same lock
        path = real.with_name(real.name + ".resolver.lock")
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            pid = os.read(self._file, 20).decode(errors="replace").strip()
            os.close(self._file)
            raise AlreadyServed(pid=pid or "?", ledger=str(ledger)) from None
        os.truncate(self._file, 0)
        os.write(self._file, f"{os.getpid()}\n".encode())

    def release(self) -> None:
        """Release the lock."""
        os.close(self._file)
