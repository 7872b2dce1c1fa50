"""People's decisions come before the score; only clearly more, or another kind, reopens one."""

from dataclasses import replace

import pytest

from detection.rules import Rules
from detection.scan_event import ScanEvent
from detection.stamp_context import Decision
from detection.verdict import Judgement, Reason, Verdict, judge
from stamps.lifecycle import State
from tests.detection.test_verdict import (
    DA_NANG,
    FRUIT,
    HANOI,
    NOT_IN_CIRCULATION,
    RULES,
    SAIGON,
    scan,
    tell,
)

ROUNDS = [
    scan(60, 1, SAIGON),
    scan(100, 2, DA_NANG),
    *(scan(120 + 20 * n, n + 3) for n in range(9)),
]
"""One person after the other, the first two in distant places."""


def decided(*events: ScanEvent, confirmed: bool = False, **changes: object) -> Judgement:
    """Judge scans of a stamp on which people decided after the first twelve of them."""
    seen = tell(*ROUNDS)
    decision = Decision(confirmed, seen.score, frozenset(map(str, seen.reasons)))
    return tell(*ROUNDS, *events, context=replace(FRUIT, decision=decision, **changes))  # type: ignore[arg-type]


def test_the_scans_are_an_alert_without_a_decision() -> None:
    seen = tell(*ROUNDS)
    assert (seen.alert, seen.verdict) == (True, Verdict.SUSPECT)


def test_a_confirmed_stamp_is_suspect_and_says_who_says_so() -> None:
    judgement = decided(confirmed=True)
    assert (judgement.verdict, judgement.reasons[0]) == (Verdict.SUSPECT, Reason.CONFIRMED)
    quiet = replace(FRUIT, decision=Decision(confirmed=True))
    for events in ([], ROUNDS[:1]):
        judgement = judge(tell(scan(1)).history, None, quiet, RULES)
        assert (judgement.verdict, judgement.reasons) == (Verdict.SUSPECT, (Reason.CONFIRMED,))
        assert not tell(scan(1), *events, context=quiet).alert


def test_a_confirmed_stamp_stays_suspect_after_its_shelf_life() -> None:
    context = replace(FRUIT, decision=Decision(confirmed=True))
    late = FRUIT.ends_at
    assert late is not None
    assert judge(tell(scan(1)).history, None, FRUIT, RULES, at=late + 1).verdict is Verdict.EXPIRED
    assert judge(tell(scan(1)).history, None, context, RULES, at=late + 1).verdict is (
        Verdict.SUSPECT
    )


@pytest.mark.parametrize("confirmed", [True, False])
@pytest.mark.parametrize(("state", "verdict"), NOT_IN_CIRCULATION)
def test_the_lifecycle_comes_before_a_decision(
    state: State, verdict: Verdict, confirmed: bool
) -> None:
    assert decided(confirmed=confirmed, state=state).verdict is verdict


def test_a_dismissed_stamp_is_what_the_lifecycle_says() -> None:
    judgement = decided()
    assert (judgement.verdict, judgement.reasons, judgement.alert) == (
        Verdict.AUTHENTIC,
        (),
        False,
    )
    assert judgement.own_score == 0.0
    late = FRUIT.ends_at
    assert late is not None
    seen = tell(*ROUNDS)
    dismissed = replace(
        FRUIT, decision=Decision(False, seen.score, frozenset(map(str, seen.reasons)))
    )
    assert judge(seen.history, None, dismissed, RULES, at=late + 1).verdict is Verdict.EXPIRED


def test_one_more_scan_of_the_same_kind_does_not_reopen_a_dismissed_stamp() -> None:
    judgement = decided(scan(300, 40))
    assert judgement.score > tell(*ROUNDS).score
    assert (judgement.verdict, judgement.alert) == (Verdict.AUTHENTIC, False)


def test_evidence_clearly_above_what_was_dismissed_reopens_it() -> None:
    more = [scan(300 + 20 * n, 40 + n) for n in range(60)]
    judgement = decided(*more)
    assert judgement.score >= tell(*ROUNDS).score + RULES.reopen_margin
    assert (judgement.verdict, judgement.alert) == (Verdict.SUSPECT, True)
    assert Reason.MANY_DEVICES in judgement.reasons


def test_a_reason_that_was_not_dismissed_reopens_it() -> None:
    away = [scan(301, 41, SAIGON), scan(301.4, 42, HANOI)]
    judgement = decided(*away)
    assert Reason.IMPOSSIBLE_TRAVEL in judgement.reasons
    assert judgement.alert
    pin = decided(scan(301, 41), other_claims=1)
    assert Reason.SECOND_CLAIM in pin.reasons
    assert pin.alert


def test_a_new_reason_reopens_it_from_a_certain_weight_on() -> None:
    seen = tell(*ROUNDS)
    reasons = frozenset(map(str, seen.reasons))
    assert len(reasons) > 1
    for reason in reasons:
        decision = Decision(False, seen.score, reasons - {reason})
        context = replace(FRUIT, decision=decision)
        for weight, verdict in ((0.1, Verdict.SUSPECT), (99.0, Verdict.AUTHENTIC)):
            rules = replace(RULES, reopen_reason=weight)
            assert judge(seen.history, None, context, rules).verdict is verdict


def test_what_explains_scans_and_what_neighbours_do_is_no_new_kind() -> None:
    context = replace(FRUIT, batch_evidence=3.0)
    strict = Rules(reopen_reason=0.1)
    seen = tell(*ROUNDS)
    decision = Decision(False, seen.score, frozenset(map(str, seen.reasons)))
    judgement = judge(seen.history, None, replace(context, decision=decision), strict)
    assert judgement.verdict is Verdict.AUTHENTIC
