"""Counting a scan: its dossier is swapped and its evidence made durable, both or neither.

In turn, where memory and journal are two things: swap, then record, and take the swap back if the
evidence could not be made durable. At once, where both are one Redis: one script, one round trip.
"""

from collections.abc import Coroutine
from typing import Any, Protocol

from resolver.errors import NotRecorded
from resolver.history import HistoryStore, SwapResult
from resolver.history.redis import RedisHistoryStore
from resolver.journal import Evidence, Journal
from resolver.journal.encoding import encode_evidence
from resolver.journal.stream import FIELD, STREAM, StreamJournal


class ScanCommit(Protocol):
    """Counts scans."""

    async def commit(self, before: bytes, after: bytes, evidence: Evidence) -> SwapResult:
        """Count the scan that makes `after` of the dossier `before`, both packed.

        After `DONE`, and only then, it is counted, and as durable as the journal makes it.

        Raises `NotRecorded` (nothing was counted, unless it is `unsure`) and `HistoryUnavailable`.
        """


class SequentialCommit:
    """Any memory, any journal."""

    def __init__(self, memory: HistoryStore, journal: Journal) -> None:
        self._memory = memory
        self._journal = journal

    async def commit(self, before: bytes, after: bytes, evidence: Evidence) -> SwapResult:
        """See the port."""
        scan = evidence.scan
        change = scan.batch, scan.index, before, after, scan.id
        swap = await self._memory.compare_and_swap(*change)
        if swap is SwapResult.DONE:
            try:
                await self._journal.record(evidence)
            except NotRecorded as refusal:
                if not refusal.evidence.get("unsure"):
                    await self._memory.undo_swap(*change)
                raise
        return swap


class AtomicCommit:
    """Memory and journal in one Redis server."""

    def __init__(self, memory: RedisHistoryStore, journal: StreamJournal) -> None:
        self._memory = memory
        self._journal = journal

    def commit(
        self, before: bytes, after: bytes, evidence: Evidence
    ) -> Coroutine[Any, Any, SwapResult]:
        """See the port."""
        scan, entry = evidence.scan, (STREAM, FIELD, encode_evidence(evidence))
        return self._journal.taken_on(
            self._memory.swap_and_append(scan.batch, scan.index, before, after, scan.id, entry)
        )
