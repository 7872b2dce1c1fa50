"""A supervisor that is killed leaves no workers behind, and its place can be taken at once."""

import asyncio
import os
import random
import signal
import socket
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import aiohttp
import pytest

from ledger import open_ledger
from resolver import ResolverSettings
from tests.resolver.house import code_of, furnished
from tests.resolver.process import Process
from tests.resolver.test_failures import STAMPS, Load, seen
from tests.servers import RedisServer, free_port


@pytest.fixture
async def settings(tmp_path: Path, redis_server: RedisServer) -> ResolverSettings:
    redis = redis_server.url(database=5)
    return ResolverSettings(
        ledger=f"sqlite:///{tmp_path / 'ledger.db'}",
        history=redis,
        journal=redis,
        workers=2,
        port=free_port(),
        admin_port=0,
        recorder_admin_port=0,
        drain_seconds=2.0,
    )


@pytest.fixture
async def batch(tmp_path: Path) -> int:
    return (await furnished(tmp_path / "ledger.db")).active


def running(pids: list[int]) -> list[int]:
    """Those that are neither gone nor waiting to be buried (a container may have no undertaker)."""
    found = []
    for pid in pids:
        with suppress(OSError):
            if Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z":
                found.append(pid)
    return found


def free_pair() -> int:
    """A port that is free, and the next one too; below those that connections are given."""
    while True:
        port = random.randrange(20_000, 30_000)
        with (
            suppress(OSError),
            socket.create_server(("127.0.0.1", port)),
            socket.create_server(("127.0.0.1", port + 1)),
        ):
            return port


async def until(true: Callable[[], bool], seconds: float) -> None:
    async with asyncio.timeout(seconds):
        await seen(true)


async def test_kill_9_of_the_supervisor_drains_its_workers_and_another_takes_the_port(
    settings: ResolverSettings, batch: int
) -> None:
    first = Process(settings)
    orphans = first.workers()
    assert len(orphans) == 2
    recorder = Process(settings, recorder=True)
    load = Load(first.url, batch)
    async with load.running():
        await load.until(50)
        first.kill()
        second = Process(settings)  # at once, while the old workers drain
        assert second.url == first.url
        await until(lambda: not running(orphans), seconds=10)
        await load.until(100)
    assert len(second.workers()) == 2
    async with await open_ledger(settings.ledger) as ledger:
        async with asyncio.timeout(20):
            while True:
                kept = [
                    len(await ledger.scans.list_of_stamp(batch, index)) for index in range(STAMPS)
                ]
                if all(n >= load.answered[index] for index, n in enumerate(kept)):
                    break
                await asyncio.sleep(0.2)
    assert sum(kept) <= load.answered.total() + load.lost + load.refused.total() + 12
    assert second.end() == 0
    assert recorder.end() == 0


async def test_the_admin_ports_are_free_for_the_next_while_old_requests_finish(
    settings: ResolverSettings, batch: int
) -> None:
    """An answer that is not ours leaves late: so long the old worker is busy."""
    settings = settings.model_copy(update={"admin_port": free_pair(), "unknown_code_seconds": 1.5})
    first = Process(settings)
    orphans = first.workers()
    async with aiohttp.ClientSession() as session:
        asked = asyncio.create_task(session.get(f"{first.url}/S/{'0' * 20}"))
        await asyncio.sleep(0.3)
        first.kill()
        second = Process(settings)
        assert (await asked).status == 404  # what was under way was finished
        await until(lambda: not running(orphans), seconds=10)
        async with session.get(f"{second.url}/S/{code_of(batch, 1)}") as page:
            assert page.status == 200
        async with session.get(f"http://127.0.0.1:{settings.admin_port}/metrics") as metrics:
            assert metrics.status == 200
    assert second.end() == 0


async def test_a_worker_that_stands_still_is_gone_all_the_same(
    settings: ResolverSettings, batch: int
) -> None:
    process = Process(settings.model_copy(update={"drain_seconds": 0.2}))
    orphans = process.workers()
    os.kill(orphans[0], signal.SIGSTOP)
    process.kill()
    await until(lambda: running(orphans) == [orphans[0]], seconds=5)
    os.kill(orphans[0], signal.SIGCONT)  # a stopped process hears nothing; woken, it goes
    await until(lambda: not running(orphans), seconds=8)


async def test_a_worker_that_is_stopped_is_replaced(settings: ResolverSettings, batch: int) -> None:
    """Without a heartbeat it keeps its share of the connections and answers none of them."""
    service = Process(settings.model_copy(update={"silent_seconds": 2.0}))
    stopped, other = service.workers()
    os.kill(stopped, signal.SIGSTOP)
    await until(lambda: not running([stopped]), seconds=20)
    await until(lambda: len(running(service.workers())) == 2, seconds=20)
    assert other in service.workers()
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(10)) as session:
        for _ in range(20):
            async with session.get(f"{service.url}/S/{code_of(batch, 1)}") as page:
                assert page.status == 200
    assert service.end() == 0


async def test_a_service_that_was_stopped_as_a_whole_keeps_its_workers(
    settings: ResolverSettings, batch: int
) -> None:
    """The machine was suspended, or somebody debugs: nobody was silent alone."""
    service = Process(settings.model_copy(update={"silent_seconds": 2.0}))
    workers = service.workers()
    processes = [service.child.pid, *workers]
    for pid in processes:
        os.kill(pid, signal.SIGSTOP)
    await asyncio.sleep(4)
    for pid in processes:
        os.kill(pid, signal.SIGCONT)
    await asyncio.sleep(3)
    assert service.workers() == workers
    async with (
        aiohttp.ClientSession() as session,
        session.get(f"{service.url}/S/{code_of(batch, 1)}") as page,
    ):
        assert page.status == 200
    assert service.end() == 0
