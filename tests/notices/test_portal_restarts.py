"""A worker that is killed a hundred times loses and doubles no record of a portal."""

import asyncio
import os
import random
import shutil
import signal
import sys
from pathlib import Path

import pytest

from tests.database_roles import login, make_roles
from tests.notices.receivers import TestTls, run_receiver
from tests.notices.test_portals import Clock, Portal, connect, open_world_at, publish
from tests.servers import PostgresServer
from tests.services.office import furnish_ledger

KILLS = 100
WORKER = """
import asyncio, ssl, sys
from ledger import open_ledger
from ledger.ledger import now_ms
from ledger.notices import notices
from ledger.notices.webhooks import SEAL_PURPOSE
from ledger.storage.secret_seal import SecretSeal
from notices import retry_times, webhook_worker
from notices.webhook_sender import WebhookSender
from tests.notices.receivers import SetResolver
webhook_worker.find_retry_wait = lambda *_: 50
webhook_worker.find_rest = lambda *_: 50
webhook_worker._BUDGET_SECONDS = 0.05
async def work():
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    sender = WebhookSender(
        seconds=0.2, is_allowed=lambda _: True, tls=context, resolver=SetResolver(["127.0.0.1"])
    )
    async with await open_ledger(sys.argv[1], clock=now_ms) as ledger, sender:
        seal = SecretSeal(SEAL_PURPOSE, lambda: [bytes(32)])
        worker = webhook_worker.WebhookWorker(
            ledger, seal, sender, concurrent=2, answer_seconds=0.2, clock=now_ms
        )
        print("ready", flush=True)
        while True:
            await worker.start_turn()
            await worker.finish_turn()
            await asyncio.sleep(0.02)
asyncio.run(work())
"""


@pytest.fixture(params=["sqlite", "postgresql"])
async def urls(request: pytest.FixtureRequest, furnished: Path, tmp_path: Path) -> tuple[str, str]:
    """The address of a ledger for its owner, and for the worker: with the role of notices."""
    if request.param == "sqlite":
        url = f"sqlite:///{shutil.copy(furnished, tmp_path / 'ledger.db')}"
        return url, url
    server: PostgresServer = request.getfixturevalue("postgres")
    url = server.database()
    await furnish_ledger(url)
    make_roles(url)
    return url, login(url, "notices")


async def test_a_hundred_kills_lose_and_double_no_record(
    urls: tuple[str, str], tls: TestTls
) -> None:
    chance = random.Random(3)
    faults = ["none", "none", "500", "cut off after", "cut off before"]
    portal = Portal(lambda: chance.choice(faults))
    kills, codes = int(os.environ.get("KILLS", KILLS)), []
    owner_url, url = urls
    async with run_receiver(tls) as receiver, open_world_at(owner_url, Clock()) as office:
        receiver.answer = portal.answer
        webhook = await connect(office, receiver)
        for n in range(kills):
            if n % 4 == 0:
                codes.append(f"L{n}")
                await publish(office, codes[-1])
            worker = await asyncio.create_subprocess_exec(
                *(sys.executable, "-c", WORKER, url), stdout=asyncio.subprocess.PIPE
            )
            assert worker.stdout is not None
            assert await worker.stdout.readline()
            await asyncio.sleep(chance.uniform(0.0, 0.25))
            os.kill(worker.pid, signal.SIGKILL)
            await worker.wait()
        portal.next_fault = lambda: "none"
        worker = await asyncio.create_subprocess_exec(*(sys.executable, "-c", WORKER, url))
        try:
            for _ in range(600):
                waiting = await office.ledger.notices.find_page(webhook, state="waiting", limit=1)
                if len(portal.records) == len(codes) and not waiting:
                    break
                await asyncio.sleep(0.1)
        finally:
            worker.kill()
            await worker.wait()
        assert portal.list_lots() == sorted(codes)
        states = await office.ledger.notices.find_page(webhook, state=None, limit=99)
        assert {one.state for one in states} == {"delivered"}
        assert len(states) == len(codes)
