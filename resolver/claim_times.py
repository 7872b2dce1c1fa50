"""Times of claims: read from the ledger and kept in the process, because a claim is final."""

from typing import Final

from ledger import Ledger
from ledger.storage.storage_errors import StorageFailed
from web.bounded_cache import BoundedCache

_STAMPS: Final = 50_000
"""Claimed stamps whose time is kept: some 10 MB."""


class ClaimTimes:
    """The times of claims that one process has asked for."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._times = BoundedCache[tuple[int, int], int](_STAMPS)

    async def get(self, batch: int, index: int) -> int | None:
        """When a claimed stamp was claimed (ms); None if the ledger does not answer."""
        known = self._times.get((batch, index))
        if known is not None:
            return known
        try:
            at = await self._ledger.transitions.get_claimed_at(batch, index)
        except StorageFailed:
            return None
        if at is not None:
            self._times.put((batch, index), at)
        return at
