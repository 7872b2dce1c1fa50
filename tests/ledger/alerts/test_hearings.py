"""Hearings of the parties of a case: who they are, questions, answers, decisions; both engines."""

import pytest

from ledger import (
    Alert,
    AlertEvidence,
    AlertState,
    HearingState,
    Ledger,
    LotRow,
    Order,
    Organisation,
    RegisteredCode,
)
from ledger.alerts.hearings import MOST_ANSWERS
from ledger.errors import HearingDecided, HearingFull, IllegalAlertDecision, UnknownHearing
from stamps.lifecycle import Transition
from tests.accounts import add_accounts
from tests.ledger.notices.test_notices import a_webhook, names, told

AT = 1_790_000_000_000


async def raise_alert(ledger: Ledger, index: int | None = 204) -> tuple[int, Alert]:
    """A case of a stamp whose lot names a growing area of another organisation."""
    await add_accounts(ledger, "cap", "bo")
    for id_, kind in (("packer", "packer"), ("grower", "grower"), ("other", "packer")):
        await ledger.organisations.add(Organisation(id_, kind, id_))  # type: ignore[arg-type]
    area = RegisteredCode("VN-TGOR-0001", "growing_area", "Cái Bè", organisation="grower")
    await ledger.registered_codes.change([area.code], lambda _: (area,), action="add", actor="bo")
    order = await ledger.orders.add(Order("o1", 250, "sealed", "cap", packer="packer"))
    await ledger.orders.approve(order.id, "bo")
    batch = await ledger.batches.add(
        order="o1", count=250, grade="sealed", epoch=0, host="h", actor="i", key="b"
    )
    number = batch.number
    await ledger.batches.set_manifest(number, b"signed")
    await ledger.transitions.apply(number, 0, 250, Transition.PRINT, actor="in", key="p")
    document = {"code": "L1", "growing_area": {"code": area.code}}
    await ledger.lots.save(LotRow("L1", document, (), organisation="packer"))
    await ledger.transitions.apply(
        number, 0, 250, Transition.ACTIVATE, actor="mai", key="a", lot="L1"
    )
    kind = "stamp" if index is not None else "batch"
    alert = await ledger.alerts.report(
        kind,
        number,
        index,
        score=5.0,
        reasons=["many_places"],
        at=AT,  # type: ignore[arg-type]
    )
    return number, alert


async def investigate(ledger: Ledger, alert: Alert) -> None:
    await ledger.alerts.decide(alert.id, AlertState.INVESTIGATING, actor="thanh", at=AT + 1)


async def test_the_parties_of_a_stamp_are_its_packer_and_who_owns_the_places_of_its_lot(
    ledger: Ledger,
) -> None:
    number, alert = await raise_alert(ledger)
    parties = await ledger.hearings.list_parties(alert)
    assert [(one.organisation, one.part) for one in parties] == [
        ("packer", "packer"),
        ("grower", "place"),
    ]
    assert {(one.batch, one.lo, one.hi, one.lot) for one in parties} == {(number, 200, 250, "L1")}


async def test_the_party_of_a_batch_or_campaign_is_its_packer(ledger: Ledger) -> None:
    number, alert = await raise_alert(ledger, None)
    [party] = await ledger.hearings.list_parties(alert)
    assert (party.organisation, party.batch, party.lo) == ("packer", number, None)
    said = AlertEvidence(
        "campaign", None, None, 3.0, ("x",), subject="c", stamps=((number, 5), (number, 9))
    )
    [campaign] = await ledger.alerts.report_all([said])
    [party] = await ledger.hearings.list_parties(campaign)
    assert (party.organisation, party.batch, party.stamps) == ("packer", number, 2)


async def test_nobody_is_told_before_somebody_investigates(ledger: Ledger) -> None:
    _, alert = await raise_alert(ledger)
    with pytest.raises(IllegalAlertDecision):
        await ledger.hearings.ask(alert.id, None, "?", actor="thanh")
    assert await ledger.hearings.list_of_alert(alert.id) == []


async def test_a_question_sent_twice_is_one_and_goes_to_the_chosen_parties(
    ledger: Ledger,
) -> None:
    _, alert = await raise_alert(ledger)
    await investigate(ledger, alert)
    for _ in range(2):
        [asked] = await ledger.hearings.ask(
            alert.id, ["packer", "other"], "?", actor="thanh", due_at=AT + 9
        )
    assert (asked.organisation, asked.state, asked.due_at) == (
        "packer", HearingState.ASKED, AT + 9,
    )  # fmt: skip
    assert len(await ledger.hearings.list_messages(asked.id)) == 1
    everybody = await ledger.hearings.ask(alert.id, None, "??", actor="thanh")
    assert {one.organisation for one in everybody} == {"packer", "grower"}
    assert everybody[0].id == asked.id
    acts = [entry.action for entry in await ledger.audit.list_after()]
    assert acts.count("hearing.ask") == 3


