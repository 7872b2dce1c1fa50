"""Memory in this process alone (`memory://`): the branches least recently used go first.

The event loop is the lock: between reading a record and putting the next one there is no await.
"""

from collections import OrderedDict
from typing import Final

from resolver.clock import Clock
from resolver.errors import HistoryUnavailable
from resolver.history.port import PARTITION_SIZE, RebuildHistory, SwapResult
from resolver.single_flight import SingleFlight

_LEAST: Final = 4
"""Branches that are kept however few records are allowed."""


class MemoryHistoryStore:
    """Keeps about `stamps` records; `names` used names are remembered for `once_seconds`."""

    def __init__(
        self, recall: RebuildHistory, clock: Clock, *, stamps: int, names: int, once_seconds: int
    ) -> None:
        self._recall = recall
        self._most = stamps
        self._branches: OrderedDict[tuple[int, int], dict[int, bytes]] = OrderedDict()
        self._records = 0
        self._flights = SingleFlight[tuple[int, int], dict[int, bytes]](self._load)
        self._used = UsedTokens(clock, names, once_seconds)

    async def get(self, batch: int, index: int) -> bytes:
        """See the port."""
        branch = self._branches.get((batch, index // PARTITION_SIZE))
        if branch is None:
            branch = await self._flights.of((batch, index // PARTITION_SIZE))
        else:
            self._branches.move_to_end((batch, index // PARTITION_SIZE))
        return branch.get(index, b"")

    def peek(self, batch: int, index: int) -> bytes | None:
        """See the port. Here it is always right."""
        branch = self._branches.get((batch, index // PARTITION_SIZE))
        return None if branch is None else branch.get(index, b"")

    async def compare_and_swap(
        self, batch: int, index: int, before: bytes, after: bytes, once: bytes | None
    ) -> SwapResult:
        """See the port."""
        key = batch, index // PARTITION_SIZE
        branch = self._branches.get(key)
        while branch is None:
            await self._flights.of(key)
            branch = self._branches.get(key)
        if once is not None and once in self._used:
            return SwapResult.REPEATED
        if branch.get(index, b"") != before:
            return SwapResult.CONFLICT
        if once is not None:
            self._used.add(once)
        self._put(branch, index, after)
        return SwapResult.DONE

    async def undo_swap(
        self, batch: int, index: int, before: bytes, after: bytes, once: bytes | None
    ) -> None:
        """See the port."""
        branch = self._branches.get((batch, index // PARTITION_SIZE))
        if branch is not None and branch.get(index, b"") == after:
            self._put(branch, index, before)
        if once is not None:
            self._used.discard(once)

    async def check(self) -> None:
        """It is always there."""

    async def close(self) -> None:
        """Nothing is held outside of the process."""

    def _put(self, branch: dict[int, bytes], index: int, record: bytes) -> None:
        if record:
            self._records += index not in branch
            branch[index] = record
        else:
            self._records -= branch.pop(index, None) is not None

    async def _load(self, key: tuple[int, int]) -> dict[int, bytes]:
        try:
            recalled = await self._recall(*key)
        except (TimeoutError, OSError) as error:
            raise HistoryUnavailable from error
        branch = dict(recalled.records)
        for _, name in recalled.names:
            self._used.add(name)
        self._branches[key] = branch
        self._records += len(branch)
        while self._records + len(self._branches) > self._most and len(self._branches) > _LEAST:
            _, gone = self._branches.popitem(last=False)
            self._records -= len(gone)
        return branch


class UsedTokens:
    """Names used in the last `seconds`: two generations of a set, at most `most` names in each.

    A name is remembered for `seconds` at least, unless more than `most` come in that time.
    """

    def __init__(self, clock: Clock, most: int, seconds: int) -> None:
        self._clock = clock
        self._most = most
        self._ms = seconds * 1000
        self._young: set[bytes] = set()
        self._old: set[bytes] = set()
        self._turn_at = clock() + self._ms

    def __contains__(self, name: bytes) -> bool:
        return name in self._young or name in self._old

    def add(self, name: bytes) -> None:
        """Remember a name."""
        if len(self._young) >= self._most or self._clock() >= self._turn_at:
            self._old, self._young = self._young, set()
            self._turn_at = self._clock() + self._ms
        self._young.add(name)

    def discard(self, name: bytes) -> None:
        """Forget a name, so that it is good again."""
        self._young.discard(name)
        self._old.discard(name)
