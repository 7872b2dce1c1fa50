"""Request counters in Redis: all workers and nodes share one budget (ADR 0037).

A counter is one key `n{KEY}` for the life that its limit gives it. When Redis does not answer,
each process counts by itself until it does: the limit becomes per process, it is neither lifted
nor does it refuse everybody.
"""

import asyncio
from typing import Final

from resolver.redis import RedisRefused, RedisStore
from resolver.redis.script import load_script
from web.request_counter import RequestCounter

_INCREMENT: Final = load_script("resolver.privacy", "increment_counter")
_ANSWER_SECONDS: Final = 0.25
"""Time that a request waits for Redis before it is counted in the process."""
_CHECKED: Final = b"check"


class RedisRequestCounter:
    """Counts in Redis, and in `local` while Redis does not answer."""

    def __init__(self, store: RedisStore, local: RequestCounter) -> None:
        self._store = store
        self._local = local
        self._fallbacks = 0

    @property
    def fallbacks(self) -> int:
        """See the port."""
        return self._fallbacks

    async def increment(self, key: bytes, ttl_ms: int) -> int:
        """See the port."""
        try:
            return await self._increment_shared(key, ttl_ms)
        except (ConnectionError, TimeoutError, RedisRefused):
            self._fallbacks += 1
            return await self._local.increment(key, ttl_ms)

    async def check(self) -> None:
        """See the port."""
        await self._increment_shared(_CHECKED, 1)

    async def _increment_shared(self, key: bytes, ttl_ms: int) -> int:
        async with asyncio.timeout(_ANSWER_SECONDS):
            count: int = await self._store.run(_INCREMENT, (b"n{%b}" % key,), ttl_ms)
        return count
