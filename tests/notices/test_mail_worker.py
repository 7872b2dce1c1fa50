"""Mail arrives at least once, at the people it is for, and a flood becomes one mail."""

import asyncio
import shutil
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

import pytest

from issuer import Issuer
from ledger import AlertEvidence, Ledger, open_ledger
from ledger.notices.mail_waiting import GATHER_MS
from ledger.notices.mails import LIFETIME_MS, Mail
from services.orders import orders
from services.orders.orders import OrderRequest
from services.stamps import recalls
from tests.notices.mail_office import HOUR_MS, give_address, make_worker, turn
from tests.notices.mail_server import MailBox, run_mail_server
from tests.notices.receivers import TestTls
from tests.services.conftest import furnished  # noqa: F401 - a fixture
from tests.services.office import ACTORS, KEYS, NOW, SIGNER, Office, new_key, recall

ROLES = {name: (actor.role, actor.organisation) for name, actor in ACTORS.items()}


class Told(Office):
    """An office whose people get mail, and whose clock a test sets."""

    def forward(self, by: int) -> None:
        self.now += by

    def clock(self) -> int:
        return self.now


@pytest.fixture
async def told(furnished: Path, tmp_path: Path) -> AsyncIterator[Told]:  # noqa: F811
    path = shutil.copy(furnished, tmp_path / "ledger.db")
    with closing(sqlite3.connect(path)) as raw, raw:
        for name, (role, organisation) in ROLES.items():
            change = "UPDATE staff SET role = ?, organisation = ? WHERE id = ?"
            raw.execute(change, (role, organisation, name))
    office: list[Told] = []
    async with await open_ledger(
        f"sqlite:///{path}",
        clock=lambda: office[0].now if office else NOW,
        otp_keys=lambda: [bytes(32)],
    ) as ledger:
        office.append(Told(ledger, Issuer(ledger, KEYS, SIGNER)))
        for name in ("press", "other-press", "packer", "other-packer", "inspector", "authority"):
            await give_address(ledger, name, NOW)
        yield office[0]


@pytest.fixture
async def box(tls: TestTls) -> AsyncIterator[MailBox]:
    async with run_mail_server(tls.server) as running:
        yield running


async def report_alerts(ledger: Ledger, batch: int, count: int, score: float, at: int) -> None:
    await ledger.alerts.report_all(
        [
            AlertEvidence(
                kind="stamp",
                batch=batch,
                index=index,
                score=score,
                reasons=("many_places",),
                scans=(bytes([index % 256, round(score)]) * 8,),
                at=at,
            )
            for index in range(count)
        ]
    )


async def settle(office: Told, box: MailBox, tls: TestTls, by: int = GATHER_MS) -> None:
    """Gather, wait, compose and send."""
    worker = make_worker(office.ledger, box, office.clock, tls.client)
    await worker.compose()
    office.forward(by)
    await turn(worker)
    await worker.close()


async def test_each_person_is_told_what_is_theirs(told: Told, box: MailBox, tls: TestTls) -> None:
    number = await told.issue_batch(100)
    await settle(told, box, tls)
    assert box.subjects("press@example.vn") == [f"Đợt tem {number} cần in: 100 tem"]
    [order] = box.subjects("packer@example.vn")
    assert order.startswith("Đơn 2026-00001 đã được duyệt")
    [asked] = box.subjects("authority@example.vn")
    assert asked == "Đơn 2026-00001 chờ duyệt: 100 tem"
    for other in ("other-press", "other-packer", "inspector"):
        assert box.subjects(f"{other}@example.vn") == []
    [(_, mail)] = [one for one in box.mails if one[0] == "press@example.vn"]
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    text = mail.get_body(("plain",))
    html = mail.get_body(("html",))
    assert text
    assert html
    assert f"https://desk.example.vn/batches/{number}" in text.get_content()
    assert "<img" not in html.get_content()
    assert "<link" not in html.get_content()


async def test_a_flood_of_alerts_is_one_mail_and_the_next_ones_are_gathered(
    told: Told, box: MailBox, tls: TestTls
) -> None:
    number = await told.issue_batch(1000)
    await settle(told, box, tls)
    box.mails.clear()
    await report_alerts(told.ledger, number, 137, 11.0, NOW)
    await settle(told, box, tls)
    assert box.subjects("inspector@example.vn") == ["137 cảnh báo mới"]
    for minute in range(1, 60):
        told.forward(60_000)
        await report_alerts(told.ledger, number, 137 + minute, 12.0, told.now)
        await settle(told, box, tls, 0)
    assert len(box.subjects("inspector@example.vn")) <= 7
    told.forward(HOUR_MS)
    await settle(told, box, tls, 0)
    mails = box.subjects("inspector@example.vn")
    assert sum(int(one.split()[0]) if one[0].isdigit() else 1 for one in mails) == 137 + 59


