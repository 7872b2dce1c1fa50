"""Commits a scan: swaps its history and makes its evidence durable, both or neither.

Sequential, where history store and journal are separate: swap, then record; undo the swap if the
evidence could not be made durable. If its fate is unknown, it is looked up when the scan is sent
again. Atomic, where both are on one Redis server: one script, one
round trip.
"""

from collections.abc import Coroutine
from typing import Any, Final, Protocol

from resolver.errors import NotRecorded
from resolver.history import HistoryStore, SwapResult
from resolver.history.redis import RedisHistoryStore
from resolver.journal import Evidence, Journal
from resolver.journal.encoding import encode_evidence
from resolver.journal.stream import FIELD, StreamJournal
from web.bounded_cache import BoundedCache

_UNCERTAIN: Final = 10_000
"""Scans of unknown fate that are remembered to be looked up; the oldest are dropped."""

_Swap = tuple[bytes, bytes, Evidence]


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
        self._uncertain = BoundedCache[bytes, _Swap](_UNCERTAIN)
        self._looking: set[bytes] = set()
        """Ids of uncertain scans that are being looked up."""

    async def commit(self, before: bytes, after: bytes, evidence: Evidence) -> SwapResult:
        """See the port."""
        scan, store = evidence.scan, self._history_store
        result = await store.compare_and_swap(scan.batch, scan.index, before, after, scan.id)
        if result is SwapResult.REPEATED and scan.id in self._uncertain:
            if not await self._take_back(scan.id):
                return result
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
        if refusal.evidence.get("unsure"):
            self._uncertain.put(scan.id, (before, after, evidence))
        else:
            await store.undo_swap(scan.batch, scan.index, before, after, scan.id)
        raise refusal

    async def _take_back(self, scan_id: bytes) -> bool:
        """Look up an uncertain scan; undo its swap if it was not recorded, and say so.

        Raises `NotRecorded` while that is not known.
        """
        swap = self._uncertain.peek(scan_id)
        if swap is None or scan_id in self._looking:
            raise NotRecorded(why="the scan is being looked up", unsure=True)
        self._looking.add(scan_id)
        try:
            before, after, evidence = swap
            found = await self._journal.find(evidence)
            if found is None:
                raise NotRecorded(why="the scan cannot be looked up yet", unsure=True)
            self._uncertain.remove(scan_id)
            if not found:
                scan = evidence.scan
                await self._history_store.undo_swap(scan.batch, scan.index, before, after, scan_id)
        finally:
            self._looking.discard(scan_id)
        return not found


class AtomicCommit:
    """For a history store and a journal on the same Redis server."""

    def __init__(self, history_store: RedisHistoryStore, journal: StreamJournal) -> None:
        self._history_store = history_store
        self._journal = journal

    def commit(
        self, before: bytes, after: bytes, evidence: Evidence
    ) -> Coroutine[Any, Any, SwapResult]:
        """See the port."""
        scan, entry = evidence.scan, (self._journal.stream, FIELD, encode_evidence(evidence))
        return self._journal.run_bounded(
            self._history_store.swap_and_append(
                scan.batch, scan.index, before, after, scan.id, entry
            )
        )
