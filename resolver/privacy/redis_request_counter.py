"""Request counters in Redis: all workers and nodes share one budget (ADR 0037).

A counter is one key `n{KEY}` for at most a minute. When Redis does not answer, each process counts
by itself until it does: the limit becomes per process, it is neither lifted nor does it refuse
everybody.
"""

import asyncio
from typing import Final

import structlog

from resolver.privacy.request_counter import RequestCounter
from resolver.redis import RedisRefused, RedisStore
from resolver.redis.script import load_script

_INCREMENT: Final = load_script("resolver.privacy", "increment_counter")
_ANSWER_SECONDS: Final = 0.25
"""How long a request waits for Redis before it is counted in the process."""

_log = structlog.get_logger(__name__)


class RedisRequestCounter:
    """Counts in Redis, and in `local` while Redis does not answer."""

    def __init__(self, store: RedisStore, local: RequestCounter) -> None:
        self._store = store
        self._local = local
        self._is_local = False
        self._fallbacks = 0

    @property
    def fallbacks(self) -> int:
        """See the port."""
        return self._fallbacks

    async def increment(self, key: bytes, ttl_ms: int) -> int:
        """See the port."""
        try:
            async with asyncio.timeout(_ANSWER_SECONDS):
                count: int = await self._store.run(_INCREMENT, (b"n{%b}" % key,), ttl_ms)
        except (ConnectionError, TimeoutError, RedisRefused) as error:
            if not self._is_local:
                _log.warning("requests are counted per process", why=str(error))
            self._is_local = True
            self._fallbacks += 1
            return await self._local.increment(key, ttl_ms)
        if self._is_local:
            _log.info("requests are counted in redis again")
            self._is_local = False
        return count
