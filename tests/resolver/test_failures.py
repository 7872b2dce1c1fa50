"""The table of failures (`docs/failures.md`): what is lost when a process dies under load.

Real servers and real processes; each dies by kill -9 while shoppers scan, and comes back. What
must hold every time: every scan that was answered as recorded is in the ledger exactly once.
"""

import asyncio
import os
import signal
import subprocess
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import pytest

from ledger import Ledger, open_ledger
from resolver import ResolverSettings
from stamps.lifecycle import Transition
from tests.resolver.house import JSON, Clock, code_of, furnish, transition
from tests.resolver.process import Process
from tests.servers import PostgresServer, RedisServer

STAMPS = 40


@dataclass
class Load:
    """Shoppers who scan one stamp after another, and what they were told."""

    url: str
    batch: int
    stamps: int = STAMPS
    answered: Counter[int] = field(default_factory=Counter)
    refused: Counter[int] = field(default_factory=Counter)
    lost: int = 0

    @asynccontextmanager
    async def running(self, shoppers: int = 12) -> AsyncIterator[None]:
        tasks = [asyncio.create_task(self._shop(start)) for start in range(shoppers)]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _shop(self, start: int) -> None:
        index = start
        while True:
            index = (index + 7) % self.stamps
            try:
                async with aiohttp.ClientSession() as session:
                    await self.scan(session, index)
            except (aiohttp.ClientError, OSError):
                self.lost += 1
                await asyncio.sleep(0.05)

    async def scan(self, session: aiohttp.ClientSession, index: int) -> None:
        """Scan a stamp from one of three networks: so few that no threshold of ours is reached."""
        code = code_of(self.batch, index)
        network = {"X-Forwarded-For": f"198.51.100.{self.answered.total() % 3}"}
        async with session.get(f"{self.url}/S/{code}", headers=JSON) as page:
            told = await page.json()
        body = {"code": code, "token": told.get("token", "x"), "place": {"province": "66"}}
        async with session.post(f"{self.url}/v1/scans", json=body, headers=network) as answer:
            if answer.status == 200 and (await answer.json())["recorded"]:
                self.answered[index] += 1
            else:
                self.refused[answer.status] += 1
                await asyncio.sleep(0.02)

    async def until(self, scans: int, seconds: float = 20) -> None:
        """Wait until so many scans more were answered."""
        goal = self.answered.total() + scans
        async with asyncio.timeout(seconds):
            await seen(lambda: self.answered.total() >= goal)


class Site:
    """The servers and processes, started once for the whole table."""

    def __init__(self) -> None:
        self.postgres = PostgresServer().start()
        self.redis = RedisServer().start()
        self.url = self.postgres.database()
        asyncio.run(_migrate(self.url))
        self.settings = ResolverSettings(
            ledger=self.url,
            history=self.redis.url(),
            journal=self.redis.url(),
            workers=2,
            port=0,
            admin_port=0,
            recorder_admin_port=0,
            trusted_proxies=("127.0.0.1",),
            stale_seconds=1.0,
        )
        self.rules = self.redis.directory / "rules.json"
        self.rules.write_text("{}")
        os.environ["VERITEM_TEST_RULES"] = str(self.rules)
        self.resolver = Process(self.settings)
        self.recorder = Process(self.settings, recorder=True)

    def close(self) -> None:
        del os.environ["VERITEM_TEST_RULES"]
        self.resolver.end()
        self.recorder.end()
        self.redis.close()
        self.postgres.close()

    def redis_cli(self, *words: str) -> str:
        return subprocess.run(
            ["redis-cli", "-p", str(self.redis.port), *words],
            capture_output=True,
            text=True,
            check=True,
        ).stdout


async def _migrate(url: str) -> None:
    async with await open_ledger(url) as ledger:
        await ledger.migrate()


