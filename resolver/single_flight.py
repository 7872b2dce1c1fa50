"""Coalesces concurrent fetches of the same key into one."""

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class SingleFlight(Generic[K, V]):
    """Calls `load(key)` once for all callers that fetch `key` at the same time.

    A caller that is cancelled does not cancel the load. Each caller gets an error of the load.
    """

    def __init__(self, load: Callable[[K], Awaitable[V]]) -> None:
        self._load = load
        self._tasks: dict[K, asyncio.Task[V]] = {}

    async def fetch(self, key: K) -> V:
        """The value that `load(key)` returns."""
        task = self._tasks.get(key)
        if task is None:
            task = self._tasks[key] = asyncio.ensure_future(self._run(key))
            task.add_done_callback(lambda _: self._tasks.pop(key, None))
        return await asyncio.shield(task)

    async def _run(self, key: K) -> V:
        return await self._load(key)
