"""Parties of cases are mailed what they are asked and what was decided, many cases in one mail."""

from ledger import AlertState
from services.alerts import alerts, hearings
from services.alerts.hearings import PartyQuestion
from tests.notices.mail_office import HOUR_MS
from tests.notices.mail_server import MailBox
from tests.notices.receivers import TestTls
from tests.notices.test_mail_worker import (  # noqa: F401 - fixtures
    Told,
    box,
    furnished,
    report_alerts,
    settle,
    told,
)

QUESTION = PartyQuestion("Bạn bán lô này cho ai?")
CASES, LATER = 80, 12


async def investigate(office: Told, count: int, skipped: int = 0) -> list[int]:
    """Cases of so many stamps of one batch that an inspector took up."""
    found = await office.ledger.alerts.list()
    cases = sorted(alert.id for alert in found)[skipped : skipped + count]
    for case in cases:
        await alerts.decide_alert(office.context("inspector"), case, AlertState.INVESTIGATING)
    return cases


async def test_a_party_is_mailed_the_question_and_the_decision_and_the_inspector_the_answer(
    told: Told,  # noqa: F811
    box: MailBox,  # noqa: F811
    tls: TestTls,
) -> None:
    number = await told.activate_batch(10)
    await report_alerts(told.ledger, number, 1, 7.0, told.now)
    [case] = await investigate(told, 1)
    await settle(told, box, tls)
    box.mails.clear()
    told.forward(HOUR_MS)
    [hearing] = await hearings.ask_parties(told.context("inspector"), case, QUESTION)
    await settle(told, box, tls)
    assert box.subjects("packer@example.vn") == [
        "Có nghi vấn về tem của bạn, lô hàng L1: mời bạn trả lời"
    ]
    [(_, mail)] = box.mails  # nobody else is told
    body = mail.get_body(("plain",))
    assert body
    assert f"https://desk.example.vn/hearings/{hearing.id}" in body.get_content()
    for secret in ("many_places", f"{number}·0", "inspector", QUESTION.text):
        assert secret not in body.get_content(), secret

    told.forward(HOUR_MS)
    await hearings.answer_question(told.context("packer"), hearing.id, "Chợ Bến Thành")
    await settle(told, box, tls)
    assert box.subjects("inspector@example.vn") == [f"krong-pac đã trả lời trong vụ việc {case}"]

    told.forward(HOUR_MS)
    inspector = told.context("inspector")
    await alerts.decide_alert(inspector, case, AlertState.DISMISSED, cause="gift")
    await settle(told, box, tls)
    assert box.subjects("packer@example.vn")[1:] == ["Kết luận về tem của bạn: không còn nghi vấn"]
    assert box.subjects("other-packer@example.vn") == []


async def test_a_flood_of_cases_is_one_mail_and_at_most_seven_in_an_hour(
    told: Told,  # noqa: F811
    box: MailBox,  # noqa: F811
    tls: TestTls,
) -> None:
    number = await told.activate_batch(CASES)
    await report_alerts(told.ledger, number, CASES, 7.0, told.now)
    await settle(told, box, tls)
    box.mails.clear()
    told.forward(HOUR_MS)
    first = CASES - LATER
    for case in await investigate(told, first):
        await hearings.ask_parties(told.context("inspector"), case, QUESTION)
    await settle(told, box, tls)
    assert box.subjects("packer@example.vn") == [f"{first} câu hỏi của thanh tra về tem của bạn"]
    [(_, mail)] = box.mails
    body = mail.get_body(("plain",))
    assert body
    assert body.get_content().count("https://desk.example.vn/hearings/") == 20
    for case in await investigate(told, LATER, skipped=first):
        told.forward(4 * 60_000)
        await hearings.ask_parties(told.context("inspector"), case, QUESTION)
        await settle(told, box, tls, 0)
    assert len(box.subjects("packer@example.vn")) <= 7
