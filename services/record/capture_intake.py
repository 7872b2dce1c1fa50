"""Documents that this process is taking in: few of one organisation, and a bounded size of all.

A document is in memory until it is checked and durable. A token may begin many requests at once and
send each slowly; they take neither the memory nor the turns of other organisations.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from ledger.errors import CapturesFull
from web.errors import ServiceBusy

MOST_OF_ONE: Final = 2
"""Documents of one organisation."""
MOST_BYTES: Final = 160_000_000
_RETRY_SECONDS: Final = 10


class CaptureIntake:
    """The documents of one process."""

    def __init__(self) -> None:
        self._documents: Counter[str] = Counter()
        self._bytes = 0
        self.check_turn = asyncio.Lock()
        """Held while a document is parsed, which takes several times its size."""

    @asynccontextmanager
    async def admit(self, organisation: str, size: int) -> AsyncIterator[None]:
        """Take in one document of at most so many bytes. Raises `CapturesFull`, `ServiceBusy`."""
        if self._documents[organisation] >= MOST_OF_ONE:
            raise CapturesFull(most=MOST_OF_ONE)
        if self._bytes + size > MOST_BYTES:
            raise ServiceBusy(seconds=_RETRY_SECONDS)
        self._documents[organisation] += 1
        self._bytes += size
        try:
            yield
        finally:
            self._bytes -= size
            self._documents[organisation] -= 1
            if not self._documents[organisation]:
                del self._documents[organisation]
