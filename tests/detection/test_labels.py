"""Labels: decisions become precision with intervals, by month, kind, score, product, province."""

from dataclasses import replace
from math import comb

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detection.labels import (
    LABEL_OF_CAUSE,
    Label,
    choose_level,
    estimate_share,
    name_month,
    summarize_labels,
)
from ledger import ALERT_CAUSES, AlertState

HOUR = 3_600_000
OCTOBER = 1_790_787_600_000  # midnight in Vietnam
LABEL = Label("stamp", "copied", "ri6", "66", 9.0, OCTOBER, OCTOBER + 5 * HOUR)


def test_every_cause_of_a_decision_is_a_label() -> None:
    for state, is_true in ((AlertState.CONFIRMED, True), (AlertState.DISMISSED, False)):
        for cause in ALERT_CAUSES[state]:
            assert LABEL_OF_CAUSE[cause] is is_true, cause


@given(st.integers(0, 400).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
@settings(max_examples=60)
def test_an_interval_holds_its_share_and_nothing_impossible(counts: tuple[int, int]) -> None:
    share = estimate_share(*counts)
    assert 0 <= share.low <= share.high <= 1
    if share.value is not None:
        assert share.low <= share.value <= share.high
        assert share.low < share.high


@pytest.mark.parametrize("truth", [0.02, 0.5, 0.8])
def test_intervals_cover_the_true_share_as_often_as_they_say(truth: float) -> None:
    whole = 80
    covered = sum(
        comb(whole, part) * truth**part * (1 - truth) ** (whole - part)
        for part in range(whole + 1)
        if estimate_share(part, whole).low <= truth <= estimate_share(part, whole).high
    )
    assert 0.92 < covered < 0.985


def test_a_share_of_more_than_all_is_refused() -> None:
    with pytest.raises(ValueError, match="3 of 2"):
        estimate_share(3, 2)


def test_months_are_vietnams() -> None:
    assert (name_month(OCTOBER - 1), name_month(OCTOBER)) == ("2026-09", "2026-10")


def test_labels_are_summed_by_each_dimension() -> None:
    labels = [
        LABEL,
        replace(LABEL, cause="leaked", product=None, score=20.0),
        replace(LABEL, cause="gift", kind="batch", decided_at=OCTOBER - 1, opened_at=0),
        replace(LABEL, cause="wrong-place", kind="code-lent"),
    ]
    summary = summarize_labels(labels)
    assert (summary.total.part, summary.total.whole, summary.excluded) == (2, 3, 1)
    assert summary.median_ms == 5 * HOUR
    found = {
        dimension: {name: (share.part, share.whole) for name, share in groups.items()}
        for dimension, groups in summary.groups.items()
    }
    assert found == {
        "month": {"2026-09": (0, 1), "2026-10": (2, 2)},
        "kind": {"stamp": (2, 2), "batch": (0, 1)},
        "level": {str(choose_level(9.0)): (1, 2), str(choose_level(20.0)): (1, 1)},
        "product": {"ri6": (1, 2), "": (1, 1)},
        "province": {"66": (2, 3)},
    }
    assert list(found["month"]) == ["2026-09", "2026-10"]
    assert list(found["product"]) == ["ri6", ""]
    assert summary.causes == {"copied": 1, "gift": 1, "leaked": 1}


def test_no_labels_are_no_precision() -> None:
    summary = summarize_labels([])
    assert (summary.total.value, summary.median_ms, summary.excluded) == (None, None, 0)
