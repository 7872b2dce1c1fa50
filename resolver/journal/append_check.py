"""Whether scans can be appended to the ledger: known from the scans themselves, else tried.

A write that leaves nothing is tried every `_TRY_SECONDS` while no scan is committed, and with each
check after a failure. A disk that hangs gets one such write, however often it is checked.
"""

import asyncio
import time
from typing import Final

from ledger import Ledger
from ledger.storage.storage_errors import StorageBusy

_TRY_SECONDS: Final = 2.0


class AppendCheck:
    """Tries to append to one ledger."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._known_until = 0.0
        """Monotonic time until which the last commit counts as a check."""
        self._trying: asyncio.Task[None] | None = None

    def note_commit(self) -> None:
        """Note that scans were committed."""
        self._known_until = time.monotonic() + _TRY_SECONDS

    def note_failure(self) -> None:
        """Note that scans could not be committed: the next check tries."""
        self._known_until = 0.0

    async def check(self) -> None:
        """Raise `StorageFailed` unless scans can be appended."""
        if time.monotonic() < self._known_until:
            return
        if self._trying is not None and not self._trying.done():
            raise StorageBusy(detail="the write of the check before has not ended")
        self._trying = asyncio.create_task(
            self._ledger.scans.check_append(self._ledger.clock()), name="try to append"
        )
        self._trying.add_done_callback(_retrieve)
        await asyncio.shield(self._trying)
        self.note_commit()


def _retrieve(task: asyncio.Task[None]) -> None:
    """Mark the error as retrieved: the check that waited for it may have given up."""
    if not task.cancelled():
        task.exception()
