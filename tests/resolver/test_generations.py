"""After a restore, what Redis keeps of the lost future is set aside and never mixed in."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest

from detection.rules import Rules
from ledger import back_up, open_ledger, restore
from ledger.storage.generation import LedgerRestored
from resolver.current_rules import CurrentRules
from resolver.history.port import Partition, SwapResult
from resolver.history.redis import RedisHistoryStore
from resolver.journal.encoding import decode_evidence
from resolver.journal.set_aside import (
    SetAsideScans,
    delete_histories,
    delete_scans,
    iterate_scans,
    list_set_aside,
)
from resolver.recorder.recorder import Recorder
from resolver.redis import RedisStore, open_store
from tests.resolver.cluster import Cluster
from tests.resolver.house import HANOI, House, a_house, code_of
from tests.servers import PostgresServer, RedisServer

GENERATIONS = ("", "1f3a9c02", "00ff00ff")


@pytest.fixture
def redis() -> Iterator[RedisServer]:
    with RedisServer(appendonly="yes", appendfsync="always") as server:
        yield server


@pytest.fixture
async def store(redis: RedisServer) -> AsyncIterator[RedisStore]:
    opened = open_store(redis.url())
    await opened.ready()
    yield opened
    await opened.close()


def move_away(folder: Path) -> None:
    for file in folder.glob("ledger.db*"):
        file.rename(file.with_name(f"lost-{file.name}"))


def on(redis: RedisServer, **more: Any) -> dict[str, Any]:
    return {"history": redis.url(), "journal": redis.url(), "redis_loss_accepted": True, **more}


async def scan(house: House, index: int = 1) -> Any:
    return await house.scan(code_of(house.batches.active, index), HANOI)


async def count_sessions(house: House, index: int = 1) -> int:
    code = code_of(house.batches.active, index)
    told = await (await house.get(f"/S/{code}", Accept="application/json")).json()
    sessions: int = told["history"]["sessions"]
    return sessions


@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
async def test_a_restored_ledger_starts_without_the_lost_future(
    engine: str,
    tmp_path: Path,
    redis: RedisServer,
    store: RedisStore,
    request: pytest.FixtureRequest,
) -> None:
    lost = place = f"sqlite:///{tmp_path / 'ledger.db'}"
    if engine == "postgresql":
        postgres: PostgresServer = request.getfixturevalue("postgres")
        lost, place = postgres.database(), postgres.database()
    changes: dict[str, Any] = {"ledger": lost} if engine == "postgresql" else {}
    async with a_house(tmp_path, **on(redis), **changes) as house:
        await back_up(lost, tmp_path / "copy")
        assert [(await scan(house)).status for _ in range(3)] == [200] * 3
        async with await open_ledger(lost) as own:
            recorder = Recorder(store, own, CurrentRules(Rules()), group_size=2)
            assert await recorder.record_group() == 2  # the third is in the stream alone
        assert await count_sessions(house) == 3
        batches = house.batches
    if engine == "sqlite":
        move_away(tmp_path)
    generation = await restore(tmp_path / "copy", place)
    async with a_house(tmp_path, batches, **on(redis, ledger=place)) as house:
        assert await count_sessions(house) == 0
        assert (await scan(house)).status == 200
        assert await count_sessions(house) == 1
        async with await open_ledger(place) as own:
            recorder = Recorder(
                store, own, CurrentRules(Rules()), group_size=9, generation=generation.id
            )
            assert await recorder.record_group() == 1
            assert await own.scans.count() == 1
    assert await list_set_aside(store, generation.id) == [SetAsideScans("", 1, 0)]
    ((put_aside, evidence),) = [one async for one in iterate_scans(store, "")]
    assert not put_aside
    assert decode_evidence(evidence).scan.batch == batches.active


async def test_a_service_that_runs_while_its_database_is_restored_takes_no_scan(
    tmp_path: Path, redis: RedisServer, store: RedisStore, postgres: PostgresServer
) -> None:
    url = postgres.database()
    name = url.rpartition("/")[2]
    async with a_house(tmp_path, **on(redis, ledger=url)) as house:
        assert (await scan(house)).status == 200
        async with await open_ledger(url) as own:
            generation = await own.generations.hold()
            recorder = Recorder(
                store, own, CurrentRules(Rules()), group_size=9, generation=generation.id
            )
            token = await house.token(code_of(house.batches.active, 1))
            await back_up(url, tmp_path / "copy")
            copy = postgres.database()
            restored = await restore(tmp_path / "copy", copy)
            postgres.sql(f"DROP DATABASE {name} WITH (FORCE)")
            postgres.sql(f"ALTER DATABASE {copy.rpartition('/')[2]} RENAME TO {name}")
            with pytest.raises(LedgerRestored):
                await recorder.record_group()
            async with asyncio.timeout(10):
                while (await house.get("/health/ready")).status != 503:  # noqa: ASYNC110 - polled
                    await asyncio.sleep(0.05)
            code = code_of(house.batches.active, 1)
            for answer in (
                await house.get(f"/S/{code}", Accept="application/json"),
                await house.post("/v1/scans", {"code": code, "token": token}),
            ):
                assert answer.status == 503
            assert house.dependencies.batch_cache.get_cached(0, house.batches.active, 1) is None
            assert await own.scans.count() == 0
    # A scan that came in before it was noticed is in the old stream, and counted there.
    assert await list_set_aside(store, restored.id) == [SetAsideScans("", 1, 0)]


async def no_partition(batch: int, number: int) -> Partition:
    return Partition({}, [])


@pytest.fixture(params=["redis", "cluster"])
async def any_store(request: pytest.FixtureRequest) -> AsyncIterator[RedisStore]:
    if request.param == "cluster":
        with Cluster() as cluster:
            opened = open_store(cluster.url)
            yield opened
            await opened.close()
    else:
        opened = open_store(request.getfixturevalue("redis").url())
        yield opened
        await opened.close()


async def test_generations_do_not_meet_and_are_removed_one_by_one(any_store: RedisStore) -> None:
    await any_store.ready()
    stores = {
        name: RedisHistoryStore(any_store, no_partition, token_seconds=60, generation=name)
        for name in GENERATIONS
    }
    stamps = [(batch, index) for batch in range(1, 9) for index in (0, 5000)]
    for name, one in stores.items():
        await one.check()
        for batch, index in stamps:
            after = f"of {name}".encode()
            token = bytes(16)
            assert await one.compare_and_swap(batch, index, b"", after, token) is SwapResult.DONE
            again = await one.compare_and_swap(batch, index, after, b"twice", token)
            assert again is SwapResult.REPEATED
    for number, name in enumerate(GENERATIONS):
        assert await delete_histories(any_store, name) == 3 * len(stamps)
        assert await delete_histories(any_store, name) == 0
        for later in GENERATIONS[number + 1 :]:
            assert await stores[later].get(3, 5000) == f"of {later}".encode()
        await delete_scans(any_store, name)
    assert await list_set_aside(any_store, "") == []
