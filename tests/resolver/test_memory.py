"""One contract suite for every memory (`resolver.memory.port` states the duties)."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field

import pytest

from resolver.errors import MemoryDown
from resolver.memory import LEAF, Leaf, Memory, Recall, Swap
from resolver.memory.inprocess import ProcessMemory, UsedNames
from tests.resolver.house import Clock

ONCE_SECONDS = 600


@dataclass
class Past:
    """What the ledger would recall, and how often it was asked."""

    records: dict[tuple[int, int], bytes] = field(default_factory=dict)
    asked: list[tuple[int, int]] = field(default_factory=list)
    down: bool = False

    async def recall(self, batch: int, leaf: int) -> Leaf:
        self.asked.append((batch, leaf))
        await asyncio.sleep(0.01)
        if self.down:
            raise MemoryDown
        return {
            index: record
            for (of, index), record in self.records.items()
            if of == batch and index // LEAF == leaf
        }


Opening = Callable[[Recall], Awaitable[Memory]]


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(params=["memory"])
async def opening(request: pytest.FixtureRequest, clock: Clock) -> AsyncIterator[Opening]:
    opened: list[Memory] = []

    async def open_memory(recall: Recall) -> Memory:
        memory = ProcessMemory(recall, clock, stamps=10_000, names=1000, once_seconds=ONCE_SECONDS)
        opened.append(memory)
        return memory

    yield open_memory
    for memory in opened:
        await memory.close()


@pytest.fixture
def past() -> Past:
    return Past()


@pytest.fixture
async def memory(opening: Opening, past: Past) -> Memory:
    return await opening(past.recall)


def name(n: int) -> bytes:
    return n.to_bytes(16, "big")


async def test_a_stamp_never_scanned_has_an_empty_record(memory: Memory) -> None:
    assert await memory.read(1, 5) == b""


async def test_what_was_swapped_in_is_read(memory: Memory) -> None:
    assert await memory.swap(1, 5, b"", b"one", name(1)) is Swap.DONE
    assert await memory.read(1, 5) == b"one"
    assert await memory.read(1, 6) == b""
    assert await memory.read(2, 5) == b""


async def test_records_may_hold_any_bytes(memory: Memory) -> None:
    record = bytes(range(256))
    await memory.swap(1, 0, b"", record, None)
    assert await memory.read(1, 0) == record


async def test_of_swaps_that_race_one_is_done(memory: Memory) -> None:
    swaps = [memory.swap(1, 5, b"", b"by %d" % n, name(n)) for n in range(20)]
    became = await asyncio.gather(*swaps)
    assert became.count(Swap.DONE) == 1
    assert became.count(Swap.RACED) == 19
    assert await memory.read(1, 5) == b"by %d" % became.index(Swap.DONE)


async def test_racing_scans_that_try_again_all_count(memory: Memory) -> None:
    async def scan(n: int) -> None:
        while True:
            before = await memory.read(1, 5)
            if await memory.swap(1, 5, before, before + b"x", name(n)) is Swap.DONE:
                return

    await asyncio.gather(*(scan(n) for n in range(30)))
    assert await memory.read(1, 5) == b"x" * 30


async def test_a_name_is_good_once_for_any_stamp(memory: Memory) -> None:
    assert await memory.swap(1, 5, b"", b"one", name(1)) is Swap.DONE
    assert await memory.swap(1, 5, b"one", b"two", name(1)) is Swap.REPEATED
    assert await memory.read(1, 5) == b"one"
    assert await memory.swap(1, 5, b"one", b"two", name(2)) is Swap.DONE


async def test_a_name_that_raced_is_still_good(memory: Memory) -> None:
    await memory.swap(1, 5, b"", b"one", name(1))
    assert await memory.swap(1, 5, b"", b"two", name(2)) is Swap.RACED
    assert await memory.swap(1, 5, b"one", b"two", name(2)) is Swap.DONE


async def test_an_undone_swap_leaves_nothing_of_itself(memory: Memory) -> None:
    await memory.swap(1, 5, b"", b"one", name(1))
    await memory.undo(1, 5, b"", b"one", name(1))
    assert await memory.read(1, 5) == b""
    assert await memory.swap(1, 5, b"", b"again", name(1)) is Swap.DONE


async def test_what_was_built_upon_is_not_undone(memory: Memory) -> None:
    await memory.swap(1, 5, b"", b"one", name(1))
    await memory.swap(1, 5, b"one", b"two", name(2))
    await memory.undo(1, 5, b"", b"one", name(1))
    assert await memory.read(1, 5) == b"two"


async def test_what_is_missing_is_recalled_once_for_all_who_ask(memory: Memory, past: Past) -> None:
    past.records = {(1, 5): b"five", (1, LEAF): b"next leaf"}
    read = await asyncio.gather(*(memory.read(1, index) for index in (5, 6, 5, 7)))
    assert read == [b"five", b"", b"five", b""]
    assert past.asked == [(1, 0)]
    assert await memory.read(1, LEAF) == b"next leaf"


async def test_a_swap_in_a_missing_leaf_recalls_it_first(memory: Memory, past: Past) -> None:
    past.records = {(1, 5): b"five"}
    assert await memory.swap(1, 5, b"", b"lost", name(1)) is Swap.RACED
    assert await memory.swap(1, 6, b"", b"six", name(2)) is Swap.DONE
    assert await memory.read(1, 5) == b"five"


async def test_when_nothing_can_be_recalled_nothing_is_said_to_be_unscanned(
    memory: Memory, past: Past
) -> None:
    past.down = True
    with pytest.raises(MemoryDown):
        await memory.read(1, 5)
    with pytest.raises(MemoryDown):
        await memory.swap(1, 5, b"", b"one", name(1))
    past.down = False
    assert await memory.read(1, 5) == b""


async def test_it_says_that_it_is_there(memory: Memory) -> None:
    await memory.check()


# What is this adapter's own.


async def test_process_memory_forgets_what_was_longest_unused_and_recalls_it(clock: Clock) -> None:
    past = Past()
    memory = ProcessMemory(past.recall, clock, stamps=200, names=10, once_seconds=60)
    for leaf in range(150):
        await memory.swap(1, leaf * LEAF, b"", b"record", None)
    asked = len(past.asked)
    past.records = {(1, 0): b"from the ledger"}
    assert await memory.read(1, 149 * LEAF) == b"record"
    assert len(past.asked) == asked
    assert await memory.read(1, 0) == b"from the ledger"
    assert len(past.asked) == asked + 1


def test_used_names_are_remembered_for_their_time_and_are_bounded() -> None:
    clock = Clock()
    used = UsedNames(clock, most=10, seconds=60)
    used.add(name(1))
    clock.pass_minutes(0.9)
    assert name(1) in used
    clock.pass_minutes(0.2)
    used.add(name(2))
    assert name(1) in used
    clock.pass_minutes(1.1)
    used.add(name(3))
    assert name(1) not in used
    assert name(2) in used
    for n in range(100):
        used.add(name(n))
    assert sum(name(n) in used for n in range(100)) <= 20
