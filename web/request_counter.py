"""Counters of requests, for limits: the port and its adapter for a single process.

Duties of every adapter (contract suite: `tests/resolver/privacy/test_request_counter.py`):

- `increment` is atomic: of n increments of one key, in whatever processes share the counter, one
  returns each of 1 … n.
- A key is forgotten `ttl_ms` after its first increment, give or take a second.
- `increment` always returns: a counter that cannot reach its storage counts in the process.
"""

from collections.abc import Callable
from typing import Final, Protocol

from web.bounded_cache import BoundedCache

_SHORT_MS: Final = 60_000
_LONGEST_MS: Final = 86_400_000
"""Upper bound of `ttl_ms`."""


class RequestCounter(Protocol):
    """Counts requests by key."""

    @property
    def fallbacks(self) -> int:
        """Number of requests counted in the process because the storage did not answer."""

    async def increment(self, key: bytes, ttl_ms: int) -> int:
        """Count one request more and return how many the key has."""

    async def check(self) -> None:
        """Raise an error while requests are counted in the process because the storage fails."""


class MemoryRequestCounter:
    """Counts in the process; past `size` keys the least recently counted is forgotten.

    Keys of up to a minute and longer ones are kept apart: a flood of the former, which any request
    can cause, must not push out the latter.
    """

    def __init__(self, clock: Callable[[], int], size: int = 100_000) -> None:
        self._short = BoundedCache[bytes, int](size, ttl_ms=_SHORT_MS, clock=clock)
        self._long = BoundedCache[bytes, int](size, ttl_ms=_LONGEST_MS, clock=clock)

    @property
    def fallbacks(self) -> int:
        """See the port."""
        return 0

    async def increment(self, key: bytes, ttl_ms: int) -> int:
        """See the port. Keys of limits name their window, so a longer life changes nothing."""
        counts = self._short if ttl_ms <= _SHORT_MS else self._long
        # A key whose window ends soon has a short life, and may have been counted before that.
        if counts is self._short and key in self._long:
            counts = self._long
        count = (counts.get(key) or 0) + 1
        if count == 1:
            counts.put(key, count)
        else:
            counts.update(key, count)
        return count

    async def check(self) -> None:
        """See the port: there is no storage that could fail."""
