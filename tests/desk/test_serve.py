"""The desk as a process, its readiness, and slow clients."""

import asyncio
import signal
import sys
from pathlib import Path

import aiohttp
import pytest

import config
from desk.settings import DeskSettings
from ledger import open_ledger
from tests.desk.running_desk import RunningDesk, running_desk

PROCESS = """
import sys
from desk.serve import serve
from desk.settings import DeskSettings
from detection.rules import Rules
from issuer import Signer, StampKeys
from notices.settings import NoticeSettings
serve(
    DeskSettings(ledger=sys.argv[1], port=0, admin_port=0),
    keys=StampKeys.derive({0: b"m" * 32}),
    signer=Signer({0: b"i" * 32}),
    mark=None,
    secret=b"s" * 32,
    otp_keys=lambda: [bytes(32)],
    webhook_keys=lambda: [bytes(32)],
    notices=NoticeSettings(),
    rules=Rules(),
    stamp_host="VERITEM.VN",
    ready=lambda url, _: print(url, flush=True),
)
"""


async def test_the_process_serves_until_sigterm(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'ledger.db'}"
    async with await open_ledger(url) as ledger:
        await ledger.migrate()
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", PROCESS, url), stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout
    address = (await asyncio.wait_for(process.stdout.readline(), 30)).decode().strip()
    async with aiohttp.ClientSession() as session:
        for path in ("/health/live", "/health/ready", "/api/openapi.json", "/sign-in"):
            async with session.get(address + path) as answer:
                assert answer.status == 200, path
        async with session.post(f"{address}/health/live") as answer:
            assert answer.status == 405
    process.send_signal(signal.SIGTERM)
    assert await asyncio.wait_for(process.wait(), 15) == 0


def spoil(desk: RunningDesk) -> None:
    Path(desk.dependencies.settings.ledger.removeprefix("sqlite:///")).write_bytes(b"no database")


async def test_a_broken_ledger_makes_the_desk_unready(desk: RunningDesk) -> None:
    spoil(desk)
    ready = await desk.call(None, "GET", "/api/openapi.json")
    assert ready.status == 200
    async with desk.session.get(f"{desk.url}/health/ready") as answer:
        assert answer.status == 503
        assert answer.content_type == "application/problem+json"
        assert "detail" not in await answer.json()


async def test_a_body_that_never_arrives_times_out(tmp_path: Path) -> None:
    async with running_desk(tmp_path, body_seconds=0.2) as desk:
        host, _, port = desk.url.removeprefix("http://").partition(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        writer.write(
            f"POST /api/v1/orders HTTP/1.1\r\nHost: x\r\nContent-Length: 50\r\n"
            f"Authorization: Bearer {desk.tokens['cap']}\r\n"
            "Content-Type: application/json\r\n\r\n{".encode()
        )
        assert b" 408 " in await asyncio.wait_for(reader.readline(), 5)
        writer.close()


async def test_connections_have_the_limits_of_the_settings(tmp_path: Path) -> None:
    async with running_desk(tmp_path, connections_per_network=2, head_seconds=0.3) as desk:
        port = int(desk.url.rpartition(":")[2])
        held = [await asyncio.open_connection("127.0.0.1", port) for _ in range(2)]
        await asyncio.sleep(0.05)
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        assert (await reader.read()).startswith(b"HTTP/1.1 503 ")
        async with asyncio.timeout(3):
            assert [await waiting.read() for waiting, _ in held] == [b"", b""]
        for _, other in [*held, (reader, writer)]:
            other.close()
        async with desk.session.get(f"{desk.admin_url}/metrics") as answer:
            metrics = await answer.text()
    assert "veritem_connections_refused_total 1.0" in metrics
    assert "veritem_connections_expired_total 2.0" in metrics


async def test_a_trusted_proxy_has_no_limit_of_its_own(tmp_path: Path) -> None:
    async with running_desk(
        tmp_path, connections_per_network=1, trusted_proxies=("127.0.0.1",)
    ) as desk:
        port = int(desk.url.rpartition(":")[2])
        _, held = await asyncio.open_connection("127.0.0.1", port)
        async with desk.session.get(f"{desk.url}/health/live") as answer:
            assert answer.status == 200
        held.close()


def test_every_setting_is_described() -> None:
    described = {
        setting.name for setting in config.list_settings(DeskSettings) if setting.description
    }
    # These are not the operator's to set twice: they come from sections of their own.
    filled = {"ledger", "attachments", "evidence", "report_spool"}
    assert described == set(DeskSettings.model_fields) - filled


@pytest.mark.parametrize(
    "wrong", [{"session_minutes": 0}, {"part_size": 0}, {"public_url": "desk.example"}]
)
def test_an_invalid_setting_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=next(iter(wrong))):
        DeskSettings(**wrong)
