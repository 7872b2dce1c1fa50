"""Memory in this process alone (`memory://`): leaves in a dictionary, least recently used go first.

The event loop is the lock: between reading a record and putting the next one there is no await.
"""

from collections import OrderedDict
from typing import Final

from resolver.clock import Clock
from resolver.errors import MemoryDown
from resolver.memory.port import LEAF, Recall, Swap
from resolver.single_flight import SingleFlight

_LEAST_LEAVES: Final = 64


class ProcessMemory:
    """Keeps about `stamps` records; `names` used names are remembered for `once_seconds`."""

    def __init__(
        self, recall: Recall, clock: Clock, *, stamps: int, names: int, once_seconds: int
    ) -> None:
        self._recall = recall
        self._most = stamps
        self._leaves: OrderedDict[tuple[int, int], dict[int, bytes]] = OrderedDict()
        self._records = 0
        self._flights = SingleFlight[tuple[int, int], dict[int, bytes]](self._load)
        self._used = UsedNames(clock, names, once_seconds)

    async def read(self, batch: int, index: int) -> bytes:
        """See the port."""
        leaf = self._leaves.get((batch, index // LEAF))
        if leaf is None:
            leaf = await self._flights.of((batch, index // LEAF))
        else:
            self._leaves.move_to_end((batch, index // LEAF))
        return leaf.get(index, b"")

    def guess(self, batch: int, index: int) -> bytes | None:
        """See the port. Here it is always right."""
        leaf = self._leaves.get((batch, index // LEAF))
        return None if leaf is None else leaf.get(index, b"")

    async def swap(
        self, batch: int, index: int, before: bytes, after: bytes, once: bytes | None
    ) -> Swap:
        """See the port."""
        key = batch, index // LEAF
        leaf = self._leaves.get(key)
        while leaf is None:
            await self._flights.of(key)
            leaf = self._leaves.get(key)
        if once is not None and once in self._used:
            return Swap.REPEATED
        if leaf.get(index, b"") != before:
            return Swap.RACED
        if once is not None:
            self._used.add(once)
        self._put(leaf, index, after)
        return Swap.DONE

    async def undo(
        self, batch: int, index: int, before: bytes, after: bytes, once: bytes | None
    ) -> None:
        """See the port."""
        leaf = self._leaves.get((batch, index // LEAF))
        if leaf is not None and leaf.get(index, b"") == after:
            self._put(leaf, index, before)
        if once is not None:
            self._used.discard(once)

    async def check(self) -> None:
        """It is always there."""

    async def close(self) -> None:
        """Nothing is held outside of the process."""

    def _put(self, leaf: dict[int, bytes], index: int, record: bytes) -> None:
        if record:
            self._records += index not in leaf
            leaf[index] = record
        else:
            self._records -= leaf.pop(index, None) is not None

    async def _load(self, key: tuple[int, int]) -> dict[int, bytes]:
        try:
            leaf = dict(await self._recall(*key))
        except (TimeoutError, OSError) as error:
            raise MemoryDown from error
        self._leaves[key] = leaf
        self._records += len(leaf)
        while self._records + len(self._leaves) > self._most and len(self._leaves) > _LEAST_LEAVES:
            _, gone = self._leaves.popitem(last=False)
            self._records -= len(gone)
        return leaf


class UsedNames:
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
