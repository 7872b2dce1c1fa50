"""The history store in the process (`memory://`); least recently used partitions are evicted.

Needs no lock: between reading a history and replacing it there is no `await`.
"""

from typing import Final

from ledger.clock import Clock
from resolver.errors import HistoryUnavailable
from resolver.history.port import PARTITION_SIZE, RebuildPartition, SwapResult
from resolver.single_flight import SingleFlight
from web.bounded_cache import BoundedCache

_MIN_PARTITIONS: Final = 4
"""Partitions that are kept however few histories are allowed."""

_Key = tuple[int, int]
_Histories = dict[int, bytes]


class MemoryHistoryStore:
    """Keeps about `stamps` histories, and up to `tokens` used tokens for `token_seconds`."""

    def __init__(
        self,
        rebuild: RebuildPartition,
        clock: Clock,
        *,
        stamps: int,
        tokens: int,
        token_seconds: int,
    ) -> None:
        self._rebuild = rebuild
        self._stamps = stamps
        self._partitions = BoundedCache[_Key, _Histories](max(stamps, _MIN_PARTITIONS))
        self._histories = 0
        self._flights = SingleFlight[_Key, _Histories](self._load)
        self._used_tokens = BoundedCache[bytes, bool](
            tokens, ttl_ms=token_seconds * 1000, clock=clock
        )

    async def get(self, batch: int, index: int) -> bytes:
        """See the port."""
        key = batch, index // PARTITION_SIZE
        partition = self._partitions.get(key)
        if partition is None:
            partition = await self._flights.fetch(key)
        return partition.get(index, b"")

    def peek(self, batch: int, index: int) -> bytes | None:
        """See the port. Here it is never out of date."""
        partition = self._partitions.peek((batch, index // PARTITION_SIZE))
        return None if partition is None else partition.get(index, b"")

    async def compare_and_swap(
        self, batch: int, index: int, before: bytes, after: bytes, token: bytes | None
    ) -> SwapResult:
        """See the port."""
        key = batch, index // PARTITION_SIZE
        partition = self._partitions.get(key)
        while partition is None:
            await self._flights.fetch(key)
            partition = self._partitions.get(key)
        if token is not None and token in self._used_tokens:
            return SwapResult.REPEATED
        if partition.get(index, b"") != before:
            return SwapResult.CONFLICT
        if token is not None:
            self._used_tokens.put(token, True)
        self._set(partition, index, after)
        return SwapResult.DONE

    async def undo_swap(
        self, batch: int, index: int, before: bytes, after: bytes, token: bytes | None
    ) -> None:
        """See the port."""
        partition = self._partitions.peek((batch, index // PARTITION_SIZE))
        if partition is not None and partition.get(index, b"") == after:
            self._set(partition, index, before)
        if token is not None:
            self._used_tokens.remove(token)

    async def check(self) -> None:
        """See the port. The process is always there."""

    async def close(self) -> None:
        """See the port. There is nothing to release."""

    def _set(self, partition: _Histories, index: int, history: bytes) -> None:
        if history:
            self._histories += index not in partition
            partition[index] = history
        else:
            self._histories -= partition.pop(index, None) is not None

    async def _load(self, key: _Key) -> _Histories:
        try:
            rebuilt = await self._rebuild(*key)
        except (TimeoutError, OSError) as error:
            raise HistoryUnavailable from error
        for _, token in rebuilt.used_tokens:
            self._used_tokens.put(token, True)
        partition = dict(rebuilt.histories)
        self._partitions.put(key, partition)
        self._histories += len(partition)
        while (
            self._histories + len(self._partitions) > self._stamps
            and len(self._partitions) > _MIN_PARTITIONS
        ):
            self._histories -= len(self._partitions.pop_oldest())
        return partition
