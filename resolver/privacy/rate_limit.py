"""Limits on the requests of one network: the policy. Storage is a `RequestCounter`.

A limit counts in fixed windows of one minute. The counter sees a keyed hash of network and minute:
neither the process nor Redis keeps an address, and two minutes of one network can not be linked.
"""

from hashlib import blake2b
from typing import Final

from ledger.clock import Clock
from web.errors import TooManyRequests
from web.request_counter import RequestCounter

_WINDOW_MS: Final = 60_000


class NetworkLimit:
    """At most `per_minute` requests of one kind (`name`) a minute from one network."""

    def __init__(
        self, counter: RequestCounter, clock: Clock, *, secret: bytes, name: str, per_minute: int
    ) -> None:
        self._counter = counter
        self._clock = clock
        self._keyed = blake2b(key=secret, digest_size=12, person=b"veritem limit v1")
        self._keyed.update(name.encode() + b"\0")
        self._per_minute = per_minute

    async def count_request(self, network: str) -> None:
        """Count one request. Raises `TooManyRequests`, with the seconds left of the minute."""
        now = self._clock()
        hashed = self._keyed.copy()
        hashed.update((now // _WINDOW_MS).to_bytes(8, "big") + network.encode())
        left_ms = _WINDOW_MS - now % _WINDOW_MS
        if await self._counter.increment(hashed.digest(), left_ms) > self._per_minute:
            raise TooManyRequests(seconds=-(-left_ms // 1000))