@dataclass
class Town:
    """The site with batches and shoppers of one test."""

    site: Site
    ledger: Ledger
    load: Load

    @property
    def resolver(self) -> Process:
        return self.site.resolver

    async def everything_answered_is_in_the_ledger_once(self) -> None:
        """Wait for the recorder to catch up, then compare scan by scan."""
        async with asyncio.timeout(30):
            await seen(lambda: int(self.site.redis_cli("xlen", "veritem:{scans}")) == 0)
        total = 0
        for index in range(STAMPS):
            kept = await self.ledger.scans.list_of_stamp(self.load.batch, index)
            assert len({row.id for row in kept}) == len(kept)
            assert len(kept) >= self.load.answered[index]
            total += len(kept)
        # What was answered otherwise may have been kept: nobody knew whether it arrived.
        unsure = self.load.lost + self.load.refused.total() + 12
        assert total <= self.load.answered.total() + unsure


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    made = Site()
    yield made
    made.close()


@pytest.fixture
async def town(site: Site) -> AsyncIterator[Town]:
    async with await open_ledger(site.url) as ledger:
        batch = (await furnish(ledger, Clock()(), shelf_life_days=3650)).active
        yield Town(site, ledger, Load(site.resolver.url, batch))


async def test_kill_9_of_a_worker(town: Town) -> None:
    async with town.load.running():
        await town.load.until(100)
        first = town.resolver.workers()
        assert len(first) == 2
        os.kill(first[0], signal.SIGKILL)
        await asyncio.sleep(0.2)
        async with asyncio.timeout(15):
            await seen(lambda: len(town.resolver.workers()) == 2)
        await town.load.until(200)
    assert set(town.resolver.workers()) != set(first)
    await town.everything_answered_is_in_the_ledger_once()


async def test_kill_9_of_the_recorder(town: Town) -> None:
    async with town.load.running():
        await town.load.until(150)
        town.site.recorder.kill()
        await town.load.until(150)  # scans go on without it
        town.site.recorder = Process(town.site.settings, recorder=True)
        await town.load.until(50)
    await town.everything_answered_is_in_the_ledger_once()


@pytest.mark.parametrize("appendfsync", ["always", "everysec"])
async def test_kill_9_of_redis(town: Town, appendfsync: str) -> None:
    town.site.redis_cli("config", "set", "appendfsync", appendfsync)
    async with town.load.running():
        await town.load.until(150)
        town.site.redis.kill()
        await asyncio.sleep(0.5)
        page = await asked(town, 1)
        assert (page["verdict"], page["history"]) == ("caution", None)
        assert page["reasons"][-1] == "history_missing"
        assert page["lot"]["code"] == "DL-2026-0912"
        town.site.redis.start()
        await town.load.until(100)  # it comes back by itself
    # A process's death loses nothing under either setting: the log was given to the kernel
    # before the answer. Only the kernel's death tells `everysec` from `always`.
    await town.everything_answered_is_in_the_ledger_once()


async def test_kill_9_of_postgresql(town: Town) -> None:
    async with aiohttp.ClientSession() as session:
        await town.load.scan(session, 1)
        async with town.load.running():
            await town.load.until(150)
            town.site.postgres.kill()
            await asyncio.sleep(1.5)
            await town.load.until(50)  # cached batches are served
            page = await asked(town, 1)
            assert page["reasons"][-1] == "state_stale"
            cold = code_of(town.load.batch + 1, 1)
            async with session.get(f"{town.resolver.url}/S/{cold}", headers=JSON) as answer:
                assert (answer.status, answer.headers["Retry-After"]) == (503, "5")
            town.site.postgres.start()
            await town.load.until(50)
        page = await asked_until(town, lambda page: "state_stale" not in page["reasons"])
        async with session.get(f"{town.resolver.url}/S/{cold}", headers=JSON) as answer:
            assert answer.status == 200
    await town.everything_answered_is_in_the_ledger_once()


