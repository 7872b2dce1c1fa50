"""Alerts: at most one active a stamp, decided by people, with its history."""

from dataclasses import replace
from itertools import product

import pytest

from ledger import Alert, AlertEvidence, AlertState, Ledger
from ledger.alerts.alerts import ALERT_CAUSES, ALERT_TRANSITIONS
from ledger.errors import IllegalAlertDecision, UnknownAlert
from tests.ledger.conftest import NOW, Clock
from tests.ledger.world import activated

ONE, TWO, THREE = (bytes([n]) * 16 for n in (1, 2, 3))
INVESTIGATING, CONFIRMED = AlertState.INVESTIGATING, AlertState.CONFIRMED
DISMISSED, CLOSED, OPEN = AlertState.DISMISSED, AlertState.CLOSED, AlertState.OPEN


async def raised(ledger: Ledger, index: int = 5, score: float = 4.0) -> Alert:
    return await ledger.alerts.report(
        "stamp", 1, index, score=score, reasons=["far-away"], scans=[ONE, TWO]
    )


async def test_more_evidence_is_added_to_the_open_alert(ledger: Ledger, clock: Clock) -> None:
    first = await raised(ledger)
    assert (first.state, first.score, first.scans, first.reasons) == (OPEN, 4.0, 2, ("far-away",))
    clock.now += 1000
    more = await ledger.alerts.report(
        "stamp", 1, 5, score=3.0, reasons=["crowd", "far-away"], scans=[TWO, THREE]
    )
    assert (more.id, more.score, more.scans) == (first.id, 4.0, 3)
    assert more.reasons == ("far-away", "crowd")
    assert (more.opened_at, more.updated_at) == (NOW, NOW + 1000)
    history = (await ledger.alerts.get(first.id)).history
    assert [event.scans for event in history] == [(ONE, TWO), (THREE,)]
    assert (await raised(ledger, index=6)).id != first.id


async def test_the_same_evidence_again_changes_nothing(ledger: Ledger, clock: Clock) -> None:
    first = await raised(ledger)
    kept = await ledger.alerts.get(first.id)
    clock.now += 1000
    assert await raised(ledger) == first
    assert await ledger.alerts.get(first.id) == kept


async def test_people_decide_an_alert_until_it_is_closed(ledger: Ledger, clock: Clock) -> None:
    id_ = (await raised(ledger)).id
    decide = ledger.alerts.decide
    assert (await decide(id_, INVESTIGATING, actor="chi")).owner == "chi"
    await decide(id_, CONFIRMED, actor="dung", cause="copied", note="seen at the market")
    closed = await decide(id_, CLOSED, actor="chi")
    assert (closed.state, closed.cause, closed.owner) == (CLOSED, "copied", "chi")
    assert [(e.state, e.actor, e.note) for e in closed.history] == [
        (OPEN, "detector", None),
        (INVESTIGATING, "chi", None),
        (CONFIRMED, "dung", "seen at the market"),
        (CLOSED, "chi", None),
    ]
    assert [e.action for e in await ledger.audit.list_after()] == ["alert.decide"] * 3
    assert await raised(ledger) == replace(closed, history=())


WAYS = {
    OPEN: [],
    INVESTIGATING: [INVESTIGATING],
    CONFIRMED: [INVESTIGATING, CONFIRMED],
    DISMISSED: [INVESTIGATING, DISMISSED],
    CLOSED: [INVESTIGATING, CONFIRMED, CLOSED],
}


async def test_every_decision_is_allowed_or_refused_by_state(ledger: Ledger) -> None:
    async def take(id_: int, to: AlertState) -> Alert:
        cause = ALERT_CAUSES[to][0] if to in ALERT_CAUSES else None
        return await ledger.alerts.decide(id_, to, actor="chi", cause=cause)

    for n, (state, wanted) in enumerate(product(AlertState, AlertState)):
        before = await ledger.alerts.get((await raised(ledger, index=n)).id)
        for step in WAYS[state]:
            before = await take(before.id, step)
        if wanted in ALERT_TRANSITIONS[state]:
            assert (await take(before.id, wanted)).state is wanted
        else:
            with pytest.raises(
                IllegalAlertDecision, match=f"that is {state} cannot become {wanted}"
            ):
                await take(before.id, wanted)
            assert await ledger.alerts.get(before.id) == before


