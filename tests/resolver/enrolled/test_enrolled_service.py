"""Enrolled devices at a whole site: two workers and a recorder on Redis and PostgreSQL."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass

import aiohttp
import pytest

from ledger import Ledger, ScanRow, open_ledger
from resolver import ResolverSettings
from resolver.journal.encoding import encode_evidence
from resolver.journal.stream import FIELD, STREAM
from resolver.recorder.recorder import REFUSED
from resolver.redis import RedisStore, open_store
from tests.resolver.enrolled.device import (
    HANOI,
    HOUR_MS,
    SAIGON,
    TestDevice,
    enrol,
    evidence_of,
    send,
)
from tests.resolver.house import Batches, code_of, furnish
from tests.resolver.process import Process
from tests.servers import PostgresServer, RedisServer


def now_ms() -> int:
    return time.time_ns() // 1_000_000


@dataclass
class Site:
    """The processes and stores of one test."""

    ledger: Ledger
    batches: Batches
    stream: RedisStore
    resolver: Process
    settings: ResolverSettings

    async def find_rows(self, index: int, count: int, seconds: float = 20) -> list[ScanRow]:
        """The scans of a stamp, once there are `count`."""
        async with asyncio.timeout(seconds):
            while True:
                rows = await self.ledger.scans.list_of_stamp(self.batches.active, index)
                if len(rows) >= count:
                    return rows
                await asyncio.sleep(0.02)

    async def drain(self, seconds: float = 20) -> None:
        async with asyncio.timeout(seconds):
            while await self.stream.call(STREAM, "XLEN", STREAM):  # noqa: ASYNC110 - another's
                await asyncio.sleep(0.02)


@pytest.fixture
async def site(postgres: PostgresServer, redis_server: RedisServer) -> AsyncIterator[Site]:
    redis = redis_server.url(6)
    settings = ResolverSettings(
        ledger=postgres.database(),
        history=redis,
        journal=redis,
        workers=2,
        port=0,
        admin_port=0,
        recorder_admin_port=0,
    )
    stream = open_store(redis)
    await stream.ready()
    await stream.call(b"", "FLUSHDB")
    async with await open_ledger(settings.ledger) as ledger:
        await ledger.migrate()
        batches = await furnish(ledger, now_ms() - HOUR_MS)
        made = Site(ledger, batches, stream, Process(settings), settings)
        yield made
        made.resolver.end()  # the one that runs now: a test may have replaced it
    await stream.close()


@pytest.fixture
def recorder(site: Site) -> Iterator[Process]:
    process = Process(site.settings, recorder=True)
    yield process
    process.end()


async def test_an_inspectors_scan_reaches_the_ledger_and_a_forged_one_does_not(
    site: Site, recorder: Process
) -> None:
    inspector = await enrol(site.ledger, now_ms() - HOUR_MS)
    code, url = code_of(site.batches.active, 1), site.resolver.url
    status, told = await send(url, inspector.sign(code, now_ms(), HANOI))
    assert (status, told["recorded"]) == (200, True)
    [row] = await site.find_rows(1, 1)
    assert (row.via, row.province) == ("inspector", "01")
    assert row.signed is not None

    # What a stolen resolver can do: it has Redis, the opening keys and every scan that it saw.
    forged = [
        evidence_of(row.signed, at=row.at + 1),
        evidence_of(row.signed, index=2),
        evidence_of(row.signed, lat=10.78, lon=106.7, province="79"),
        evidence_of(inspector.sign(code, now_ms(), SAIGON), signed=None, index=2),
    ]
    for evidence in forged:
        entry = encode_evidence(evidence._replace(alert=True))
        await site.stream.call(STREAM, "XADD", STREAM, "*", FIELD, entry)
    await site.drain()
    assert await site.ledger.scans.list_of_stamp(site.batches.active, 1) == [row]
    assert await site.ledger.scans.list_of_stamp(site.batches.active, 2) == []
    assert await site.ledger.alerts.list() == []
    assert await site.stream.call(STREAM, "XLEN", REFUSED) == len(forged)
    refused = [
        sum(line.details["why"].values())
        for line in await site.ledger.audit.list_after()
        if line.action == "scans.refuse"
    ]
    assert sum(refused) == len(forged)
    async with (
        aiohttp.ClientSession() as session,
        session.get(f"{recorder.admin_url}/metrics") as answer,
    ):
        metrics = await answer.text()
    assert 'veritem_recorder_unproven_total{why="other-stamp"} 1.0' in metrics


async def test_a_scan_counts_once_at_all_workers_and_through_kills(site: Site) -> None:
    inspector = await enrol(site.ledger, now_ms() - HOUR_MS)
    code, url = code_of(site.batches.active, 3), site.resolver.url
    text = inspector.sign(code, now_ms(), HANOI)
    statuses = await asyncio.gather(*(send(url, text) for _ in range(8)))
    assert sorted(status for status, _ in statuses) == [200] + [409] * 7
    # Redis has the scan, nobody has recorded it: the recorder dies while it takes it.
    first = Process(site.settings, recorder=True)
    first.kill()
    site.resolver.kill()
    site.resolver = Process(site.settings)
    assert (await send(site.resolver.url, text))[0] == 409
    second = Process(site.settings, recorder=True)
    try:
        [row] = await site.find_rows(3, 1)
        await site.drain()
        assert (row.via, row.signed) == ("inspector", text)
        await site.stream.call(b"", "FLUSHDB")  # the histories are rebuilt from the ledger
        await site.stream.call(STREAM, "PING")
        assert (await send(site.resolver.url, text))[0] == 409
    finally:
        second.end()
    assert len(await site.ledger.scans.list_of_stamp(site.batches.active, 3)) == 1


async def test_revocation_reaches_every_worker_within_a_second(
    site: Site, recorder: Process
) -> None:
    inspector = await enrol(site.ledger, now_ms() - HOUR_MS)
    other = await enrol(site.ledger, now_ms() - HOUR_MS)
    code, url = code_of(site.batches.active, 4), site.resolver.url

    async def ask(device: TestDevice) -> set[int]:
        """The statuses of ten scans, each on a connection of its own: both workers answer."""
        asked = [send(url, device.sign(code, now_ms())) for _ in range(10)]
        return {status for status, _ in await asyncio.gather(*asked)}

    assert await ask(inspector) == await ask(other) == {200}
    await site.ledger.devices.revoke(inspector.id, actor="thanh")
    began = time.monotonic()
    while await ask(inspector) != {403}:
        assert time.monotonic() - began < 2  # a second, on a machine that is busy with tests
    assert await ask(other) == {200}
