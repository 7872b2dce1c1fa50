"""One contract suite for every memory (`resolver.history.port` states the duties)."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass, field

import pytest

from detection.scan_history import VERSION
from resolver.errors import HistoryUnavailable
from resolver.history import PARTITION_SIZE, HistoryStore, Partition, RebuildHistory, SwapResult
from resolver.history.memory import MemoryHistoryStore, UsedTokens
from resolver.history.redis import SHARD_SIZE, RedisHistoryStore
from resolver.redis import RedisNode, RedisRefused, open_store
from resolver.redis.cluster import slot_of
from tests.resolver.cluster import Cluster
from tests.resolver.house import Clock
from tests.servers import RedisServer

GUESSES = 10
ONCE_SECONDS = 600
LEAF_77 = f"v{VERSION}{{77.0}}0"
BRANCH_77 = f"r{VERSION}{{77.0}}"


@dataclass
class Past:
    """What the ledger would recall, and how often it was asked."""

    records: dict[tuple[int, int], bytes] = field(default_factory=dict)
    names: list[tuple[int, bytes]] = field(default_factory=list)
    asked: list[tuple[int, int]] = field(default_factory=list)
    down: bool = False

    async def recall(self, batch: int, branch: int) -> Partition:
        self.asked.append((batch, branch))
        await asyncio.sleep(0.01)
        if self.down:
            raise HistoryUnavailable
        records = {
            index: record
            for (of, index), record in self.records.items()
            if of == batch and index // PARTITION_SIZE == branch
        }
        return Partition(
            records, [name for name in self.names if name[0] // PARTITION_SIZE == branch]
        )


Opening = Callable[[RebuildHistory], Awaitable[HistoryStore]]


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    with Cluster() as made:
        yield made


@pytest.fixture(params=["memory", "redis", "redis+cluster"])
async def opening(request: pytest.FixtureRequest, clock: Clock) -> AsyncIterator[Opening]:
    opened: list[HistoryStore] = []
    match request.param:
        case "redis":
            url = request.getfixturevalue("redis_server").url(database=1)
        case "redis+cluster":
            url = request.getfixturevalue("cluster").url
        case _:
            url = ""
    if url:
        await _flush(url)

    async def open_memory(recall: RebuildHistory) -> HistoryStore:
        if url:
            store = open_store(url)
            await store.ready()
            memory: HistoryStore = RedisHistoryStore(
                store, recall, once_seconds=ONCE_SECONDS, guesses=GUESSES
            )
        else:
            memory = MemoryHistoryStore(
                recall, clock, stamps=10_000, names=1000, once_seconds=ONCE_SECONDS
            )
        opened.append(memory)
        return memory

    yield open_memory
    for memory in opened:
        await memory.close()


async def _flush(url: str) -> None:
    store = open_store(url)
    await store.ready()
    for key in (b"a", b"b", b"c"):  # one on each server of the cluster
        await store.call(key, "FLUSHDB")
    await store.close()


@pytest.fixture
def past() -> Past:
    return Past()


@pytest.fixture
async def memory(opening: Opening, past: Past) -> HistoryStore:
    return await opening(past.recall)


def name(n: int) -> bytes:
    return n.to_bytes(16, "big")


async def test_a_guess_is_what_was_last_seen_here_and_asks_nobody(
    memory: HistoryStore, past: Past
) -> None:
    assert memory.peek(1, 5) is None
    assert past.asked == []
    await memory.get(1, 5)
    assert memory.peek(1, 5) == b""
    await memory.compare_and_swap(1, 5, b"", b"one", name(1))
    assert memory.peek(1, 5) == b"one"
    await memory.compare_and_swap(1, 5, b"wrong", b"two", name(2))
    assert memory.peek(1, 5) == b"one"


async def test_guesses_are_bounded_and_the_latest_are_kept(memory: HistoryStore) -> None:
    if not isinstance(memory, RedisHistoryStore):
        return  # there a guess is the record itself
    for index in range(100):
        await memory.get(1, index)
    known = [index for index in range(100) if memory.peek(1, index) is not None]
    assert known[-GUESSES:] == list(range(100 - GUESSES, 100))
    assert len(known) <= 2 * GUESSES


async def test_a_stamp_never_scanned_has_an_empty_record(memory: HistoryStore) -> None:
    assert await memory.get(1, 5) == b""


async def test_what_was_swapped_in_is_read(memory: HistoryStore) -> None:
    assert await memory.compare_and_swap(1, 5, b"", b"one", name(1)) is SwapResult.DONE
    assert await memory.get(1, 5) == b"one"
    assert await memory.get(1, 6) == b""
    assert await memory.get(2, 5) == b""


async def test_records_may_hold_any_bytes(memory: HistoryStore) -> None:
    record = bytes(range(256))
    await memory.compare_and_swap(1, 0, b"", record, None)
    assert await memory.get(1, 0) == record


async def test_of_swaps_that_race_one_is_done(memory: HistoryStore) -> None:
    swaps = [memory.compare_and_swap(1, 5, b"", b"by %d" % n, name(n)) for n in range(20)]
    became = await asyncio.gather(*swaps)
    assert became.count(SwapResult.DONE) == 1
    assert became.count(SwapResult.CONFLICT) == 19
    assert await memory.get(1, 5) == b"by %d" % became.index(SwapResult.DONE)


async def test_racing_scans_that_try_again_all_count(memory: HistoryStore) -> None:
    async def scan(n: int) -> None:
        while True:
            before = await memory.get(1, 5)
            if (
                await memory.compare_and_swap(1, 5, before, before + b"x", name(n))
                is SwapResult.DONE
            ):
                return

    await asyncio.gather(*(scan(n) for n in range(30)))
    assert await memory.get(1, 5) == b"x" * 30


async def test_a_name_is_good_once_for_any_stamp(memory: HistoryStore) -> None:
    assert await memory.compare_and_swap(1, 5, b"", b"one", name(1)) is SwapResult.DONE
    assert await memory.compare_and_swap(1, 5, b"one", b"two", name(1)) is SwapResult.REPEATED
    assert await memory.get(1, 5) == b"one"
    assert await memory.compare_and_swap(1, 5, b"one", b"two", name(2)) is SwapResult.DONE


async def test_a_name_that_raced_is_still_good(memory: HistoryStore) -> None:
    await memory.compare_and_swap(1, 5, b"", b"one", name(1))
    assert await memory.compare_and_swap(1, 5, b"", b"two", name(2)) is SwapResult.CONFLICT
    assert await memory.compare_and_swap(1, 5, b"one", b"two", name(2)) is SwapResult.DONE


async def test_an_undone_swap_leaves_nothing_of_itself(memory: HistoryStore) -> None:
    await memory.compare_and_swap(1, 5, b"", b"one", name(1))
    await memory.undo_swap(1, 5, b"", b"one", name(1))
    assert await memory.get(1, 5) == b""
    assert await memory.compare_and_swap(1, 5, b"", b"again", name(1)) is SwapResult.DONE


async def test_what_was_built_upon_is_not_undone(memory: HistoryStore) -> None:
    await memory.compare_and_swap(1, 5, b"", b"one", name(1))
    await memory.compare_and_swap(1, 5, b"one", b"two", name(2))
    await memory.undo_swap(1, 5, b"", b"one", name(1))
    assert await memory.get(1, 5) == b"two"


async def test_what_is_missing_is_recalled_once_for_all_who_ask(
    memory: HistoryStore, past: Past
) -> None:
    past.records = {
        (1, 5): b"five",
        (1, SHARD_SIZE): b"next leaf",
        (1, PARTITION_SIZE): b"next branch",
    }
    read = await asyncio.gather(*(memory.get(1, index) for index in (5, 6, 5, 7)))
    assert read == [b"five", b"", b"five", b""]
    assert past.asked == [(1, 0)]
    assert await memory.get(1, SHARD_SIZE) == b"next leaf"
    assert past.asked == [(1, 0)]
    assert await memory.get(1, PARTITION_SIZE) == b"next branch"
    assert past.asked == [(1, 0), (1, 1)]


async def test_stamps_far_apart_are_scanned_first_without_asking_the_ledger_each_time(
    memory: HistoryStore, past: Past
) -> None:
    for number, index in enumerate(range(0, PARTITION_SIZE, SHARD_SIZE)):
        assert (
            await memory.compare_and_swap(1, index, b"", b"first", name(number)) is SwapResult.DONE
        )
        assert await memory.get(1, index + 1) == b""
    assert past.asked == [(1, 0)]


async def test_a_name_that_the_ledger_saw_used_a_moment_ago_is_not_good_again(
    memory: HistoryStore, past: Past
) -> None:
    past.records, past.names = {(1, 5): b"five"}, [(5, name(1))]
    assert await memory.compare_and_swap(1, 5, b"five", b"twice", name(1)) is SwapResult.REPEATED
    assert await memory.compare_and_swap(1, 5, b"five", b"six", name(2)) is SwapResult.DONE


async def test_a_swap_in_what_is_missing_recalls_it_first(memory: HistoryStore, past: Past) -> None:
    past.records = {(1, 5): b"five"}
    assert await memory.compare_and_swap(1, 5, b"", b"lost", name(1)) is SwapResult.CONFLICT
    assert await memory.compare_and_swap(1, 6, b"", b"six", name(2)) is SwapResult.DONE
    assert await memory.get(1, 5) == b"five"


async def test_dossiers_that_an_older_version_wrote_are_recalled_instead(
    redis_server: RedisServer, past: Past
) -> None:
    store = open_store(redis_server.url(database=1))
    await store.ready()
    await store.call(b"", "FLUSHDB")
    await store.call(b"", "HSET", f"v{VERSION - 1}{{1.0}}0", 5, b"of another form", "L", "1")
    past.records[1, 5] = b"anew"
    memory = RedisHistoryStore(store, past.recall, once_seconds=ONCE_SECONDS)
    assert await memory.get(1, 5) == b"anew"
    assert past.asked == [(1, 0)]
    await memory.close()


async def test_when_nothing_can_be_recalled_nothing_is_said_to_be_unscanned(
    memory: HistoryStore, past: Past
) -> None:
    past.down = True
    with pytest.raises(HistoryUnavailable):
        await memory.get(1, 5)
    with pytest.raises(HistoryUnavailable):
        await memory.compare_and_swap(1, 5, b"", b"one", name(1))
    past.down = False
    assert await memory.get(1, 5) == b""


async def test_it_says_that_it_is_there(memory: HistoryStore) -> None:
    await memory.check()


async def test_two_processes_that_share_a_memory_see_each_other(
    opening: Opening, past: Past, request: pytest.FixtureRequest
) -> None:
    if "redis" not in request.node.callspec.params["opening"]:
        return  # memory:// is one process's alone; the lock file sees to it
    one, two = await opening(past.recall), await opening(past.recall)
    await one.compare_and_swap(1, 5, b"", b"one", name(1))
    assert await two.get(1, 5) == b"one"
    assert await two.compare_and_swap(1, 5, b"", b"two", name(2)) is SwapResult.CONFLICT
    assert await two.compare_and_swap(1, 5, b"one", b"two", name(1)) is SwapResult.REPEATED


# What is one adapter's own.


async def test_redis_keeps_leaves_in_the_compact_encoding(redis_server: RedisServer) -> None:
    store = open_store(redis_server.url(database=2))
    await store.ready()
    memory = RedisHistoryStore(store, Past().recall, once_seconds=60)
    for index in range(SHARD_SIZE):
        await memory.compare_and_swap(1, index, b"", b"x" * 64, None)
    assert await store.call(b"", "OBJECT", "ENCODING", f"v{VERSION}{{1.0}}0") == b"listpack"
    assert await store.call(b"", "HLEN", f"v{VERSION}{{1.0}}0") == SHARD_SIZE + 1
    await memory.close()


async def test_a_leaf_that_redis_lost_is_noticed_and_recalled(redis_server: RedisServer) -> None:
    store = open_store(redis_server.url(database=2))
    await store.ready()
    await store.call(b"", "FLUSHDB")
    past = Past()
    memory = RedisHistoryStore(store, past.recall, once_seconds=60)
    for index in (5, SHARD_SIZE):
        await memory.compare_and_swap(1, index, b"", b"before", None)
    past.records = {(1, 5): b"from the ledger", (1, SHARD_SIZE): b"from the ledger"}
    await store.call(b"", "DEL", f"v{VERSION}{{1.0}}0")
    assert await memory.get(1, 5) == b"from the ledger"
    assert await memory.get(1, SHARD_SIZE) == b"before"  # what is there is not put back
    assert await memory.get(1, 3 * SHARD_SIZE) == b""
    assert past.asked == [(1, 0), (1, 0)]
    await store.call(b"", "DEL", f"v{VERSION}{{1.0}}3")  # nothing was in it
    assert await memory.compare_and_swap(1, 3 * SHARD_SIZE, b"", b"first", None) is SwapResult.DONE
    assert past.asked == [(1, 0)] * 3
    await memory.close()


async def test_a_lost_redis_is_said_to_be_down_and_comes_back_by_itself() -> None:
    with RedisServer() as server:
        past = Past({(1, 5): b"five"})
        store = open_store(server.url())
        await store.ready()
        memory = RedisHistoryStore(store, past.recall, once_seconds=60)
        await memory.compare_and_swap(1, 6, b"", b"six", name(1))
        server.kill()
        for _ in range(3):
            with pytest.raises(HistoryUnavailable):
                await memory.get(1, 5)
            with pytest.raises(HistoryUnavailable):
                await memory.check()
        server.start()
        for _ in range(100):
            try:
                await memory.check()
                break
            except HistoryUnavailable:
                await asyncio.sleep(0.05)
        assert await memory.get(1, 6) == b"six"  # it was on disk
        await store.call(b"", "FLUSHALL")
        assert await memory.get(1, 5) == b"five"  # it was in the ledger
        await memory.close()


async def test_a_redis_that_hangs_is_given_up(redis_server: RedisServer) -> None:
    node = RedisNode("127.0.0.1", redis_server.port, seconds=0.2)
    await node.ready()
    hung = node.call("BLPOP", "nothing", "5")
    with pytest.raises(ConnectionError):
        await asyncio.wait_for(hung, 2)
    await node.close()


async def test_commands_of_one_turn_leave_in_one_write_and_keep_their_order(
    redis_server: RedisServer,
) -> None:
    node = RedisNode("127.0.0.1", redis_server.port)
    await node.ready()
    answers = await asyncio.gather(*(node.call("ECHO", str(n)) for n in range(500)))
    assert answers == [str(n).encode() for n in range(500)]
    with pytest.raises(RedisRefused, match="unknown command"):
        await node.call("NONSENSE")
    await node.close()


async def test_a_slot_that_moves_is_followed(cluster: Cluster) -> None:
    store = open_store(cluster.url)
    await store.ready()
    memory = RedisHistoryStore(store, Past().recall, once_seconds=60)
    await memory.compare_and_swap(77, 5, b"", b"here", None)
    slot = slot_of(LEAF_77.encode())
    owner = next(n for n in range(3) if cluster.cli("exists", LEAF_77, server=n).strip() == "1")
    other = (owner + 1) % 3
    ids = [cluster.cli("cluster", "myid", server=n).strip() for n in range(3)]
    cluster.cli("cluster", "setslot", str(slot), "importing", ids[owner], server=other)
    cluster.cli("cluster", "setslot", str(slot), "migrating", ids[other], server=owner)
    port = str(cluster.servers[other].port)
    for key in (LEAF_77, BRANCH_77):
        cluster.cli("migrate", "127.0.0.1", port, key, "0", "2000", server=owner)
    assert await memory.get(77, 5) == b"here"  # ASK
    swapping = asyncio.create_task(
        memory.compare_and_swap(77, 6, b"", b"meanwhile", name(2))
    )  # TRYAGAIN
    await asyncio.sleep(0.05)
    assert not swapping.done()
    for n in (other, owner):
        cluster.cli("cluster", "setslot", str(slot), "node", ids[other], server=n)
    assert await swapping is SwapResult.DONE
    assert await memory.get(77, 5) == b"here"  # MOVED
    assert await memory.compare_and_swap(77, 5, b"here", b"there", name(1)) is SwapResult.DONE
    await memory.close()


async def test_process_memory_forgets_what_was_longest_unused_and_recalls_it(clock: Clock) -> None:
    past = Past()
    memory = MemoryHistoryStore(past.recall, clock, stamps=200, names=10, once_seconds=60)
    for branch in range(150):
        await memory.compare_and_swap(1, branch * PARTITION_SIZE, b"", b"record", None)
    asked = len(past.asked)
    past.records = {(1, 0): b"from the ledger"}
    assert await memory.get(1, 149 * PARTITION_SIZE) == b"record"
    assert len(past.asked) == asked
    assert await memory.get(1, 0) == b"from the ledger"
    assert len(past.asked) == asked + 1


def test_used_names_are_remembered_for_their_time_and_are_bounded() -> None:
    clock = Clock()
    used = UsedTokens(clock, most=10, seconds=60)
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
