"""Limits on the requests of one network: the policy. Storage is a `RequestCounter`.

A limit counts in fixed windows, of one minute for networks. The counter sees a keyed hash of
subject and window: neither the process nor Redis keeps an address, and two windows cannot be
linked.
"""

from hashlib import blake2b
from typing import Final

from ledger.clock import Clock
from web.errors import TooManyRequests
from web.request_counter import RequestCounter

_WINDOW_MS: Final = 60_000


class KeyedCounter:
    """Counts requests of one kind (`name`) by subject, in windows of at most a day."""

    def __init__(
        self, counter: RequestCounter, clock: Clock, secret: bytes, name: str, window_ms: int
    ) -> None:
        self._counter = counter
        self._clock = clock
        self._window_ms = window_ms
        self._keyed = blake2b(key=secret, digest_size=12, person=b"veritem limit v1")
        self._keyed.update(name.encode() + b"\0")

    async def increment(self, subject: str) -> tuple[int, int]:
        """Count one more; return the count in this window, and the seconds that are left of it."""
        now = self._clock()
        hashed = self._keyed.copy()
        hashed.update((now // self._window_ms).to_bytes(8, "big") + subject.encode())
        left_ms = self._window_ms - now % self._window_ms
        return await self._counter.increment(hashed.digest(), left_ms), -(-left_ms // 1000)


class NetworkLimit:
    """At most `per_minute` requests of one kind (`name`) a minute from one network."""

    def __init__(
        self, counter: RequestCounter, clock: Clock, *, secret: bytes, name: str, per_minute: int
    ) -> None:
        self._counts = KeyedCounter(counter, clock, secret, name, _WINDOW_MS)
        self._per_minute = per_minute

    async def count_request(self, network: str) -> None:
        """Count one request. Raises `TooManyRequests`, with the seconds left of the minute."""
        count, seconds = await self._counts.increment(network)
        if count > self._per_minute:
            raise TooManyRequests(seconds=seconds)