async def test_an_alert_is_told_when_it_reaches_the_level_that_a_person_chose(
    told: Told, box: MailBox, tls: TestTls
) -> None:
    number = await told.issue_batch(10)
    await settle(told, box, tls)
    box.mails.clear()
    await report_alerts(told.ledger, number, 1, 7.0, NOW)
    await settle(told, box, tls)
    assert box.subjects("inspector@example.vn") == []  # weaker than `strong`, the default
    await report_alerts(told.ledger, number, 1, 11.5, told.now)
    told.forward(HOUR_MS)
    await settle(told, box, tls)
    assert box.subjects("inspector@example.vn") == [f"Tem {number}·0 có nghi vấn, điểm 11,5"]
    await report_alerts(told.ledger, number, 1, 12.5, told.now)
    told.forward(HOUR_MS)
    await settle(told, box, tls)
    assert len(box.subjects("inspector@example.vn")) == 1
    assert box.subjects("packer@example.vn") == []  # no packer sees a suspicion


async def test_a_recall_is_told_to_its_packer_and_to_inspectors_alone(
    told: Told, box: MailBox, tls: TestTls
) -> None:
    await told.activate_batch(10)
    await settle(told, box, tls)
    box.mails.clear()
    told.forward(HOUR_MS)
    await recall(told, lot="L1")
    await settle(told, box, tls)
    for who in ("packer", "inspector", "press"):
        [subject] = box.subjects(f"{who}@example.vn")
        assert "thu hồi" in subject, who
    assert box.subjects("other-packer@example.vn") == []
    [(_, mail)] = [one for one in box.mails if one[0] == "packer@example.vn"]
    body = mail.get_body(("plain",))
    assert body
    assert "Lô hàng L1 bị thu hồi" in body.get_content()


async def test_who_proposes_is_not_told_and_who_decides_is(
    told: Told, box: MailBox, tls: TestTls
) -> None:
    await told.activate_batch(10)
    await settle(told, box, tls)
    box.mails.clear()
    told.forward(HOUR_MS)
    await recalls.propose_recall(
        told.context("inspector"), lot="L1", reason="ordered", key=new_key()
    )
    await settle(told, box, tls)
    assert box.subjects("authority@example.vn") == ["Đề nghị thu hồi lô hàng L1 chờ người thứ hai"]
    assert box.subjects("inspector@example.vn") == []


async def ask(office: Told) -> None:
    request = OrderRequest(
        count=10, grade="sealed", product="ri6", packer="krong-pac", print_house="in-mekong",
        is_another=True,
    )  # fmt: skip
    await orders.request_order(office.context("issuer"), request)


async def test_the_digest_comes_at_its_hour_with_what_waits_and_not_when_nothing_does(
    told: Told, box: MailBox, tls: TestTls
) -> None:
    await ask(told)
    await settle(told, box, tls)
    box.mails.clear()
    told.forward(24 * HOUR_MS)
    await settle(told, box, tls, 0)
    [subject] = box.subjects("authority@example.vn")
    assert subject.startswith("Việc đang chờ bạn, ")
    [(_, mail)] = box.mails  # nothing waits for the others
    body = mail.get_body(("plain",))
    assert body
    assert "1 đơn chờ duyệt" in body.get_content()
    assert "/orders?state=requested" in body.get_content()
    await settle(told, box, tls, 0)
    assert len(box.mails) == 1
    address = await told.ledger.mail_addresses.find("authority")
    assert address
    assert 0 < address.digest_at - told.now <= 24 * HOUR_MS


async def test_disabled_accounts_and_former_roles_get_nothing(
    told: Told, box: MailBox, tls: TestTls, tmp_path: Path
) -> None:
    worker = make_worker(told.ledger, box, told.clock, tls.client)
    await told.issue_batch(10)
    await worker.compose()
    told.forward(GATHER_MS)
    await worker.compose()  # mails are made
    with closing(sqlite3.connect(tmp_path / "ledger.db")) as raw, raw:
        raw.execute("UPDATE staff SET disabled = 1 WHERE id = 'authority'")
        raw.execute("UPDATE staff SET organisation = 'tan-phuoc' WHERE id = 'packer'")
        raw.execute("UPDATE organisations SET disabled_at = 1 WHERE id = 'in-mekong'")
    await turn(worker)
    assert box.mails == []
    states = {one.staff: one.state for one in await list_mails(told) if one.purpose == "notice"}
    assert states == {"press": "dropped", "packer": "dropped", "authority": "dropped"}


async def list_mails(office: Told) -> list[Mail]:
    return await office.ledger.mails.find_page(state=None, limit=99)


async def of_authority(office: Told) -> Mail:
    [mail] = [
        one
        for one in await list_mails(office)
        if one.staff == "authority" and one.purpose == "notice"
    ]
    return mail


