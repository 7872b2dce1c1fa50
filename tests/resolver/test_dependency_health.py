"""What fails is said once in the log, shown in the metrics and by /health/ready, and comes back.

A running service is asked over HTTP while its Redis, a real one, changes its role.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from structlog.testing import capture_logs

from ledger import open_ledger
from resolver import ResolverSettings
from resolver.dependency_health import HealthMonitor
from resolver.history import Partition
from resolver.history.redis import RedisHistoryStore
from resolver.journal.stream import StreamJournal
from resolver.privacy.redis_request_counter import RedisRequestCounter
from resolver.redis import open_store
from tests.resolver.house import JSON, Clock, code_of, furnish
from tests.resolver.process import Process
from tests.servers import PostgresServer, RedisServer, free_port
from web.request_counter import MemoryRequestCounter

RECOVERY_SECONDS = 10  # one or two on a quiet machine


@dataclass
class Service:
    """A resolver in a process of its own, its Redis, and a batch of activated stamps."""

    process: Process
    redis: RedisServer
    batch: int

    async def scan(self, index: int) -> tuple[int, dict[str, Any]]:
        """Open a stamp's page and confirm the scan: the scan's status, and the page."""
        code = code_of(self.batch, index)
        async with aiohttp.ClientSession(headers=JSON) as session:
            async with session.get(f"{self.process.url}/S/{code}") as answer:
                page = await answer.json()
            body = {"code": code, "token": page["token"], "place": {"province": "66"}}
            async with session.post(f"{self.process.url}/v1/scans", json=body) as answer:
                return answer.status, page

    async def ready(self) -> tuple[int, dict[str, str]]:
        async with (
            aiohttp.ClientSession() as session,
            session.get(f"{self.process.url}/health/ready") as answer,
        ):
            return answer.status, await answer.json()

    async def states(self) -> dict[str, float]:
        return await dependency_states(self.process.admin_url)

    def log_lines(self, event: str) -> list[str]:
        """Ends the process; its log's lines with an event."""
        self.process.child.terminate()
        _, log = self.process.child.communicate(timeout=20)
        return [line for line in log.splitlines() if event in line]


async def dependency_states(admin_url: str) -> dict[str, float]:
    """`veritem_dependency_up` by dependency, as Prometheus reads it."""
    async with aiohttp.ClientSession() as session, session.get(f"{admin_url}/metrics") as answer:
        lines = (await answer.text()).splitlines()
    found = (line.rpartition(" ") for line in lines if line.startswith("veritem_dependency_up{"))
    return {series.split('"')[1]: float(value) for series, _, value in found}


@asynccontextmanager
async def running(directory: Path, redis: RedisServer, **changes: Any) -> AsyncIterator[Service]:
    url = f"sqlite:///{directory / 'ledger.db'}"
    async with await open_ledger(url) as ledger:
        await ledger.migrate()
        batch = (await furnish(ledger, Clock()(), shelf_life_days=3650)).active
    settings = ResolverSettings(
        ledger=url,
        history=redis.url(),
        journal=redis.url(),
        port=0,
        admin_port=0,
        **changes,
    )
    process = Process(settings)
    try:
        yield Service(process, redis, batch)
    finally:
        if process.child.poll() is None:
            process.end()


@pytest.fixture
def redis() -> Iterator[RedisServer]:
    with RedisServer(enable_debug_command="local") as server:
        yield server


async def until(condition: Callable[[], Awaitable[bool]], seconds: float) -> None:
    async with asyncio.timeout(seconds):
        while not await condition():  # noqa: ASYNC110 - other processes
            await asyncio.sleep(0.05)


async def is_ready(service: Service) -> bool:
    return (await service.ready())[0] == 200


async def is_not_ready(service: Service) -> bool:
    return (await service.ready())[0] == 503


async def test_a_primary_that_became_a_replica_is_reported_once_and_used_again_afterwards(
    tmp_path: Path, redis: RedisServer
) -> None:
    async with running(tmp_path, redis) as service:
        assert (await service.scan(1))[0] == 200
        assert await service.ready() == (
            200,
            {"status": "ready", "ledger": "ok", "history": "ok", "journal": "ok", "claims": "ok"},
        )
        redis.cli("replicaof", "127.0.0.1", str(free_port()))
        await until(lambda: is_not_ready(service), 5)  # although nobody scanned
        for index in range(2, 8):
            status, page = await service.scan(index)
            assert (status, page["verdict"], page["history"]) == (503, "caution", None)
            assert page["reasons"][-1] == "history_missing"
        status, told = await service.ready()
        assert (status, told["history"], told["journal"], told["ledger"]) == (
            503, "down", "down", "ok",
        )  # fmt: skip
        down = dict.fromkeys(("history", "journal", "limits"), 0)
        assert await service.states() == {"ledger": 1, "claims": 1, **down}
        redis.cli("replicaof", "no", "one")
        await until(lambda: is_ready(service), RECOVERY_SECONDS)
        assert [(await service.scan(index))[0] for index in range(2, 8)] == [200] * 6
        assert set((await service.states()).values()) == {1}
        log = service.log_lines("dependency")
    # Not limits: on a busy machine, 0.25 s without an answer of Redis are a failure, too.
    for name in ("history", "journal"):
        mine = [line for line in log if name in line]
        assert ["fails" in line for line in mine] == [True, False], mine
        assert "READONLY" in mine[0]


