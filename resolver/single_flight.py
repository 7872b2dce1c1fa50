"""Many ask for the same thing at once, one goes and fetches it."""

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class SingleFlight(Generic[K, V]):
    """Calls `fetch(key)` once for all who ask for `key` while it is under way.

    The fetch goes on when one who asked goes away; its error is everybody's.
    """

    def __init__(self, fetch: Callable[[K], Awaitable[V]]) -> None:
        self._fetch = fetch
        self._flights: dict[K, asyncio.Task[V]] = {}

    async def of(self, key: K) -> V:
        """What `fetch(key)` answers."""
        task = self._flights.get(key)
        if task is None:
            task = self._flights[key] = asyncio.ensure_future(self._run(key))
            task.add_done_callback(lambda _: self._flights.pop(key, None))
        return await asyncio.shield(task)

    async def _run(self, key: K) -> V:
        return await self._fetch(key)
