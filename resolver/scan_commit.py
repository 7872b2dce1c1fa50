"""Commits a scan: swaps its history and makes its evidence durable, both or neither.

Sequential, where history store and journal are separate: swap, then record; undo the swap if the
evidence could not be made durable. Atomic, where both are on one Redis server: one script, one
round trip.
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
    """Commits scans."""

    async def commit(self, before: bytes, after: bytes, evidence: Evidence) -> SwapResult:
        """Commit the scan that changes the packed history `before` to `after`.

        On `DONE`, and only then, it is counted, and as durable as the journal makes it.

        Raises `NotRecorded` (nothing was counted, unless it is `unsure`) and `HistoryUnavailable`.
        """


class SequentialCommit:
    """For any history store and any journal."""

    def __init__(self, history_store: HistoryStore, journal: Journal) -> None:
        self._history_store = history_store
        self._journal = journal

    async def commit(self, before: bytes, after: bytes, evidence: Evidence) -> SwapResult:
        """See the port."""
        scan, store = evidence.scan, self._history_store
        result = await store.compare_and_swap(scan.batch, scan.index, before, after, scan.id)
        if result is not SwapResult.DONE:
            return result
        try:
            await self._journal.record(evidence)
        except NotRecorded as error:
            refusal = error
        else:
            return result
        # Not in the except block: compiled by mypyc, a bare `raise` after an `await` raises the
        # error that another task handles meanwhile.
        if not refusal.evidence.get("unsure"):
            await store.undo_swap(scan.batch, scan.index, before, after, scan.id)
        raise refusal


class AtomicCommit:
    """For a history store and a journal on the same Redis server."""

    def __init__(self, history_store: RedisHistoryStore, journal: StreamJournal) -> None:
        self._history_store = history_store
        self._journal = journal

    def commit(
        self, before: bytes, after: bytes, evidence: Evidence
    ) -> Coroutine[Any, Any, SwapResult]:
        """See the port."""
        scan, entry = evidence.scan, (STREAM, FIELD, encode_evidence(evidence))
        return self._journal.run_bounded(
            self._history_store.swap_and_append(
                scan.batch, scan.index, before, after, scan.id, entry
            )
        )