async def test_scans_pass_soon_after_a_restart_that_takes_a_while_to_load(tmp_path: Path) -> None:
    with RedisServer(
        appendonly="no",
        enable_debug_command="local",
        key_load_delay="2000",  # microseconds
        loading_process_events_interval_bytes="1024",
    ) as redis:
        async with running(tmp_path, redis, redis_loss_accepted=True) as service:
            redis.cli("debug", "populate", "1000", "filler", "100")
            redis.cli("save")
            redis.kill()
            redis.start(wait=False)
            await until(lambda: is_not_ready(service), 5)
            assert (await service.scan(1))[0] == 503
            await until(lambda: is_ready(service), RECOVERY_SECONDS)
            assert (await service.scan(1))[0] == 200


async def test_a_replica_that_may_not_answer_without_its_master_is_no_history(
    tmp_path: Path, redis: RedisServer
) -> None:
    async with running(tmp_path, redis) as service:
        await service.scan(1)
        redis.cli("config", "set", "replica-serve-stale-data", "no")
        redis.cli("replicaof", "127.0.0.1", str(free_port()))
        await until(lambda: is_not_ready(service), 5)
        assert (await service.scan(1))[1]["history"] is None
        redis.cli("replicaof", "no", "one")
        await until(lambda: is_ready(service), RECOVERY_SECONDS)
        assert (await service.scan(1))[0] == 200


async def test_eviction_and_full_memory_are_not_ready_and_pages_still_know_their_history(
    tmp_path: Path, redis: RedisServer
) -> None:
    async with running(tmp_path, redis) as service:
        redis.cli("config", "set", "maxmemory-policy", "volatile-lru")
        await until(lambda: is_not_ready(service), 5)
        assert (await service.scan(1))[0] == 200
        redis.cli("config", "set", "maxmemory-policy", "noeviction")
        await until(lambda: is_ready(service), RECOVERY_SECONDS)
        redis.cli("config", "set", "maxmemory", "1")
        await until(lambda: is_not_ready(service), 5)
        status, page = await service.scan(1)
        assert (status, page["history"]["scans"]) == (503, 1)
        redis.cli("config", "set", "maxmemory", "0")
        await until(lambda: is_ready(service), RECOVERY_SECONDS)


async def test_a_service_that_starts_without_its_redis_is_not_ready_from_the_start(
    tmp_path: Path, redis: RedisServer
) -> None:
    redis.cli("replicaof", "127.0.0.1", str(free_port()))
    async with running(tmp_path, redis) as service:
        assert (await service.ready())[0] == 503
        redis.cli("replicaof", "no", "one")
        await until(lambda: is_ready(service), RECOVERY_SECONDS)


async def test_the_recorder_reports_stream_and_ledger(
    postgres: PostgresServer, redis: RedisServer
) -> None:
    url = postgres.database()
    async with await open_ledger(url) as ledger:
        await ledger.migrate()
    settings = ResolverSettings(ledger=url, journal=redis.url(), recorder_admin_port=0)
    process = Process(settings, recorder=True)
    try:

        async def shows(**states: int) -> bool:
            return await dependency_states(process.admin_url) == states

        await until(lambda: shows(ledger=1, journal=1), 5)
        redis.cli("replicaof", "127.0.0.1", str(free_port()))
        await until(lambda: shows(ledger=1, journal=0), 5)
        await asyncio.sleep(1.5)  # retries meanwhile
        redis.cli("replicaof", "no", "one")
        await until(lambda: shows(ledger=1, journal=1), RECOVERY_SECONDS)
        set_read_only(postgres, url, "on")
        await until(lambda: shows(ledger=0, journal=1), 5)
        set_read_only(postgres, url, "off")
        await until(lambda: shows(ledger=1, journal=1), RECOVERY_SECONDS)
    except BaseException:
        process.end()
        raise
    process.child.terminate()
    _, log = process.child.communicate(timeout=20)
    assert log.count("dependency fails") == log.count("dependency works again") == 2
    assert "scans not recorded" not in log


def set_read_only(postgres: PostgresServer, url: str, value: str) -> None:
    """As after a fail-over to a standby: connections are cut, and new ones cannot write."""
    name = url.rpartition("/")[2]
    postgres.sql(f"ALTER DATABASE {name} SET default_transaction_read_only = {value}")
    ended = f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'"  # noqa: S608 - ours
    postgres.sql(ended)


async def test_checks_leave_nothing_behind(redis: RedisServer) -> None:
    store = open_store(redis.url())
    await store.ready()
    history = RedisHistoryStore(store, no_partition, token_seconds=600)
    journal = StreamJournal(store, capacity=10, stream_capacity=10)
    counter = RedisRequestCounter(store, MemoryRequestCounter(Clock()))
    for dependency in (history, journal, counter):
        await dependency.check()
    await asyncio.sleep(0.05)  # a counter lives a millisecond
    assert redis.cli("keys", "*") == ""
    await journal.close()


async def no_partition(_batch: int, _number: int) -> Partition:
    return Partition({}, [])


async def test_a_dependency_that_fails_for_some_requests_is_not_back_between_them() -> None:
    async def passes() -> None:
        pass

    monitor = HealthMonitor({"history": passes})
    with capture_logs() as log:
        for _ in range(5):
            monitor.report_failure("history", ConnectionError("one shard is down"))
            await monitor.check()
            assert not monitor.is_up("history")
        await monitor.check()
        assert monitor.is_up("history")
    assert [line["event"] for line in log] == ["dependency fails", "dependency works again"]


async def test_a_check_that_never_returns_is_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    async def hangs() -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr("resolver.dependency_health._ANSWER_SECONDS", 0.05)
    monitor = HealthMonitor({"journal": hangs})
    await monitor.check()
    assert not monitor.is_up("journal")
