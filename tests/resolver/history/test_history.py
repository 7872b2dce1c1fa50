"""One contract suite for every history store (`resolver.history.port` states the duties)."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass, field

import pytest

from detection.scan_history import VERSION
from resolver.errors import HistoryUnavailable
from resolver.history import PARTITION_SIZE, HistoryStore, Partition, RebuildPartition, SwapResult
from resolver.history.memory import MemoryHistoryStore
from resolver.history.redis import SHARD_SIZE, RedisHistoryStore
from resolver.redis import RedisNode, RedisRefused, open_store
from resolver.redis.cluster import compute_slot
from tests.resolver.cluster import Cluster
from tests.resolver.house import Clock
from tests.servers import RedisServer

PEEKED = 10
TOKEN_SECONDS = 600
SHARD_77 = f"v{VERSION}{{77.0}}0"
PARTITION_77 = f"r{VERSION}{{77.0}}"


@dataclass
class FakeLedger:
    """The partitions that the ledger would rebuild, and those that were asked for."""

    histories: dict[tuple[int, int], bytes] = field(default_factory=dict)
    used_tokens: list[tuple[int, bytes]] = field(default_factory=list)
    asked: list[tuple[int, int]] = field(default_factory=list)
    down: bool = False

    async def rebuild(self, batch: int, number: int) -> Partition:
        self.asked.append((batch, number))
        await asyncio.sleep(0.01)
        if self.down:
            raise HistoryUnavailable
        histories = {
            index: history
            for (of, index), history in self.histories.items()
            if of == batch and index // PARTITION_SIZE == number
        }
        return Partition(
            histories, [token for token in self.used_tokens if token[0] // PARTITION_SIZE == number]
        )


Opening = Callable[[RebuildPartition], Awaitable[HistoryStore]]


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    with Cluster() as made:
        yield made


@pytest.fixture(params=["memory", "redis", "redis+cluster"])
async def open_history_store(
    request: pytest.FixtureRequest, clock: Clock
) -> AsyncIterator[Opening]:
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

    async def open_store_of(rebuild: RebuildPartition) -> HistoryStore:
        if url:
            store = open_store(url)
            await store.ready()
            history_store: HistoryStore = RedisHistoryStore(
                store, rebuild, token_seconds=TOKEN_SECONDS, peeked=PEEKED
            )
        else:
            history_store = MemoryHistoryStore(
                rebuild, clock, stamps=10_000, tokens=1000, token_seconds=TOKEN_SECONDS
            )
        opened.append(history_store)
        return history_store

    yield open_store_of
    for history_store in opened:
        await history_store.close()


async def _flush(url: str) -> None:
    store = open_store(url)
    await store.ready()
    for key in (b"a", b"b", b"c"):  # one on each server of the cluster
        await store.call(key, "FLUSHDB")
    await store.close()


@pytest.fixture
def ledger() -> FakeLedger:
    return FakeLedger()


@pytest.fixture
async def history_store(open_history_store: Opening, ledger: FakeLedger) -> HistoryStore:
    return await open_history_store(ledger.rebuild)


def token(n: int) -> bytes:
    return n.to_bytes(16, "big")


async def test_peek_returns_the_history_last_seen_here_and_asks_nobody(
    history_store: HistoryStore, ledger: FakeLedger
) -> None:
    assert history_store.peek(1, 5) is None
    assert ledger.asked == []
    await history_store.get(1, 5)
    assert history_store.peek(1, 5) == b""
    await history_store.compare_and_swap(1, 5, b"", b"one", token(1))
    assert history_store.peek(1, 5) == b"one"
    await history_store.compare_and_swap(1, 5, b"wrong", b"two", token(2))
    assert history_store.peek(1, 5) == b"one"


async def test_peeked_histories_are_bounded_and_the_latest_are_kept(
    history_store: HistoryStore,
) -> None:
    if not isinstance(history_store, RedisHistoryStore):
        pytest.skip("in the process, peek returns the history itself")
    for index in range(100):
        await history_store.get(1, index)
    known = [index for index in range(100) if history_store.peek(1, index) is not None]
    assert known[-PEEKED:] == list(range(100 - PEEKED, 100))
    assert len(known) <= PEEKED


async def test_an_unscanned_stamp_has_an_empty_history(history_store: HistoryStore) -> None:
    assert await history_store.get(1, 5) == b""


async def test_a_swapped_history_is_read(history_store: HistoryStore) -> None:
    assert await history_store.compare_and_swap(1, 5, b"", b"one", token(1)) is SwapResult.DONE
    assert await history_store.get(1, 5) == b"one"
    assert await history_store.get(1, 6) == b""
    assert await history_store.get(2, 5) == b""


async def test_histories_may_have_any_bytes(history_store: HistoryStore) -> None:
    record = bytes(range(256))
    await history_store.compare_and_swap(1, 0, b"", record, None)
    assert await history_store.get(1, 0) == record


async def test_of_concurrent_swaps_one_is_done(history_store: HistoryStore) -> None:
    swaps = [history_store.compare_and_swap(1, 5, b"", b"by %d" % n, token(n)) for n in range(20)]
    became = await asyncio.gather(*swaps)
    assert became.count(SwapResult.DONE) == 1
    assert became.count(SwapResult.CONFLICT) == 19
    assert await history_store.get(1, 5) == b"by %d" % became.index(SwapResult.DONE)


async def test_concurrent_scans_that_retry_all_count(history_store: HistoryStore) -> None:
    async def scan(n: int) -> None:
        while True:
            before = await history_store.get(1, 5)
            if (
                await history_store.compare_and_swap(1, 5, before, before + b"x", token(n))
                is SwapResult.DONE
            ):
                return

    await asyncio.gather(*(scan(n) for n in range(30)))
    assert await history_store.get(1, 5) == b"x" * 30


async def test_a_token_counts_once(history_store: HistoryStore) -> None:
    assert await history_store.compare_and_swap(1, 5, b"", b"one", token(1)) is SwapResult.DONE
    assert (
        await history_store.compare_and_swap(1, 5, b"one", b"two", token(1)) is SwapResult.REPEATED
    )
    assert await history_store.get(1, 5) == b"one"
    assert await history_store.compare_and_swap(1, 5, b"one", b"two", token(2)) is SwapResult.DONE


async def test_a_token_of_a_conflicting_swap_may_be_used_again(history_store: HistoryStore) -> None:
    await history_store.compare_and_swap(1, 5, b"", b"one", token(1))
    assert await history_store.compare_and_swap(1, 5, b"", b"two", token(2)) is SwapResult.CONFLICT
    assert await history_store.compare_and_swap(1, 5, b"one", b"two", token(2)) is SwapResult.DONE


async def test_an_undone_swap_leaves_history_and_token_as_before(
    history_store: HistoryStore,
) -> None:
    await history_store.compare_and_swap(1, 5, b"", b"one", token(1))
    await history_store.undo_swap(1, 5, b"", b"one", token(1))
    assert await history_store.get(1, 5) == b""
    assert await history_store.compare_and_swap(1, 5, b"", b"again", token(1)) is SwapResult.DONE


async def test_a_swap_that_was_built_upon_is_not_undone(history_store: HistoryStore) -> None:
    await history_store.compare_and_swap(1, 5, b"", b"one", token(1))
    await history_store.compare_and_swap(1, 5, b"one", b"two", token(2))
    await history_store.undo_swap(1, 5, b"", b"one", token(1))
    assert await history_store.get(1, 5) == b"two"


async def test_a_missing_partition_is_rebuilt_once_for_all_callers(
    history_store: HistoryStore, ledger: FakeLedger
) -> None:
    ledger.histories = {
        (1, 5): b"five",
        (1, SHARD_SIZE): b"next shard",
        (1, PARTITION_SIZE): b"next partition",
    }
    read = await asyncio.gather(*(history_store.get(1, index) for index in (5, 6, 5, 7)))
    assert read == [b"five", b"", b"five", b""]
    assert ledger.asked == [(1, 0)]
    assert await history_store.get(1, SHARD_SIZE) == b"next shard"
    assert ledger.asked == [(1, 0)]
    assert await history_store.get(1, PARTITION_SIZE) == b"next partition"
    assert ledger.asked == [(1, 0), (1, 1)]


async def test_first_scans_in_one_partition_ask_the_ledger_once(
    history_store: HistoryStore, ledger: FakeLedger
) -> None:
    for number, index in enumerate(range(0, PARTITION_SIZE, SHARD_SIZE)):
        assert (
            await history_store.compare_and_swap(1, index, b"", b"first", token(number))
            is SwapResult.DONE
        )
        assert await history_store.get(1, index + 1) == b""
    assert ledger.asked == [(1, 0)]


async def test_a_token_that_the_ledger_knows_as_used_is_repeated(
    history_store: HistoryStore, ledger: FakeLedger
) -> None:
    ledger.histories, ledger.used_tokens = {(1, 5): b"five"}, [(5, token(1))]
    assert (
        await history_store.compare_and_swap(1, 5, b"five", b"twice", token(1))
        is SwapResult.REPEATED
    )
    assert await history_store.compare_and_swap(1, 5, b"five", b"six", token(2)) is SwapResult.DONE


async def test_a_swap_in_a_missing_partition_rebuilds_it_first(
    history_store: HistoryStore, ledger: FakeLedger
) -> None:
    ledger.histories = {(1, 5): b"five"}
    assert await history_store.compare_and_swap(1, 5, b"", b"lost", token(1)) is SwapResult.CONFLICT
    assert await history_store.compare_and_swap(1, 6, b"", b"six", token(2)) is SwapResult.DONE
    assert await history_store.get(1, 5) == b"five"


async def test_histories_of_an_older_version_are_rebuilt(
    redis_server: RedisServer, ledger: FakeLedger
) -> None:
    store = open_store(redis_server.url(database=1))
    await store.ready()
    await store.call(b"", "FLUSHDB")
    await store.call(b"", "HSET", f"v{VERSION - 1}{{1.0}}0", 5, b"of another form", "L", "1")
    ledger.histories[1, 5] = b"anew"
    history_store = RedisHistoryStore(store, ledger.rebuild, token_seconds=TOKEN_SECONDS)
    assert await history_store.get(1, 5) == b"anew"
    assert ledger.asked == [(1, 0)]
    await history_store.close()


async def test_without_the_ledger_a_missing_history_is_unavailable(
    history_store: HistoryStore, ledger: FakeLedger
) -> None:
    ledger.down = True
    with pytest.raises(HistoryUnavailable):
        await history_store.get(1, 5)
    with pytest.raises(HistoryUnavailable):
        await history_store.compare_and_swap(1, 5, b"", b"one", token(1))
    ledger.down = False
    assert await history_store.get(1, 5) == b""


async def test_check_passes_while_the_store_answers(history_store: HistoryStore) -> None:
    await history_store.check()


async def test_processes_that_share_a_store_see_each_other(
    open_history_store: Opening, ledger: FakeLedger, request: pytest.FixtureRequest
) -> None:
    if "redis" not in request.node.callspec.params["open_history_store"]:
        pytest.skip("memory:// belongs to one process; its lock file ensures that")
    one, two = await open_history_store(ledger.rebuild), await open_history_store(ledger.rebuild)
    await one.compare_and_swap(1, 5, b"", b"one", token(1))
    assert await two.get(1, 5) == b"one"
    assert await two.compare_and_swap(1, 5, b"", b"two", token(2)) is SwapResult.CONFLICT
    assert await two.compare_and_swap(1, 5, b"one", b"two", token(1)) is SwapResult.REPEATED


# Tests of single adapters.


async def test_redis_keeps_shards_in_listpack_encoding(redis_server: RedisServer) -> None:
    store = open_store(redis_server.url(database=2))
    await store.ready()
    history_store = RedisHistoryStore(store, FakeLedger().rebuild, token_seconds=60)
    for index in range(SHARD_SIZE):
        await history_store.compare_and_swap(1, index, b"", b"x" * 64, None)
    assert await store.call(b"", "OBJECT", "ENCODING", f"v{VERSION}{{1.0}}0") == b"listpack"
    assert await store.call(b"", "HLEN", f"v{VERSION}{{1.0}}0") == SHARD_SIZE + 1
    await history_store.close()


async def test_a_shard_that_redis_lost_is_rebuilt(redis_server: RedisServer) -> None:
    store = open_store(redis_server.url(database=2))
    await store.ready()
    await store.call(b"", "FLUSHDB")
    ledger = FakeLedger()
    history_store = RedisHistoryStore(store, ledger.rebuild, token_seconds=60)
    for index in (5, SHARD_SIZE):
        await history_store.compare_and_swap(1, index, b"", b"before", None)
    ledger.histories = {(1, 5): b"from the ledger", (1, SHARD_SIZE): b"from the ledger"}
    await store.call(b"", "DEL", f"v{VERSION}{{1.0}}0")
    assert await history_store.get(1, 5) == b"from the ledger"
    assert await history_store.get(1, SHARD_SIZE) == b"before"  # what is there is not put back
    assert await history_store.get(1, 3 * SHARD_SIZE) == b""
    assert ledger.asked == [(1, 0), (1, 0)]
    await store.call(b"", "DEL", f"v{VERSION}{{1.0}}3")  # nothing was in it
    assert (
        await history_store.compare_and_swap(1, 3 * SHARD_SIZE, b"", b"first", None)
        is SwapResult.DONE
    )
    assert ledger.asked == [(1, 0)] * 3
    await history_store.close()


async def test_a_lost_redis_is_unavailable_until_it_is_back() -> None:
    with RedisServer() as server:
        ledger = FakeLedger({(1, 5): b"five"})
        store = open_store(server.url())
        await store.ready()
        history_store = RedisHistoryStore(store, ledger.rebuild, token_seconds=60)
        await history_store.compare_and_swap(1, 6, b"", b"six", token(1))
        server.kill()
        for _ in range(3):
            with pytest.raises(HistoryUnavailable):
                await history_store.get(1, 5)
            with pytest.raises(HistoryUnavailable):
                await history_store.check()
        server.start()
        for _ in range(100):
            try:
                await history_store.check()
                break
            except HistoryUnavailable:
                await asyncio.sleep(0.05)
        assert await history_store.get(1, 6) == b"six"  # it was on disk
        await store.call(b"", "FLUSHALL")
        assert await history_store.get(1, 5) == b"five"  # it was in the ledger
        await history_store.close()


async def test_a_redis_that_hangs_counts_as_lost(redis_server: RedisServer) -> None:
    node = RedisNode("127.0.0.1", redis_server.port, seconds=0.2)
    await node.ready()
    hung = node.call("BLPOP", "nothing", "5")
    with pytest.raises(ConnectionError):
        await asyncio.wait_for(hung, 2)
    await node.close()


async def test_commands_of_one_loop_turn_are_answered_in_order(
    redis_server: RedisServer,
) -> None:
    node = RedisNode("127.0.0.1", redis_server.port)
    await node.ready()
    answers = await asyncio.gather(*(node.call("ECHO", str(n)) for n in range(500)))
    assert answers == [str(n).encode() for n in range(500)]
    with pytest.raises(RedisRefused, match="unknown command"):
        await node.call("NONSENSE")
    await node.close()


async def test_a_migrating_slot_is_followed(cluster: Cluster) -> None:
    store = open_store(cluster.url)
    await store.ready()
    history_store = RedisHistoryStore(store, FakeLedger().rebuild, token_seconds=60)
    await history_store.compare_and_swap(77, 5, b"", b"here", None)
    slot = compute_slot(SHARD_77.encode())
    owner = next(n for n in range(3) if cluster.cli("exists", SHARD_77, server=n).strip() == "1")
    other = (owner + 1) % 3
    ids = [cluster.cli("cluster", "myid", server=n).strip() for n in range(3)]
    cluster.cli("cluster", "setslot", str(slot), "importing", ids[owner], server=other)
    cluster.cli("cluster", "setslot", str(slot), "migrating", ids[other], server=owner)
    port = str(cluster.servers[other].port)
    for key in (SHARD_77, PARTITION_77):
        cluster.cli("migrate", "127.0.0.1", port, key, "0", "2000", server=owner)
    assert await history_store.get(77, 5) == b"here"  # ASK
    swapping = asyncio.create_task(
        history_store.compare_and_swap(77, 6, b"", b"meanwhile", token(2))
    )  # TRYAGAIN
    await asyncio.sleep(0.05)
    assert not swapping.done()
    for n in (other, owner):
        cluster.cli("cluster", "setslot", str(slot), "node", ids[other], server=n)
    assert await swapping is SwapResult.DONE
    assert await history_store.get(77, 5) == b"here"  # MOVED
    assert (
        await history_store.compare_and_swap(77, 5, b"here", b"there", token(1)) is SwapResult.DONE
    )
    await history_store.close()


async def test_the_process_evicts_the_least_recently_used_partitions(clock: Clock) -> None:
    ledger = FakeLedger()
    history_store = MemoryHistoryStore(
        ledger.rebuild, clock, stamps=200, tokens=10, token_seconds=60
    )
    for number in range(150):
        await history_store.compare_and_swap(1, number * PARTITION_SIZE, b"", b"record", None)
    asked = len(ledger.asked)
    ledger.histories = {(1, 0): b"from the ledger"}
    assert await history_store.get(1, 149 * PARTITION_SIZE) == b"record"
    assert len(ledger.asked) == asked
    assert await history_store.get(1, 0) == b"from the ledger"
    assert len(ledger.asked) == asked + 1


async def test_the_process_forgets_a_used_token_after_its_time(clock: Clock) -> None:
    history_store = MemoryHistoryStore(
        FakeLedger().rebuild, clock, stamps=200, tokens=10, token_seconds=60
    )
    await history_store.compare_and_swap(1, 5, b"", b"one", token(1))
    clock.pass_minutes(0.9)
    result = await history_store.compare_and_swap(1, 5, b"one", b"two", token(1))
    assert result is SwapResult.REPEATED
    clock.pass_minutes(0.2)
    assert await history_store.compare_and_swap(1, 5, b"one", b"two", token(1)) is SwapResult.DONE


async def test_the_process_remembers_so_many_used_tokens(clock: Clock) -> None:
    history_store = MemoryHistoryStore(
        FakeLedger().rebuild, clock, stamps=200, tokens=10, token_seconds=60
    )
    for n in range(20):
        await history_store.compare_and_swap(1, n, b"", b"one", token(n))
    results = [await history_store.compare_and_swap(1, 30, b"", b"x", token(n)) for n in (19, 10)]
    assert results == [SwapResult.REPEATED] * 2
    assert await history_store.compare_and_swap(1, 30, b"", b"x", token(9)) is SwapResult.DONE
