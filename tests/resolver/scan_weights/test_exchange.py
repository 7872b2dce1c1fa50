"""Exchange of weights over a real Redis that keeps nothing on disk."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest

from detection.rules import Rules
from detection.scan_weight import DAY_MS, ScanWeight
from resolver.current_rules import CurrentRules
from resolver.errors import MemoryPersists
from resolver.redis import RedisStore, open_store
from resolver.redis.server_settings import check_volatile
from resolver.scan_weights import ScanWeigher
from resolver.scan_weights.exchange import WeightExchange
from stamps.code import StampId
from tests.servers import RedisServer

AT = 1_790_000_000_000
LEFT_OF_DAY = DAY_MS - AT % DAY_MS
RULES = Rules(network_scans_per_minute=64)
NETWORK = "203.0.113.9"


@dataclass
class Process:
    weigher: ScanWeigher
    exchange: WeightExchange

    def scan(self, index: int, network: str = NETWORK, *, accused: bool = False) -> ScanWeight:
        handle, stamp = self.weigher.identify_network(network, AT), StampId(0, 7, index)
        weight = self.weigher.weigh_scan(handle, AT)
        self.weigher.note_scan(handle, stamp, AT, accused=accused and weight is ScanWeight.FULL)
        return weight


@pytest.fixture
async def store() -> AsyncIterator[RedisStore]:
    with RedisServer(appendonly="no") as server:
        opened = open_store(server.url())
        await opened.ready()
        yield opened
        await opened.close()


@pytest.fixture
async def processes(store: RedisStore) -> list[Process]:
    made = []
    for _ in range(2):
        weigher = ScanWeigher(CurrentRules(RULES))
        made.append(Process(weigher, WeightExchange(store, weigher, lambda: AT)))
    for process in made:
        await process.exchange.exchange()
    return made


async def exchange(processes: list[Process]) -> None:
    for process in (*processes, *processes):
        await process.exchange.exchange()


async def test_processes_know_a_network_by_the_same_handle(processes: list[Process]) -> None:
    one, other = (process.weigher.identify_network(NETWORK, AT) for process in processes)
    assert one == other


async def test_a_network_is_discredited_by_what_it_does_at_all_processes(
    processes: list[Process],
) -> None:
    one, other = processes
    one.scan(1, accused=True)
    one.scan(2, accused=True)
    other.scan(3, accused=True)
    assert other.scan(4) is ScanWeight.FULL
    await exchange(processes)
    assert one.scan(5) is ScanWeight.DISCREDITED
    assert other.scan(6) is ScanWeight.DISCREDITED
    assert other.scan(6, "198.51.100.7") is ScanWeight.FULL


async def test_honest_scans_at_another_process_keep_the_credibility(
    processes: list[Process],
) -> None:
    one, other = processes
    for n in range(30):
        other.scan(100 + n)
    one.scan(1, accused=True)
    one.scan(2, accused=True)
    await exchange(processes)
    one.scan(3, accused=True)
    assert one.scan(4) is ScanWeight.FULL


async def test_a_budget_is_shared(processes: list[Process]) -> None:
    one, other = processes
    for n in range(40):
        one.scan(n)
        other.scan(n)
    await exchange(processes)
    assert one.scan(50) is ScanWeight.NETWORK_BUDGET


async def test_redis_has_no_address_and_forgets_every_key_with_the_day(
    processes: list[Process], store: RedisStore
) -> None:
    for process in processes:
        process.scan(1, accused=True)
    await exchange(processes)
    keys = await store.call(b"", b"KEYS", b"*")
    assert keys
    for key in keys:
        assert NETWORK.encode() not in key
        assert 0 < await store.call(key, b"PTTL", key) <= LEFT_OF_DAY


async def test_processes_have_the_key_of_a_day_before_it_begins(store: RedisStore) -> None:
    late = AT + LEFT_OF_DAY - 60_000
    weighers = [ScanWeigher(CurrentRules(RULES)) for _ in range(2)]
    for weigher in weighers:
        await WeightExchange(store, weigher, lambda: late).exchange()
    one, other = (weigher.identify_network(NETWORK, late + 60_000) for weigher in weighers)
    assert one == other


async def test_a_redis_that_writes_to_disk_is_refused(redis_server: RedisServer) -> None:
    opened = open_store(redis_server.url())
    await opened.ready()
    with pytest.raises(MemoryPersists, match="writes to disk"):
        await check_volatile(opened)
    await opened.close()


async def test_a_redis_that_keeps_nothing_is_taken(store: RedisStore) -> None:
    await check_volatile(store)
