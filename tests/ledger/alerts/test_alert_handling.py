"""Handling of alerts: notes, hand-overs and news, on both engines."""

import pytest

from ledger import AlertEvidence, AlertState, Ledger
from ledger.errors import IllegalAlertDecision, UnknownRow

AT = 1_790_000_000_000


async def raise_alert(ledger: Ledger, scan: bytes = b"s" * 16) -> int:
    [alert] = await ledger.alerts.report_all(
        [
            AlertEvidence(
                kind="stamp", batch=1, index=3, score=5.0, reasons=("many_places",),
                scans=(scan,), at=AT, province="79",
            )
        ]
    )  # fmt: skip
    return alert.id


async def test_a_note_sent_twice_is_one_note(ledger: Ledger) -> None:
    id_ = await raise_alert(ledger)
    for _ in range(2):
        alert = await ledger.alert_handling.add_note(
            id_, "sạp 12", actor="thanh", photos=[b"jpeg"], at=AT + 1
        )
    assert [(event.what, event.note, event.photos) for event in alert.history[1:]] == [
        ("note", "sạp 12", 1)
    ]
    assert await ledger.alert_handling.get_photo(id_, 2, 0) == b"jpeg"
    with pytest.raises(UnknownRow):
        await ledger.alert_handling.get_photo(id_, 2, 1)
    other = await ledger.alert_handling.add_note(id_, "sạp 12", actor="thanh", photos=[b"other"])
    assert len(other.history) == 3
    acts = [entry.action for entry in await ledger.audit.list_after()]
    assert acts.count("alert.note") == 2


async def test_new_evidence_is_news_until_a_person_handles_the_case(ledger: Ledger) -> None:
    id_ = await raise_alert(ledger)
    await raise_alert(ledger, b"t" * 16)
    assert not (await ledger.alerts.get(id_)).is_news
    for state, cause in ((AlertState.INVESTIGATING, None), (AlertState.CONFIRMED, "copied")):
        await ledger.alerts.decide(id_, state, actor="thanh", cause=cause)
    await raise_alert(ledger, b"u" * 16)
    found = await ledger.alerts.get(id_)
    assert (found.is_news, found.state, found.province) == (True, AlertState.CONFIRMED, "79")
    await ledger.alert_handling.add_note(id_, "đã xem", actor="thanh")
    assert not (await ledger.alerts.get(id_)).is_news


async def test_a_case_is_handed_over_until_it_is_closed(ledger: Ledger) -> None:
    id_ = await raise_alert(ledger)
    for _ in range(2):
        alert = await ledger.alert_handling.hand_over(id_, "lan", actor="thanh", due_at=AT + 9)
    assert (alert.owner, alert.due_at, len(alert.history)) == ("lan", AT + 9, 2)
    for state, cause in (
        (AlertState.INVESTIGATING, None),
        (AlertState.DISMISSED, "gift"),
        (AlertState.CLOSED, None),
    ):
        alert = await ledger.alerts.decide(id_, state, actor="lan", cause=cause)
    assert alert.due_at is None
    with pytest.raises(IllegalAlertDecision):
        await ledger.alert_handling.hand_over(id_, "thanh", actor="lan")
