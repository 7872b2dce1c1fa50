"""A mail worker that is killed in the middle of a mail loses nothing and tells nobody else."""

import asyncio
import shutil
import sqlite3
import sys
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

import pytest

from ledger import open_ledger
from ledger.ledger import now_ms
from services.orders import orders
from services.orders.orders import OrderRequest
from tests.notices.mail_office import give_address, make_worker, turn
from tests.notices.mail_server import MailBox, run_mail_server
from tests.notices.receivers import TestTls
from tests.services.conftest import furnished  # noqa: F401 - a fixture
from tests.services.office import Office, open_office

WORKER = """
import asyncio, ssl, sys
from ledger import open_ledger
from ledger.ledger import now_ms
from tests.notices.mail_office import make_worker
from tests.notices.mail_server import MailBox
async def work():
    url, port, when = sys.argv[1], int(sys.argv[2]), sys.argv[3]
    async with await open_ledger(url, clock=now_ms) as ledger:
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        worker = make_worker(ledger, MailBox(port), now_ms, context, mail_seconds=30.0)
        if when == "composed":
            original = ledger.mail_waiting.compose
            async def compose(staff):
                await original(staff)
                print("composed", flush=True)
                await asyncio.sleep(60)
            ledger.mail_waiting.compose = compose
        await worker.run(asyncio.Event())
asyncio.run(work())
"""


@pytest.fixture
async def office(furnished: Path, tmp_path: Path) -> AsyncIterator[Office]:  # noqa: F811
    path = shutil.copy(furnished, tmp_path / "ledger.db")
    async with open_office(path) as opened:
        opened.now = now_ms()
        yield opened


@pytest.fixture
async def box(tls: TestTls) -> AsyncIterator[MailBox]:
    async with run_mail_server(tls.server) as running:
        yield running


async def prepare(office: Office, path: Path) -> None:
    """An order waits, and an authority with an address is to be told."""
    await give_address(office.ledger, "authority", office.now - 60_000)
    request = OrderRequest(
        count=10, grade="sealed", product="ri6", packer="krong-pac", print_house="in-mekong",
        is_another=True,
    )  # fmt: skip
    await orders.request_order(office.context("issuer"), request)
    with closing(sqlite3.connect(path)) as raw, raw:
        raw.execute("UPDATE mail_addresses SET verified_at = 0")


async def start(url: str, box: MailBox, when: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", WORKER, url, str(box.port), when), stdout=asyncio.subprocess.PIPE
    )


@pytest.mark.parametrize("when", ["composed", "sent"])
async def test_kill_9_of_a_mail_worker_loses_nothing(
    office: Office, box: MailBox, tls: TestTls, tmp_path: Path, when: str
) -> None:
    path = tmp_path / "ledger.db"
    url = f"sqlite:///{path}"
    await prepare(office, path)
    box.delay = 60.0
    process = await start(url, box, when)
    if when == "composed":
        assert process.stdout
        await asyncio.wait_for(process.stdout.readline(), 60)
    else:
        await asyncio.wait_for(box.came.wait(), 60)
    process.kill()
    await process.wait()
    box.delay = 0.0
    later = now_ms() + 3_600_000
    async with await open_ledger(url, clock=lambda: later) as ledger:
        [mail] = [
            one
            for one in await ledger.mails.find_page(state=None, limit=9)
            if one.purpose == "notice"
        ]
        assert (mail.state, mail.attempts) == ("waiting", 0)
        worker = make_worker(ledger, box, lambda: later, tls.client)
        for _ in range(2):
            await turn(worker)
        assert (await ledger.mails.get(mail.id)).state == "sent"
    ids = [message["Message-ID"] for _, message in box.mails]
    assert ids == [f"<{mail.id}@veritem.example>"]