async def test_a_decision_names_its_cause(ledger: Ledger) -> None:
    id_ = (await raised(ledger)).id
    with pytest.raises(IllegalAlertDecision, match="allowed: none"):
        await ledger.alerts.decide(id_, INVESTIGATING, actor="chi", cause="copied")
    await ledger.alerts.decide(id_, INVESTIGATING, actor="chi")
    for cause in (None, "copied", "mood"):
        with pytest.raises(IllegalAlertDecision, match="sample-on-show"):
            await ledger.alerts.decide(id_, DISMISSED, actor="chi", cause=cause)


async def test_the_queue_is_sorted_by_expected_loss(ledger: Ledger) -> None:
    batch = await activated(ledger, 80)
    small = await raised(ledger, index=1, score=2.0)
    big = await raised(ledger, index=2, score=8.0)
    whole = await ledger.alerts.report("batch", batch, None, score=1.0, reasons=["batch"])
    assert (whole.index, whole.expected_loss) == (None, 80.0)
    assert [a.id for a in await ledger.alerts.list()] == [whole.id, big.id, small.id]
    assert [a.id for a in await ledger.alerts.list(INVESTIGATING)] == []


async def test_unknown_alerts_and_malformed_evidence_are_refused(ledger: Ledger) -> None:
    with pytest.raises(UnknownAlert):
        await ledger.alerts.get(99)
    with pytest.raises(UnknownAlert):
        await ledger.alerts.decide(99, INVESTIGATING, actor="chi")
    with pytest.raises(ValueError, match="index"):
        await ledger.alerts.report("stamp", 1, None, score=1.0, reasons=["x"])


def suspicion(n: int, index: int, score: float = 4.0, *reasons: str) -> AlertEvidence:
    return AlertEvidence(
        "stamp", 1, index, score, reasons or ("far-away",), (n.to_bytes(16, "big"),), NOW + n
    )


async def test_evidence_reported_together_makes_one_alert_a_stamp(ledger: Ledger) -> None:
    batch = await activated(ledger, 80)
    known = await raised(ledger, index=7, score=2.0)
    told = await ledger.alerts.report_all(
        [
            suspicion(10, 5, 4.0),
            suspicion(11, 7, 3.0, "crowd"),
            suspicion(12, 5, 6.0, "crowd", "far-away"),
            AlertEvidence("batch", batch, None, 2.0, ("batch",), (ONE,), NOW),
            suspicion(10, 5, 4.0),
        ]
    )
    assert [(one.index, one.score, one.scans, one.reasons) for one in told] == [
        (5, 6.0, 2, ("far-away", "crowd")),
        (7, 3.0, 3, ("far-away", "crowd")),
        (None, 2.0, 1, ("batch",)),
    ]
    assert told[1].id == known.id
    assert [one.expected_loss for one in told] == [12.0, 9.0, 160.0]
    assert told[0].updated_at == NOW + 12
    assert sorted(await ledger.alerts.list(), key=lambda one: one.id) == sorted(
        told, key=lambda one: one.id
    )
    [line] = (await ledger.alerts.get(told[0].id)).history
    assert len(line.scans) == 2


async def test_repeated_evidence_in_other_flushes_adds_only_what_is_new(ledger: Ledger) -> None:
    said = [suspicion(n, n % 20) for n in range(100)]
    await ledger.alerts.report_all(said[:60])
    await ledger.alerts.report_all(said[30:])
    before = await ledger.alerts.list()
    for start in range(0, 100, 7):
        await ledger.alerts.report_all(said[start : start + 7])
    assert await ledger.alerts.list() == before
    assert {one.scans for one in before} == {5}
    for one in before:
        scans = [s for line in (await ledger.alerts.get(one.id)).history for s in line.scans]
        assert sorted(scans) == [n.to_bytes(16, "big") for n in range(one.index or 0, 100, 20)]


async def test_two_thousand_alerts_are_written_in_one_flush(ledger: Ledger) -> None:
    said = [suspicion(n, n // 2) for n in range(4_000)]
    assert len(await ledger.alerts.report_all(said)) == 2_000
    assert len(await ledger.alerts.report_all(said)) == 2_000
    assert sum(one.scans for one in await ledger.alerts.list(limit=5_000)) == 4_000
    assert await ledger.alerts.report_all([]) == []
