"""A resolver is replaced, or restarted, and no client notices (docs/restarts.md)."""

import asyncio
import signal
import socket
from collections import Counter
from pathlib import Path

import aiohttp
import pytest

from ledger import open_ledger
from resolver import ResolverSettings
from tests.resolver.house import JSON, code_of, furnished
from tests.servers import RedisServer, free_port
from tests.service_manager import ManagedService
from tests.steady_load import SteadyLoad

STAMPS = 40


class Shop:
    """Shoppers who scan the stamps of a batch, one after another."""

    def __init__(self, settings: ResolverSettings, batch: int) -> None:
        self.url = f"http://127.0.0.1:{settings.port}"
        self.batch = batch
        self.recorded: Counter[int] = Counter()
        self._next = 0

    async def scan(self, session: aiohttp.ClientSession) -> None:
        """Open the page of a stamp, and scan it."""
        self._next += 1
        index = self._next % STAMPS
        code = code_of(self.batch, index)
        async with session.get(f"{self.url}/S/{code}", headers=JSON) as page:
            assert page.status == 200, await page.text()
            token = (await page.json())["token"]
        network = {"X-Forwarded-For": f"198.51.100.{self._next % 3}"}
        body = {"code": code, "token": token, "place": {"province": "66"}}
        async with session.post(f"{self.url}/v1/scans", json=body, headers=network) as answer:
            assert answer.status == 200, await answer.text()
            assert (await answer.json())["recorded"]
        self.recorded[index] += 1


@pytest.fixture
def rules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file of the rules; with nonsense in it no process can start."""
    file = tmp_path / "rules.json"
    file.write_text("{}")
    monkeypatch.setenv("VERITEM_TEST_RULES", str(file))
    return file


@pytest.fixture
async def batch(tmp_path: Path) -> int:
    return (await furnished(tmp_path / "ledger.db")).active


def make_settings(folder: Path, **more: object) -> ResolverSettings:
    return ResolverSettings.model_validate(
        {
            "ledger": f"sqlite:///{folder / 'ledger.db'}",
            "port": free_port(),
            "admin_port": free_port(2),
            "recorder_admin_port": 0,
            "trusted_proxies": ("127.0.0.1",),
            **more,
        }
    )


def manage(settings: ResolverSettings, *sockets: socket.socket) -> ManagedService:
    command = ("-m", "tests.resolver.process", "serve", settings.model_dump_json())
    return ManagedService(*command, sockets=sockets)


async def assert_recorded_once(settings: ResolverSettings, shop: Shop) -> None:
    """Every scan that was answered is in the ledger once."""
    async with await open_ledger(settings.ledger) as ledger:
        for index in range(STAMPS):
            rows = await ledger.scans.list_of_stamp(shop.batch, index)
            assert len(rows) == shop.recorded[index]


async def test_one_process_with_memory_is_replaced_and_restarted_without_a_failure(
    tmp_path: Path, batch: int, rules: Path
) -> None:
    settings = make_settings(tmp_path)
    shop = Shop(settings, batch)
    load = SteadyLoad(shop.scan)
    with (
        socket.create_server(("127.0.0.1", settings.port), backlog=1024) as public,
        manage(settings, public) as service,
    ):
        async with load.running():
            await fail_to_replace(service, rules)
            first = service.pid
            await asyncio.to_thread(service.reload)
            assert service.pid != first
            await load.until(40)
            await asyncio.to_thread(service.restart)  # connections wait in the manager's socket
            await load.until(40)
    assert load.failures == []
    await assert_recorded_once(settings, shop)


async def test_workers_and_recorder_on_redis_are_replaced_without_a_failure(
    tmp_path: Path, batch: int, redis_server: RedisServer, rules: Path
) -> None:
    redis = redis_server.url(database=7)
    settings = make_settings(tmp_path, history=redis, journal=redis, workers=2)
    shop = Shop(settings, batch)
    load = SteadyLoad(shop.scan)
    recording = ("-m", "tests.resolver.process", "record", settings.model_dump_json())
    with manage(settings) as service, ManagedService(*recording) as recorder:
        async with load.running():
            await load.until(40)
            await fail_to_replace(service, rules)
            for one in (service, recorder):
                await asyncio.to_thread(one.reload)
            recorder.signal(signal.SIGHUP)  # reloads the rules
            await load.until(40)
            async with aiohttp.ClientSession() as session:
                url = f"http://127.0.0.1:{settings.admin_port}/metrics"
                async with session.get(url) as metrics:
                    assert metrics.status == 200
        assert load.failures == []
        await until_recorded(settings, shop)
        assert "reloaded" in recorder.log.read_text()
    await assert_recorded_once(settings, shop)


async def fail_to_replace(service: ManagedService, rules: Path) -> None:
    """Start a successor that cannot start; the process goes on."""
    write(rules, "nonsense")
    service.signal(signal.SIGUSR2)
    await until_logged(service, "not replaced")
    write(rules, "{}")


def write(file: Path, text: str) -> None:
    file.write_text(text)


async def until_recorded(settings: ResolverSettings, shop: Shop) -> None:
    async with asyncio.timeout(60), await open_ledger(settings.ledger) as ledger:
        while await ledger.scans.count() < shop.recorded.total():  # noqa: ASYNC110 - the recorder
            await asyncio.sleep(0.05)


async def until_logged(service: ManagedService, words: str) -> None:
    async with asyncio.timeout(60):
        while words not in service.log.read_text():  # noqa: ASYNC110 - another process
            await asyncio.sleep(0.05)
