"""A Redis Cluster whose masters fail: the map of slots follows, and callers wait or are refused."""

import asyncio
from collections import Counter
from collections.abc import Iterator

import pytest

from resolver.errors import HistoryUnavailable
from resolver.history import Partition
from resolver.history.redis import RedisHistoryStore
from resolver.redis import RedisCluster, RedisStore, UnfitServer, load_script, open_store
from resolver.redis.cluster import compute_slot
from tests.resolver.cluster import Cluster

INCREMENT = load_script("resolver.privacy", "increment_counter")


@pytest.fixture
def cluster() -> Iterator[Cluster]:
    with Cluster(replicas=1) as made:
        yield made


class Callers:
    """Tasks that write keys of all slots all the time."""

    def __init__(self, store: RedisStore) -> None:
        self._store = store
        self.outcomes: Counter[str] = Counter()

    async def call(self, number: int) -> None:
        turn = 0
        while True:
            turn += 1
            key = b"{%d}" % (number * 1000 + turn % 1000)
            try:
                await self._store.run(INCREMENT, (key,), 60_000)
                self.outcomes["ok"] += 1
            except Exception as error:
                self.outcomes[type(error).__name__] += 1
            await asyncio.sleep(0.002)

    async def until_all_pass(self, seconds: float = 20) -> None:
        """Wait until half a second passes without a refused command."""
        async with asyncio.timeout(seconds):
            while True:
                self.outcomes.clear()
                await asyncio.sleep(0.5)
                if set(self.outcomes) == {"ok"}:
                    return


async def test_a_fail_over_under_load_loses_no_caller(cluster: Cluster) -> None:
    store = open_store(cluster.url)
    await store.ready()
    callers = Callers(store)
    tasks = [asyncio.create_task(callers.call(number)) for number in range(40)]
    await callers.until_all_pass()
    roles = [cluster.cli("role", server=n).split()[0] for n in range(len(cluster.servers))]
    victim = roles.index("master")
    seen: Counter[str] = Counter()
    cluster.servers[victim].kill()
    async with asyncio.timeout(30):
        while not {"UnfitServer", "NotRun", "ConnectionError"} & set(seen):
            seen += callers.outcomes
            await asyncio.sleep(0.1)
        while True:
            callers.outcomes.clear()
            await asyncio.sleep(0.5)
            seen += callers.outcomes
            if set(callers.outcomes) == {"ok"}:
                break
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    await store.close()
    assert set(seen) <= {"ok", "UnfitServer", "NotRun", "ConnectionError"}


async def test_keys_of_healthy_masters_are_served_while_another_is_down(cluster: Cluster) -> None:
    for n in range(len(cluster.servers)):  # otherwise one lost slot stops the cluster
        cluster.cli("config", "set", "cluster-require-full-coverage", "no", server=n)
    store = open_store(cluster.url)
    assert isinstance(store, RedisCluster)
    await store.ready()
    assert len(await store.get_tags()) == 3
    history = RedisHistoryStore(store, no_partition, token_seconds=600)
    await history.check()
    roles = [cluster.cli("role", server=n).split()[0] for n in range(len(cluster.servers))]
    victim = roles.index("master")
    slots = range(16_384)
    lost = cluster.servers[victim]
    owned = [
        (int(low), int(high or low))
        for low, _, high in (
            part.partition("-")
            for line in cluster.cli("cluster", "nodes").splitlines()
            if f":{lost.port}@" in line
            for part in line.split()[8:]
        )
    ]
    mine = {slot for low, high in owned for slot in slots[low : high + 1]}
    keys = [b"%d" % n for n in range(200) if compute_slot(b"%d" % n) not in mine]
    lost.kill()
    with pytest.raises(ConnectionError):
        await asyncio.gather(*(store.call(b"%d" % n, "GET", b"%d" % n) for n in range(200)))
    with pytest.raises(HistoryUnavailable):  # a third of the stamps cannot be scanned
        await history.check()
    async with asyncio.timeout(1.0):  # no caller waits for the map
        for key in keys:
            assert await store.call(key, "SET", key, "x") == b"OK"
    await store.close()


async def no_partition(_batch: int, _number: int) -> Partition:
    return Partition({}, [])


async def test_a_cluster_that_is_down_is_a_lost_link_until_it_serves_again() -> None:
    with Cluster() as cluster:
        store = open_store(cluster.url)
        await store.ready()
        await store.call(b"a", "SET", "a", "1")
        owner = next(n for n in range(3) if cluster.cli("keys", "a", server=n).strip() == "a")
        others = [n for n in range(3) if n != owner]
        for n in others:
            cluster.servers[n].kill()
        async with asyncio.timeout(15):
            while "cluster_state:fail" not in cluster.cli("cluster", "info", server=owner):  # noqa: ASYNC110 - other processes
                await asyncio.sleep(0.05)
        with pytest.raises(UnfitServer, match="CLUSTERDOWN"):
            await store.call(b"a", "SET", "a", "2")
        for n in others:
            cluster.servers[n].start()
        async with asyncio.timeout(20):
            while True:
                try:
                    await store.call(b"a", "SET", "a", "3")
                    break
                except ConnectionError:
                    await asyncio.sleep(0.1)
        await store.close()
