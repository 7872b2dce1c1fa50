"""One contract suite for every request counter, and the limit that counts with it."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress

import pytest

from resolver.privacy.rate_limit import NetworkLimit
from resolver.privacy.redis_request_counter import RedisRequestCounter
from resolver.redis import RedisStore, open_store
from tests.resolver.house import Clock
from tests.servers import RedisServer
from web.errors import TooManyRequests
from web.request_counter import MemoryRequestCounter, RequestCounter

SECRET = b"s" * 32


@pytest.fixture
def clock() -> Clock:
    return Clock(60_000_000)


@pytest.fixture
async def store(redis_server: RedisServer) -> AsyncIterator[RedisStore]:
    opened = open_store(redis_server.url(database=5))
    await opened.ready()
    await opened.call(b"", "FLUSHDB")
    yield opened
    await opened.close()


@pytest.fixture(params=["memory", "redis"])
def counter(request: pytest.FixtureRequest, clock: Clock) -> RequestCounter:
    local = MemoryRequestCounter(clock)
    if request.param == "memory":
        return local
    return RedisRequestCounter(request.getfixturevalue("store"), local)


def limit(counter: RequestCounter, clock: Clock, name: str = "writes") -> NetworkLimit:
    return NetworkLimit(counter, clock, secret=SECRET, name=name, per_minute=3)


async def test_each_increment_of_a_key_returns_the_next_number(counter: RequestCounter) -> None:
    counts = await asyncio.gather(*(counter.increment(b"a", 60_000) for _ in range(20)))
    assert sorted(counts) == list(range(1, 21))
    assert await counter.increment(b"b", 60_000) == 1
    assert counter.fallbacks == 0


async def test_a_key_may_have_any_bytes(counter: RequestCounter) -> None:
    assert await counter.increment(b"}{\x00\xff", 60_000) == 1
    assert await counter.increment(b"}{\x00\xff", 60_000) == 2


async def test_a_counter_is_forgotten_after_its_life(store: RedisStore, clock: Clock) -> None:
    local = MemoryRequestCounter(clock)
    shared = RedisRequestCounter(store, local)
    await local.increment(b"a", 60_000)
    await shared.increment(b"a", 50)
    clock.pass_minutes(1)
    await asyncio.sleep(0.06)
    assert await local.increment(b"a", 60_000) == 1
    assert await shared.increment(b"a", 50) == 1


async def test_a_network_has_its_number_of_requests_each_minute(
    counter: RequestCounter, clock: Clock
) -> None:
    writes = limit(counter, clock)
    for _ in range(3):
        await writes.count_request("a")
    with pytest.raises(TooManyRequests) as refusal:
        await writes.count_request("a")
    assert refusal.value.seconds == 60
    await writes.count_request("b")
    await limit(counter, clock, "unknown").count_request("a")
    clock.pass_minutes(0.5)
    with pytest.raises(TooManyRequests) as refusal:
        await writes.count_request("a")
    assert refusal.value.seconds == 30
    clock.pass_minutes(0.5)
    await writes.count_request("a")


async def test_workers_with_one_redis_share_the_budget(store: RedisStore, clock: Clock) -> None:
    workers = [
        limit(RedisRequestCounter(store, MemoryRequestCounter(clock)), clock) for _ in range(4)
    ]
    for worker in workers[:3]:
        await worker.count_request("a")
    for worker in workers:
        with pytest.raises(TooManyRequests):
            await worker.count_request("a")


async def test_redis_keeps_no_address_and_can_not_link_two_minutes(
    store: RedisStore, clock: Clock
) -> None:
    writes = limit(RedisRequestCounter(store, MemoryRequestCounter(clock)), clock)
    await writes.count_request("203.0.113.9")
    [first] = await store.call(b"", "KEYS", "*")
    assert b"203.0.113.9" not in first
    assert 0 < await store.call(b"", "PTTL", first) <= 60_000
    clock.pass_minutes(1)
    await writes.count_request("203.0.113.9")
    assert len(set(await store.call(b"", "KEYS", "*"))) == 2


async def test_without_redis_the_limit_is_per_process_until_redis_is_back(clock: Clock) -> None:
    with RedisServer() as server:
        store = open_store(server.url())
        await store.ready()
        counter = RedisRequestCounter(store, MemoryRequestCounter(clock))
        writes = limit(counter, clock)
        await writes.count_request("a")
        server.kill()
        for _ in range(3):
            await writes.count_request("a")
        with pytest.raises(TooManyRequests):
            await writes.count_request("a")
        assert counter.fallbacks == 4
        server.start()
        await until(lambda: store.call(b"", "PING"))
        await counter.increment(b"other", 60_000)
        assert counter.fallbacks == 4
        await store.close()


async def until(answers: Callable[[], Awaitable[object]]) -> object:
    """Wait until Redis answers."""
    async with asyncio.timeout(10):
        while True:
            with suppress(ConnectionError):
                return await answers()
            await asyncio.sleep(0.02)


async def test_strangers_do_not_push_out_a_network_that_goes_on(clock: Clock) -> None:
    writes = limit(MemoryRequestCounter(clock, size=10), clock)
    for _ in range(3):
        await writes.count_request("a")
    for n in range(50):
        await writes.count_request(f"stranger {n}")
        with pytest.raises(TooManyRequests):
            await writes.count_request("a")