async def test_an_answer_asks_for_attention_and_is_taken_until_the_decision(
    ledger: Ledger,
) -> None:
    _, alert = await raise_alert(ledger)
    await investigate(ledger, alert)
    [asked] = await ledger.hearings.ask(alert.id, ["packer"], "?", actor="thanh")
    for _ in range(2):
        answered = await ledger.hearings.answer(asked.id, "!", actor="mai", photos=[b"jpeg"])
    assert answered.state is HearingState.ANSWERED
    assert (await ledger.alerts.get(alert.id)).is_news
    await ledger.hearings.answer(asked.id, "!!", actor="mai")
    told = await ledger.hearings.list_messages(asked.id)
    assert [(one.what, one.text, one.photos) for one in told] == [
        ("question", "?", 0),
        ("answer", "!", 1),
        ("answer", "!!", 0),
    ]
    assert await ledger.hearings.get_photo(asked.id, 2, 0) == b"jpeg"
    with pytest.raises(UnknownHearing):
        await ledger.hearings.get_photo(asked.id, 3, 0)
    await ledger.alerts.decide(
        alert.id, AlertState.DISMISSED, actor="thanh", cause="gift", told="quà biếu"
    )
    assert not (await ledger.alerts.get(alert.id)).is_news
    [decided] = await ledger.hearings.list_of_alert(alert.id)
    assert decided.state is HearingState.DECIDED
    last = (await ledger.hearings.list_messages(asked.id))[-1]
    assert (last.what, last.state, last.cause, last.text) == (
        "decision", AlertState.DISMISSED, "gift", "quà biếu",
    )  # fmt: skip
    with pytest.raises(HearingDecided):
        await ledger.hearings.answer(asked.id, "!!!", actor="mai")
    await ledger.alerts.decide(alert.id, AlertState.INVESTIGATING, actor="thanh")
    [again] = await ledger.hearings.list_of_alert(alert.id)
    assert again.state is HearingState.ANSWERED
    await ledger.hearings.answer(asked.id, "!!!", actor="mai")


async def test_a_party_can_not_answer_without_end(ledger: Ledger) -> None:
    _, alert = await raise_alert(ledger)
    await investigate(ledger, alert)
    [asked] = await ledger.hearings.ask(alert.id, ["packer"], "?", actor="thanh")
    for n in range(MOST_ANSWERS):
        await ledger.hearings.answer(asked.id, f"{n}", actor="mai")
    with pytest.raises(HearingFull):
        await ledger.hearings.answer(asked.id, "more", actor="mai")
    with pytest.raises(UnknownHearing):
        await ledger.hearings.answer("none", "!", actor="mai")


async def test_a_party_finds_its_own_hearings_by_lot_and_batch(ledger: Ledger) -> None:
    number, alert = await raise_alert(ledger)
    await investigate(ledger, alert)
    await ledger.hearings.ask(alert.id, None, "?", actor="thanh")
    for organisation, found in (("packer", 1), ("grower", 1), ("other", 0), (None, 2)):
        assert len(await ledger.hearings.list_of_lot("L1", organisation)) == found
        assert len(await ledger.hearings.list_of_batch(number, organisation)) == found


async def test_webhooks_of_parties_tell_of_questions_and_decisions(ledger: Ledger) -> None:
    await ledger.organisations.add(Organisation("ministry", "authority", "Bộ"))
    _, alert = await raise_alert(ledger)
    events = {
        "packer": ("hearing.asked", "hearing.decided"),
        "other": ("hearing.asked", "hearing.decided"),
        "ministry": ("hearing.asked", "hearing.answered", "hearing.decided"),
    }
    for id_, named in events.items():
        await ledger.webhooks.add(a_webhook(f"wh-{id_}", id_, *named))
    await investigate(ledger, alert)
    [asked] = await ledger.hearings.ask(alert.id, ["packer"], "?", actor="thanh")
    await ledger.hearings.answer(asked.id, "!", actor="mai")
    await ledger.alerts.decide(alert.id, AlertState.CONFIRMED, actor="thanh", cause="copied")
    got = {id_: names(await told(ledger, f"wh-{id_}")) for id_ in events}
    assert got == {id_: [] if id_ == "other" else sorted(named) for id_, named in events.items()}