async def test_a_redis_that_lost_everything_is_rebuilt_from_the_ledger(town: Town) -> None:
    async with aiohttp.ClientSession() as session:
        for _ in range(3):
            await town.load.scan(session, 1)
    await town.everything_answered_is_in_the_ledger_once()
    before = (await asked(town, 1))["history"]
    town.site.redis.kill()
    for file in town.site.redis.directory.rglob("*.aof*"):
        file.unlink()
    town.site.redis.start()
    page = await asked_until(town, lambda page: page["history"] is not None)
    assert page["history"] == before
    assert before["scans"] == 3


async def test_a_token_used_at_one_worker_is_used_at_all_workers(town: Town) -> None:
    code = code_of(town.load.batch, 2)
    token = (await asked(town, 2))["token"]
    statuses = []
    for _ in range(12):  # a new connection each: both workers are met
        async with (
            aiohttp.ClientSession() as session,
            session.post(
                f"{town.resolver.url}/v1/scans", json={"code": code, "token": token}
            ) as answer,
        ):
            statuses.append(answer.status)
    assert statuses == [200] + [409] * 11


async def test_a_recall_reaches_every_worker(town: Town) -> None:
    for _ in range(8):
        assert (await asked(town, 3))["state"] == "activated"
    await transition(town.ledger, town.load.batch, Transition.RECALL, reason="food-safety")
    async with asyncio.timeout(10):  # how soon on a quiet machine: `test_feed`, docs/failures.md
        while {(await asked(town, 3))["verdict"] for _ in range(12)} != {"recalled"}:  # noqa: ASYNC110 - other processes
            await asyncio.sleep(0.1)


async def test_sighup_reloads_the_rules_and_drops_no_request(town: Town) -> None:
    async with town.load.running():
        await town.load.until(50)
        town.site.rules.write_text('{"caution": 1e-9}')
        os.kill(town.resolver.child.pid, signal.SIGHUP)
        await asked_everywhere_until(town, "caution")
        town.site.rules.write_text("nonsense")
        os.kill(town.resolver.child.pid, signal.SIGHUP)
        await town.load.until(50)  # what cannot be read changes nothing
        assert (await asked(town, 1))["verdict"] == "caution"
        town.site.rules.write_text("{}")
        os.kill(town.resolver.child.pid, signal.SIGHUP)
        await asked_until(town, lambda page: page["verdict"] == "authentic")
    assert (town.load.lost, town.load.refused.total()) == (0, 0)


async def test_workers_need_a_shared_history_store(town: Town) -> None:
    with pytest.raises(ValueError, match="workers"):
        ResolverSettings.model_validate(
            {**town.site.settings.model_dump(), "workers": 2, "history": "memory://"}
        )


async def asked(town: Town, index: int) -> dict[str, Any]:
    """The JSON answer, over a connection of its own."""
    url = f"{town.resolver.url}/S/{code_of(town.load.batch, index)}"
    for _ in range(50):
        with suppress(aiohttp.ClientError):
            async with (
                aiohttp.ClientSession(headers=JSON) as session,
                session.get(url) as answer,
            ):
                told: dict[str, Any] = await answer.json()
                return told
        await asyncio.sleep(0.05)
    raise AssertionError("no answer")


async def asked_until(town: Town, good: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    """The first answer about stamp 1 that is good."""
    for _ in range(150):
        page = await asked(town, 1)
        if good(page):
            return page
        await asyncio.sleep(0.1)
    raise AssertionError(page)


async def asked_everywhere_until(town: Town, verdict: str) -> None:
    """Wait until twelve answers in turn, which no single worker gives, have the verdict."""
    async with asyncio.timeout(20):
        while {(await asked(town, 1))["verdict"] for _ in range(12)} != {verdict}:  # noqa: ASYNC110 - other processes
            await asyncio.sleep(0.1)


async def seen(true: Callable[[], bool]) -> None:
    """Wait until something is so."""
    while not true():  # noqa: ASYNC110 - what is waited for happens in other processes
        await asyncio.sleep(0.05)
