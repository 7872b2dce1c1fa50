"""Batches that go wrong: rolling counts, and what they weigh."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detection.batch_anomaly import BatchAnomaly
from detection.rules import Rules

RULES = Rules()
DAY = 86_400_000


def test_a_usual_batch_says_nothing() -> None:
    usual = BatchAnomaly().count(0, RULES, scanned=1000, anomalous=8)
    assert usual.evidence(RULES) == 0.0


def test_a_leaked_batch_says_as_much_as_it_may() -> None:
    leaked = BatchAnomaly().count(0, RULES, scanned=1000, anomalous=60)
    assert leaked.evidence(RULES) == RULES.batch_alert


def test_one_anomalous_stamp_makes_no_bad_batch() -> None:
    assert BatchAnomaly().count(0, RULES, scanned=1, anomalous=1).evidence(RULES) == 0.0


def test_what_went_wrong_is_forgotten_by_half_in_a_half_life() -> None:
    once = BatchAnomaly().count(0, RULES, scanned=100, anomalous=10)
    later = once.count(round(RULES.batch_half_life_days * DAY), RULES)
    assert later.anomalous == pytest.approx(5.0)
    assert later.scanned == pytest.approx(50.0)


def test_evidence_that_comes_late_is_counted_and_makes_nothing_older() -> None:
    now = BatchAnomaly().count(10 * DAY, RULES, scanned=10)
    assert now.count(3 * DAY, RULES, scanned=1) == BatchAnomaly(10 * DAY, 11.0, 0.0)


@settings(deadline=None)
@given(st.integers(0, 10_000), st.integers(0, 500), st.integers(1, 50))
def test_more_anomalous_stamps_never_weigh_less(scanned: int, anomalous: int, more: int) -> None:
    before = BatchAnomaly().count(0, RULES, scanned=scanned, anomalous=anomalous)
    after = before.count(0, RULES, anomalous=more)
    assert 0.0 <= before.evidence(RULES) <= after.evidence(RULES) <= RULES.batch_alert
