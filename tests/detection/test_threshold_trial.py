"""What other thresholds would have done, and how far stamps are from the simulated ones."""

from dataclasses import replace

import pytest

from detection.drift import (
    BINS,
    FEWEST,
    compare_stamps,
    compute_psi,
    count_bins,
    interpret_psi,
)
from detection.report_evidence import bound_reports
from detection.rules import Rules
from detection.scan_event import ScanEvent
from detection.scan_history import EMPTY
from detection.threshold_trial import (
    STEPS,
    TriedStamp,
    list_rules,
    summarize_trial,
    try_thresholds,
)
from detection.verdict import judge
from services.alerts.simulated_stamps import load_simulated
from tests.detection.test_decisions import ROUNDS
from tests.detection.test_report_evidence import COPIED, NEAR, report
from tests.detection.test_verdict import FRUIT, RULES, SAIGON, scan

QUIET = [scan(60, 1, SAIGON), scan(90, 2)]


def alerts_live(events: list[ScanEvent], rules: Rules) -> bool:
    """Whether the judge of the live service raises an alert at one of the scans."""
    history, alerted = EMPTY, False
    for event in events:
        judgement = judge(history, event, FRUIT, rules)
        history, alerted = judgement.history, alerted or judgement.alert
    return alerted


@pytest.mark.parametrize("events", [ROUNDS, ROUNDS[:6], ROUNDS[:3], QUIET, []])
def test_each_threshold_says_what_the_live_judge_says_with_it(events: list[ScanEvent]) -> None:
    tried = list_rules(RULES)
    found = try_thresholds(events, FRUIT, tried, RULES)
    assert list(found.alerts) == [alerts_live(events, rules) for rules in tried]


def test_the_trial_can_tell_thresholds_apart() -> None:
    found = try_thresholds(ROUNDS[:6], FRUIT, list_rules(RULES), RULES)
    assert set(found.alerts) == {True, False}


def test_reports_lift_a_stamp_over_each_threshold_that_its_scans_nearly_reach() -> None:
    tried = list_rules(RULES)
    two = [report(1, 1), report(2, 2)]
    for reports, nats in ((two, 2 * COPIED), (two[:1], COPIED), ([report(30, 1)] * 5, COPIED)):
        found = try_thresholds(NEAR, FRUIT, tried, RULES, reports)
        wanted = [found.score + bound_reports(nats, rules) >= rules.alert for rules in tried]
        assert list(found.alerts) == wanted
        assert set(wanted) == {True, False}
    assert try_thresholds(QUIET, FRUIT, tried, RULES, two).alerts == (False,) * len(tried)


def test_rules_that_are_tried_are_valid_and_hold_the_one_in_force() -> None:
    tried = list_rules(Rules())
    assert len(tried) == len(STEPS)
    assert [rules.alert for rules in tried] == sorted(rules.alert for rules in tried)
    assert Rules() in tried
    low = Rules(caution=0.4, alert=0.5, suspect=0.6)
    assert [rules.alert for rules in list_rules(low)][:2] == [0.5, 1.0]


def test_a_trial_counts_what_is_kept_and_avoided() -> None:
    tried = list_rules(Rules())
    low, high = (True, *[False] * 8), (True,) * 9
    stamps = [TriedStamp(low, 6.0, EMPTY), TriedStamp(high, 20.0, EMPTY)]
    labelled = [(True, stamps[1]), (True, stamps[0]), (False, stamps[0])]
    rows = summarize_trial(tried, Rules(), labelled, stamps)
    assert [row.threshold for row in rows if row.is_in_force] == [Rules().alert]
    counts = [
        (row.confirmed.part, row.dismissed.part, row.sampled.part) for row in (rows[0], rows[-1])
    ]
    assert counts == [(2, 0, 2), (1, 1, 1)]
    assert (rows[0].confirmed.whole, rows[0].dismissed.whole, rows[0].sampled.whole) == (2, 1, 2)


def test_stamps_like_the_simulated_ones_are_alike_and_others_are_not() -> None:
    simulated = load_simulated()["scanned"]
    assert {number: len(counts) for number, counts in simulated.items()} == {
        number: len(bounds) + 1 for number, bounds in BINS.items()
    }
    once = try_thresholds([scan(60, 1)], FRUIT, [RULES], RULES)
    often = try_thresholds(ROUNDS, FRUIT, [RULES], RULES)
    rows = {row.number: row for row in compare_stamps("scanned", [often] * FEWEST, simulated)}
    assert rows["score"].reading == rows["sessions"].reading == "different"
    mixed = [once] * 19 + [try_thresholds(QUIET, FRUIT, [RULES], RULES)]
    near = {row.number: row for row in compare_stamps("scanned", mixed * 20, simulated)}
    assert near["score"].psi < rows["score"].psi
    few = compare_stamps("scanned", [often], simulated)
    assert {row.reading for row in few} == {"unknown"}


def test_the_index_reads_as_it_is_used_elsewhere() -> None:
    assert [interpret_psi(psi, FEWEST) for psi in (0.05, 0.2, 0.3)] == [
        "alike",
        "shifted",
        "different",
    ]
    assert compute_psi([5, 5], [50, 50]) == pytest.approx(0, abs=1e-9)
    assert compute_psi([0, 9], [9, 0]) > 1
    counted = count_bins([replace(TriedStamp((), 7.0, EMPTY))])
    assert counted["score"] == [0, 0, 0, 0, 1, 0, 0]
