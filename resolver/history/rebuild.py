"""Rebuilds scan histories from the scans in the ledger, by partition."""

import asyncio
from collections import defaultdict
from typing import Final

from detection.apply_scan import apply_scan
from detection.scan_history import EMPTY, ScanHistory
from ledger import Ledger, ScanRow
from ledger.clock import Clock
from ledger.scans.scan_events import build_event
from ledger.storage.storage_errors import StorageFailed
from resolver.batch_cache import BatchCache
from resolver.current_rules import CurrentRules
from resolver.errors import HistoryUnavailable, Unavailable
from resolver.history.port import PARTITION_SIZE, Partition
from stamps.errors import UnknownCode

_STAMPS_PER_TURN: Final = 64
"""Stamps that are rebuilt in one turn of the event loop."""


class HistoryRebuild:
    """Rebuilds partitions by the current rules; its `rebuild_partition` is a `RebuildPartition`."""

    def __init__(
        self,
        ledger: Ledger,
        batch_cache: BatchCache,
        current_rules: CurrentRules,
        clock: Clock,
        token_seconds: int,
    ) -> None:
        self._ledger = ledger
        self._batch_cache = batch_cache
        self._current_rules = current_rules
        self._clock = clock
        self._token_ms = token_seconds * 1000

    async def rebuild_partition(self, batch: int, number: int) -> Partition:
        """The partition `number` of a batch. Raises `HistoryUnavailable`."""
        lo = number * PARTITION_SIZE
        tokens_since = self._clock() - self._token_ms
        scans: dict[int, list[ScanRow]] = defaultdict(list)
        try:
            for row in await self._ledger.scans.list_of_range(batch, lo, lo + PARTITION_SIZE):
                scans[row.index].append(row)
        except StorageFailed as error:
            raise HistoryUnavailable from error
        histories: dict[int, bytes] = {}
        used_tokens: list[tuple[int, bytes]] = []
        for done, (index, rows) in enumerate(scans.items()):
            if done % _STAMPS_PER_TURN == 0:  # other requests must not wait for viral stamps
                await asyncio.sleep(0)
            histories[index] = (await self._rebuild_history(batch, index, rows)).pack()
            used_tokens += [(index, row.id) for row in rows if row.at > tokens_since]
        return Partition(histories, used_tokens)

    async def _rebuild_history(self, batch: int, index: int, rows: list[ScanRow]) -> ScanHistory:
        try:
            state = await self._batch_cache.load_any_epoch(batch, index)
        except (UnknownCode, Unavailable, StorageFailed) as error:
            raise HistoryUnavailable from error
        rules = self._current_rules.rules
        history = EMPTY
        for row in rows:
            history = apply_scan(history, build_event(row), state.context, rules)
        return history
