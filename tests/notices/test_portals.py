"""Portals: published records arrive once, whatever a portal and a process do."""

import asyncio
import itertools
import json
import shutil
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from aiohttp import web

from issuer import Issuer
from ledger import open_ledger
from ledger.ledger import now_ms
from ledger.notices.webhooks import SEAL_PURPOSE
from ledger.storage.secret_seal import SecretSeal
from notices.webhook_worker import WebhookWorker
from services.errors import InvalidInput
from services.lots import lot_reviews, lots
from services.notices.webhooks import WebhookRequest, add_webhook, change_webhook
from tests.notices.receivers import Receiver, TestTls, run_receiver
from tests.notices.test_webhook_sender import make_sender
from tests.services.office import KEYS, SIGNER, Office, lot_document

SEAL = SecretSeal(SEAL_PURPOSE, lambda: [bytes(32)])
HOUR = 3_600_000


@dataclass
class Clock:
    """A clock that a test moves on."""

    ahead: int = 0

    def __call__(self) -> int:
        return now_ms() + self.ahead


@dataclass
class Portal:
    """A portal that keeps each record once, by its key, and has the faults it is told."""

    next_fault: Callable[[], str]
    records: dict[str, str] = field(default_factory=dict)
    doubled: list[str] = field(default_factory=list)

    async def answer(self, request: web.Request) -> web.StreamResponse:
        key, body = request.headers["Idempotency-Key"], await request.text()
        fault = self.next_fault()
        if fault in ("500", "429", "404"):
            return web.Response(status=int(fault), headers={"Retry-After": "1"})
        if fault == "silence":
            await asyncio.sleep(3)
        if fault == "cut off before":
            assert request.transport is not None
            request.transport.close()
            return web.Response()
        if key in self.records:
            self.doubled.append(key)
            assert self.records[key] == body
        self.records[key] = body
        if fault == "cut off after":  # it has the record, and its answer is lost
            assert request.transport is not None
            request.transport.close()
        if fault == "half":
            return web.Response(text="x", headers={"Content-Length": "99"})
        return web.Response(status=201)

    def list_lots(self) -> list[str]:
        return sorted(json.loads(one)["id"] for one in self.records.values())


@asynccontextmanager
async def open_world(furnished: Path, folder: Path, clock: Clock) -> AsyncIterator[Office]:
    async with open_world_at(
        f"sqlite:///{shutil.copy(furnished, folder / 'ledger.db')}", clock
    ) as it:
        yield it


@asynccontextmanager
async def open_world_at(url: str, clock: Clock) -> AsyncIterator[Office]:
    async with await open_ledger(url, clock=clock) as ledger:
        yield Office(ledger, Issuer(ledger, KEYS, SIGNER), now=clock())


async def connect(office: Office, receiver: Receiver, form: str = "ten_items") -> str:
    organisation = office.context("packer").actor.organisation or ""
    request = WebhookRequest(organisation, receiver.url, ["lot.published"], "cổng", form)
    made = await add_webhook(office.context("packer"), SEAL, request)
    return made.webhook.id


async def publish(office: Office, *codes: str) -> None:
    for code in codes:
        await lots.put_lot(office.context("packer"), lot_document(code))
        sent = await lot_reviews.submit_version(office.context("packer"), code, 1)
        await lot_reviews.approve_version(office.context("authority"), sent.id)


async def turn(worker: WebhookWorker) -> None:
    await worker.start_turn()
    await worker.finish_turn()


async def test_a_portal_that_fails_in_every_way_has_each_record_once(
    furnished: Path, tmp_path: Path, tls: TestTls
) -> None:
    ways = ["500", "429", "silence", "cut off before", "cut off after", "half", "404"]
    faults = itertools.chain(ways, ways, itertools.repeat("none"))
    portal, clock = Portal(lambda: next(faults)), Clock()
    async with (
        run_receiver(tls) as receiver,
        open_world(furnished, tmp_path, clock) as office,
        make_sender(tls, seconds=0.5) as sender,
    ):
        receiver.answer = portal.answer
        webhook = await connect(office, receiver)
        await publish(office, "L1", "L2", "L3")
        worker = WebhookWorker(
            office.ledger, SEAL, sender, concurrent=2, answer_seconds=0.5, clock=clock
        )
        for _ in range(40):
            await turn(worker)
            clock.ahead += HOUR
            if not await office.ledger.notices.find_page(webhook, state="waiting", limit=1):
                break
        assert portal.list_lots() == ["L1", "L2", "L3"]
        assert portal.doubled  # what was answered and lost came again, with its key
        states = await office.ledger.notices.find_page(webhook, state=None, limit=9)
        assert {one.state for one in states} == {"delivered"}
        await worker.close()


async def test_what_a_portal_missed_in_a_day_arrives_when_it_is_back(
    furnished: Path, tmp_path: Path, tls: TestTls
) -> None:
    state = {"fault": "500"}
    portal, clock = Portal(lambda: state["fault"]), Clock()
    async with (
        run_receiver(tls) as receiver,
        open_world(furnished, tmp_path, clock) as office,
        make_sender(tls) as sender,
    ):
        receiver.answer = portal.answer
        await connect(office, receiver)
        worker = WebhookWorker(
            office.ledger, SEAL, sender, concurrent=2, answer_seconds=5, clock=clock
        )
        for hour in range(24):
            if hour % 6 == 0:
                await publish(office, f"L{hour}")
            await turn(worker)
            clock.ahead += HOUR
        assert portal.records == {}
        state["fault"] = "none"
        for _ in range(14):  # the longest wait is six hours, and a quarter more
            await turn(worker)
            clock.ahead += HOUR
        assert portal.list_lots() == ["L0", "L12", "L18", "L6"]
        assert portal.doubled == []
        await worker.close()


async def test_a_record_that_nobody_takes_is_a_dead_letter_and_is_sent_again_by_a_person(
    furnished: Path, tmp_path: Path, tls: TestTls
) -> None:
    state = {"fault": "429"}
    portal, clock = Portal(lambda: state["fault"]), Clock()
    async with (
        run_receiver(tls) as receiver,
        open_world(furnished, tmp_path, clock) as office,
        make_sender(tls) as sender,
    ):
        receiver.answer = portal.answer
        webhook = await connect(office, receiver, "epcis")
        await publish(office, "L1")
        worker = WebhookWorker(
            office.ledger, SEAL, sender, concurrent=2, answer_seconds=5, clock=clock
        )
        for _ in range(14):
            await turn(worker)
            clock.ahead += 7 * HOUR
        [dead] = await office.ledger.notices.find_page(webhook, state="dead", limit=9)
        assert dead.status == 429
        state["fault"] = "none"
        await office.ledger.notices.resend(webhook, dead.id, actor="packer")
        await turn(worker)
        [body] = portal.records.values()
        assert json.loads(body)["type"] == "EPCISDocument"
        await worker.close()


async def test_a_portal_is_told_of_published_records_alone(
    furnished: Path, tmp_path: Path, tls: TestTls
) -> None:
    async with run_receiver(tls) as receiver, open_world(furnished, tmp_path, Clock()) as office:
        webhook = await connect(office, receiver)
        with pytest.raises(InvalidInput, match="alone"):
            await change_webhook(office.context("packer"), webhook, "", ["lot.recalled"])
        for form, events in (
            ("pdf", ["lot.published"]),
            ("epcis", ["lot.published", "lot.recalled"]),
        ):
            request = WebhookRequest("krong-pac", receiver.url, events, "", form)
            with pytest.raises(InvalidInput):
                await add_webhook(office.context("packer"), SEAL, request)
