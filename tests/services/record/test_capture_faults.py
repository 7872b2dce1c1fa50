"""A process that records captures is killed again and again: nothing is lost, doubled or half."""

import asyncio
import os
import random
import shutil
import signal
import sys
from collections import Counter
from pathlib import Path

import orjson
import pytest

from ledger import open_ledger
from ledger.record.epcis_captures import CaptureBehaviour
from ledger.record.epcis_events import EventFilter
from services.record.event_captures import add_capture
from tests.database_roles import login, make_roles
from tests.servers import PostgresServer
from tests.services.office import NOW, furnish_ledger, open_office
from tests.traceability.epcis.standard_examples import RECEIVING, make_document

EVENTS = 10_000
KILLS = 6
RUNNER = """
import asyncio, sys
from ledger import open_ledger
from ledger.ledger import now_ms
from services.record import event_captures
from services.record.event_captures import CaptureRunner
event_captures._LEASE_MS = 500
event_captures._IDLE_SECONDS = 0.05
async def work():
    async with await open_ledger(sys.argv[1], clock=now_ms) as ledger:
        print("ready", flush=True)
        await CaptureRunner(ledger, now_ms).run()
asyncio.run(work())
"""


def document(part: int) -> bytes:
    events = [
        {**RECEIVING, "eventTime": "2026-01-12T09:15:00Z", "epcList": [f"urn:example:{part}:{n}"]}
        for n in range(EVENTS)
    ]
    return orjson.dumps(make_document(*events))


@pytest.fixture(params=["sqlite", "postgresql"])
async def urls(request: pytest.FixtureRequest, furnished: Path, tmp_path: Path) -> tuple[str, str]:
    """The address of a ledger for its owner, and for the runner: with the desk's role."""
    if request.param == "sqlite":
        url = f"sqlite:///{shutil.copy(furnished, tmp_path / 'ledger.db')}"
        return url, url
    server: PostgresServer = request.getfixturevalue("postgres")
    url = server.database()
    await furnish_ledger(url)
    make_roles(url)
    return url, login(url, "desk")


async def test_a_killed_runner_loses_and_doubles_nothing(urls: tuple[str, str]) -> None:
    url, runner_url = urls
    behaviours: list[CaptureBehaviour] = ["rollback", "proceed"]
    async with open_office(url) as office:
        office.now = NOW
        context = office.context("packer")
        captures = [
            await add_capture(context, document(part), behaviour)
            for part, behaviour in enumerate(behaviours)
        ]
    chance = random.Random(7)
    for n in range(KILLS):
        runner = await asyncio.create_subprocess_exec(
            *(sys.executable, "-c", RUNNER, runner_url), stdout=asyncio.subprocess.PIPE
        )
        assert runner.stdout is not None
        assert await runner.stdout.readline()
        await asyncio.sleep(chance.uniform(0.0, 1.5) * (n + 1))
        os.kill(runner.pid, signal.SIGKILL)
        await runner.wait()
        await _check_whole_or_none(url, [one.id for one in captures], behaviours)
    runner = await asyncio.create_subprocess_exec(*(sys.executable, "-c", RUNNER, runner_url))
    try:
        async with await open_ledger(url) as ledger:
            for _ in range(2_400):
                found = await ledger.epcis_captures.find_page(None, limit=9)
                if all(one.state == "finished" for one in found):
                    break
                await asyncio.sleep(0.05)
            assert {one.state for one in found} == {"finished"}
            assert [one.added for one in found] == [EVENTS] * 2
        assert await _count_by_part(url) == dict.fromkeys(range(2), EVENTS)
    finally:
        runner.kill()
        await runner.wait()


async def _check_whole_or_none(
    url: str, ids: list[str], behaviours: list[CaptureBehaviour]
) -> None:
    counts = await _count_by_part(url)
    async with await open_ledger(url) as ledger:
        for part, (id_, behaviour) in enumerate(zip(ids, behaviours, strict=True)):
            [capture] = await ledger.epcis_captures.find_page(None, id_=id_, limit=1)
            expected = capture.added
            assert counts.get(part, 0) == expected
            if behaviour == "rollback":
                assert expected in (0, EVENTS)


async def _count_by_part(url: str) -> dict[int, int]:
    counts: Counter[int] = Counter()
    async with await open_ledger(url) as ledger:
        after = None
        while rows := await ledger.epcis_events.find_page(EventFilter(), after=after, limit=2000):
            counts.update(int(row.body["epcList"][0].split(":")[2]) for row in rows)
            after = (rows[-1].at, rows[-1].id, rows[-1].organisation)
    return dict(counts)
