"""Notifications of changes: how a recall or a decision reaches the pages of a process.

PostgreSQL notifies of changes as they are committed, and polling is the fallback. SQLite has no
notifications: there, and while the listening connection is lost, polling every `poll_seconds` finds
changes. So a recall or a decision reaches the pages of every process with the next notification, or
within `poll_seconds` (three times that if a notification is lost).
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Final

import structlog

from ledger import Ledger
from ledger.storage.storage_errors import StorageFailed

_NOTIFIED_FACTOR: Final = 3
"""While the ledger notifies of changes, the polling interval is multiplied by this."""
_PAUSE_SECONDS: Final = 0.02
"""Shortest time between two looks at the ledger: transitions of packers come in bursts."""
_RECONNECT_SECONDS: Final = 0.5

_log = structlog.get_logger(__name__)


class ChangeNotifications:
    """The notifications of one ledger to one process."""

    def __init__(self, ledger: Ledger, poll_seconds: float) -> None:
        self._ledger = ledger
        self._poll_seconds = poll_seconds
        self._notified = asyncio.Event()
        self.is_connected = False
        """Whether the ledger notifies this process of changes now."""

    @asynccontextmanager
    async def listen(self) -> AsyncIterator[None]:
        """Listen to the ledger inside of the block."""
        listening = asyncio.create_task(self._listen(), name="listen to the ledger")
        try:
            yield
        finally:
            listening.cancel()
            with suppress(asyncio.CancelledError):
                await listening

    async def wait(self) -> None:
        """Return when the ledger notified of a change, or when it is time to poll."""
        await asyncio.sleep(min(_PAUSE_SECONDS, self._poll_seconds))
        factor = _NOTIFIED_FACTOR if self.is_connected else 1
        with suppress(TimeoutError):
            async with asyncio.timeout(self._poll_seconds * factor):
                await self._notified.wait()
        self._notified.clear()

    async def _listen(self) -> None:
        """Wake `wait` at each notification; reconnect when the connection is lost."""
        while self._ledger.changes.can_listen:
            try:
                async with self._ledger.changes.listen() as listener:
                    self.is_connected = True
                    while True:
                        self._notified.set()  # first for changes before the connection
                        await listener.wait()
            except StorageFailed as error:
                if self.is_connected:
                    _log.warning("no notifications of changes, polling", why=str(error))
            finally:
                self.is_connected = False
            await asyncio.sleep(_RECONNECT_SECONDS)
