"""The worker delivers each event at least once, and a dead receiver delays nobody."""

import asyncio
import json
import shutil
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from standardwebhooks.webhooks import Webhook as Verifier

from issuer import Issuer
from ledger import Ledger, open_ledger
from ledger.ledger import now_ms
from ledger.notices.notices import Notice
from ledger.notices.webhooks import SEAL_PURPOSE
from ledger.storage.secret_seal import SecretSeal
from notices.webhook_worker import WebhookWorker
from services.notices.webhooks import WebhookRequest, add_webhook, rotate_secret
from services.notices.webhooks import WebhookWithSecret as Made
from tests.notices.receivers import Receiver, TestTls, drip, run_receiver
from tests.notices.test_webhook_sender import make_sender
from tests.services.conftest import furnished  # noqa: F401 - a fixture
from tests.services.office import ACTORS, KEYS, SIGNER, Office

SEAL = SecretSeal(SEAL_PURPOSE, lambda: [bytes(32)])


@pytest.fixture
async def office(furnished: Path, tmp_path: Path) -> AsyncIterator[Office]:  # noqa: F811
    """An office of today, because receivers refuse messages of another time."""
    url = f"sqlite:///{shutil.copy(furnished, tmp_path / 'ledger.db')}"
    async with await open_ledger(url, clock=now_ms) as ledger:
        yield Office(ledger, Issuer(ledger, KEYS, SIGNER), now=now_ms())


@asynccontextmanager
async def make_worker(
    ledger: Ledger, tls: TestTls, clock: Callable[[], int], seconds: float = 5.0
) -> AsyncIterator[WebhookWorker]:
    async with make_sender(tls, seconds=seconds) as sender:
        worker = WebhookWorker(
            ledger, SEAL, sender, concurrent=4, answer_seconds=seconds, clock=clock
        )
        yield worker
        await worker.close()


async def subscribe(office: Office, who: str, receiver: Receiver, *events: str) -> Made:
    context = office.context(who)
    own = ACTORS[who].organisation or ""
    return await add_webhook(context, SEAL, WebhookRequest(own, receiver.url, events))


async def turn(worker: WebhookWorker) -> None:
    await worker.start_turn()
    await worker.finish_turn()


def types(receiver: Receiver) -> list[str]:
    return [json.loads(body)["type"] for _, body in receiver.requests]


async def test_events_arrive_signed_and_a_failed_one_comes_again_with_its_id(
    office: Office, tls: TestTls
) -> None:
    async with run_receiver(tls) as receiver, make_worker(office.ledger, tls, now_ms) as worker:
        made = await subscribe(office, "packer", receiver, "order.decided", "stamps.activated")
        await office.activate_batch(10)
        receiver.status = 503
        await turn(worker)
        assert len(receiver.requests) == 1  # the webhook rests after a failure
        receiver.status = 204
        await office.ledger.webhooks.enable(made.webhook.id, actor="packer")
        [dead] = [one for one in await _list(office, made) if one.status == 503]
        assert (dead.state, dead.failure) == ("waiting", "refused")
        await office.ledger.notices.resend(made.webhook.id, dead.id, actor="packer")
        await turn(worker)
        assert sorted(types(receiver)[1:]) == ["order.decided", "stamps.activated"]
        ids = [headers["webhook-id"] for headers, _ in receiver.requests]
        assert ids.count(ids[0]) == 2
        assert len(set(ids)) == 2
        rotated = await rotate_secret(office.context("packer"), SEAL, made.webhook.id)
        await office.ledger.notices.add_test(made.webhook.id, actor="packer")
        await turn(worker)
        headers, body = receiver.requests[-1]
        for secret in (made.secret, rotated.secret):
            Verifier(secret).verify(body, headers)
        assert worker.results == {"refused": 1, "delivered": 3}


async def _list(office: Office, made: Made) -> list[Notice]:
    return await office.ledger.notices.find_page(made.webhook.id, state=None, limit=99)


async def test_a_receiver_that_never_answers_delays_nobody(office: Office, tls: TestTls) -> None:
    async with (
        run_receiver(tls) as dead,
        run_receiver(tls) as alive,
        make_worker(office.ledger, tls, now_ms, seconds=60.0) as worker,
    ):
        dead.answer = drip
        await subscribe(office, "press", dead, "order.decided", "batch.issued")
        await subscribe(office, "packer", alive, "order.decided", "batch.issued")
        for _ in range(3):
            await office.issue_batch(10)
        await worker.start_turn()
        while len(alive.requests) < 6:
            await alive.came.wait()
            alive.came.clear()
        assert len(dead.requests) <= 1
        assert set(worker.results) <= {"delivered"}  # the dead one is still waited for


async def test_a_secret_that_can_not_be_opened_is_told_and_nothing_is_sent(
    office: Office, tls: TestTls
) -> None:
    async with run_receiver(tls) as receiver, make_sender(tls) as sender:
        made = await subscribe(office, "packer", receiver, "order.decided")
        await office.issue_batch(10)
        other = SecretSeal(SEAL_PURPOSE, lambda: [b"x" * 32])
        worker = WebhookWorker(
            office.ledger, other, sender, concurrent=1, answer_seconds=1, clock=now_ms
        )
        await turn(worker)
        assert receiver.requests == []
        assert [one.failure for one in await _list(office, made)] == ["secret-locked"]


KILLED = """
import asyncio, sys
from ledger import open_ledger
from ledger.ledger import now_ms
async def work():
    async with await open_ledger(sys.argv[1], clock=now_ms) as ledger:
        await ledger.notices.relay()
        [webhook] = await ledger.notices.lease(lease_ms=1000, limit=9)
        [notice] = await ledger.notices.list_due(webhook.id, limit=9)
        print(notice.id, flush=True)
        await asyncio.sleep(60)
asyncio.run(work())
"""


async def test_kill_9_of_a_worker_in_the_middle_loses_nothing(
    office: Office, tls: TestTls, tmp_path: Path
) -> None:
    url = f"sqlite:///{tmp_path / 'ledger.db'}"
    async with run_receiver(tls) as receiver:
        await subscribe(office, "packer", receiver, "order.decided")
        await office.issue_batch(10)
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-c", KILLED, url), stdout=asyncio.subprocess.PIPE
        )
        assert process.stdout
        sent = (await process.stdout.readline()).decode().strip()
        process.kill()
        await process.wait()
        later = now_ms() + 2_000
        async with (
            await open_ledger(url, clock=lambda: later) as ledger,
            make_worker(ledger, tls, lambda: later) as worker,
        ):
            await turn(worker)
            await turn(worker)
        assert [headers["webhook-id"] for headers, _ in receiver.requests] == [sent]


async def test_the_worker_of_a_stopped_service_ends_at_once(office: Office, tls: TestTls) -> None:
    stop = asyncio.Event()
    async with make_worker(office.ledger, tls, now_ms) as worker:
        running = asyncio.create_task(worker.run(stop))
        stop.set()
        await asyncio.wait_for(running, 5)