async def test_an_address_that_is_refused_is_marked_and_a_resent_mail_clears_it(
    told: Told, box: MailBox, tls: TestTls
) -> None:
    box.rcpt["authority@example.vn"] = "550 5.1.1 no such mailbox"
    await ask(told)
    await settle(told, box, tls)
    mail = await of_authority(told)
    assert (mail.state, mail.failure, mail.status) == ("dead", "address-refused", 550)
    address = await told.ledger.mail_addresses.find("authority")
    assert address
    assert (address.state, address.failure) == ("failing", "5.1.1 no such mailbox")
    told.forward(HOUR_MS)
    await ask(told)
    await settle(told, box, tls)
    assert len([one for one in await list_mails(told) if one.staff == "authority"]) == 2
    box.rcpt.clear()
    await told.ledger.mails.resend(mail.id, actor="tri")
    await settle(told, box, tls, 0)
    assert [one[1]["Message-ID"] for one in box.mails] == [f"<{mail.id}@veritem.example>"]
    address = await told.ledger.mail_addresses.find("authority")
    assert address
    assert address.state == "active"


@pytest.mark.parametrize(
    ("answer", "failure"),
    [("451 4.3.0 later", "deferred"), ("554 5.7.1 spam", "mail-refused"), ("cut", "cut-off")],
)
async def test_what_a_server_says_to_a_message_is_obeyed(
    told: Told, box: MailBox, tls: TestTls, answer: str, failure: str
) -> None:
    box.data = answer
    await ask(told)
    await settle(told, box, tls)
    mail = await of_authority(told)
    assert mail.failure == failure
    assert mail.state == ("dead" if answer.startswith("5") else "waiting")
    address = await told.ledger.mail_addresses.find("authority")
    assert address
    assert address.state == "active"  # nothing is wrong with the address
    box.data = None
    if mail.state == "waiting":
        told.forward(HOUR_MS)
        await settle(told, box, tls, 0)
        assert box.mails[0][1]["Message-ID"] == f"<{mail.id}@veritem.example>"


async def test_a_server_that_is_down_costs_no_mail_an_attempt(
    told: Told, box: MailBox, tls: TestTls
) -> None:
    await ask(told)
    here, box.port = box.port, 1
    await settle(told, box, tls)
    mail = await of_authority(told)
    assert (mail.state, mail.attempts, mail.failure) == ("waiting", 0, "not-reached")
    told.forward(HOUR_MS)
    box.port = here
    await settle(told, box, tls, 0)
    assert (await of_authority(told)).state == "sent"


async def test_a_server_that_stays_down_leaves_a_dead_letter(
    told: Told, box: MailBox, tls: TestTls
) -> None:
    await ask(told)
    box.port = 1
    await settle(told, box, tls)
    told.forward(LIFETIME_MS)
    await settle(told, box, tls, 0)
    assert (await of_authority(told)).state == "dead"


async def test_a_slow_server_is_given_up_and_the_mail_waits(
    told: Told, box: MailBox, tls: TestTls
) -> None:
    box.delay = 3.0
    await ask(told)
    worker = make_worker(told.ledger, box, told.clock, tls.client, mail_seconds=0.2)
    await worker.compose()
    told.forward(GATHER_MS)
    await turn(worker)
    mail = await of_authority(told)
    assert (mail.state, mail.attempts, mail.failure) == ("waiting", 1, "timeout")


async def test_without_encryption_and_with_a_wrong_password_nothing_is_sent(
    told: Told, tls: TestTls
) -> None:
    await ask(told)
    async with run_mail_server(None, with_auth=False) as plain:
        await settle(told, plain, tls)
        assert plain.mails == []
        assert (await of_authority(told)).failure == "not-encrypted"
    told.forward(HOUR_MS)
    async with run_mail_server(tls.server) as box:
        worker = make_worker(told.ledger, box, told.clock, tls.client, mail_password="no")
        await turn(worker)
        assert (await of_authority(told)).failure == "sign-in-refused"
        told.forward(HOUR_MS)
        untrusting = make_worker(told.ledger, box, told.clock)
        await turn(untrusting)
        assert (await of_authority(told)).failure == "certificate"
        assert box.asked == 0


async def test_two_workers_send_each_mail_once(told: Told, box: MailBox, tls: TestTls) -> None:
    await told.issue_batch(10)
    workers = [make_worker(told.ledger, box, told.clock, tls.client) for _ in range(2)]
    await asyncio.gather(*(worker.compose() for worker in workers))
    told.forward(GATHER_MS)
    await asyncio.gather(*(turn(worker) for worker in workers))
    ids = [mail["Message-ID"] for _, mail in box.mails]
    assert len(ids) == len(set(ids)) == 3
