"""Features, their weights and the score."""

from dataclasses import replace

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from detection.features import FEATURES, extract_features
from detection.rules import Rules
from detection.scan_history import EPOCH_MINUTE, MAP_BITS, ScanHistory
from detection.score import score_history, scores_equally
from detection.spots import Spot
from detection.stamp_context import StampContext
from stamps.lifecycle import State

PACKED = 1_790_000_000_000
MINUTE = 1_432_000  # a day or so after packing, in minutes since 2024
RULES = Rules()
FRUIT = StampContext(State.ACTIVATED, PACKED, shelf_life_days=14, market=("VN",))
TEA = replace(FRUIT, shelf_life_days=365)
EXPORTED = replace(FRUIT, market=("CN",))
STOLEN = StampContext(State.VOID)

contexts = st.sampled_from([FRUIT, TEA, EXPORTED, STOLEN, replace(FRUIT, other_claims=1)])
few, eighths = st.integers(0, 31), st.integers(0, 7)


@st.composite
def histories(draw: st.DrawFn) -> ScanHistory:
    first_independent = MINUTE // 30 + draw(st.integers(0, 2000))
    last_independent = first_independent + draw(st.integers(0, 2000))
    cameras = draw(st.lists(st.booleans(), max_size=3))
    return ScanHistory(
        first=MINUTE,
        last=last_independent * 30,
        first_independent=first_independent,
        last_independent=last_independent,
        scans=draw(st.integers(1, 900)),
        sessions=draw(st.integers(1, 400)),
        spots=tuple(
            Spot(number * 800, first_independent, last_independent, it)
            for number, it in enumerate(cameras)
        ),
        independent=draw(st.integers(2, 255)),
        rounds=draw(st.integers(0, 15)),
        places=draw(few),
        repeats=draw(few),
        returns=draw(eighths),
        travel=draw(st.integers(0, 4)),
        spoofed=draw(st.integers(0, 15)),
        off_market=draw(eighths),
        before_packing=draw(st.integers(0, 3)),
        from_feeds=draw(eighths),
        bursts=draw(st.integers(0, 255)),
        burst_level=draw(st.integers(0, 255)),
        network_map=draw(st.just(0) | st.integers(1, (1 << MAP_BITS) - 1)),
        witnesses=draw(st.integers(0, 15)),
        proven_travel=draw(st.integers(0, 3)),
    )


@settings(deadline=None)
@given(histories(), contexts)
def test_a_score_is_the_sum_of_what_each_feature_weighs(
    history: ScanHistory, context: StampContext
) -> None:
    numbers = extract_features(history, context)
    own = 0.0
    for feature in FEATURES:
        reached = [
            nats
            for value, nats in feature.steps
            if numbers[feature.name] >= value * feature.per_unit
        ]
        own += sum(reached, 0.0)
    own += RULES.second_claim * context.other_claims
    if context.state is State.VOID and history.rounds:
        own += RULES.out_of_use
    if history.proven_travel:
        own = max(own, RULES.suspect)
    assert score_history(history, context, RULES)[0] == pytest.approx(own)


@settings(deadline=None)
@given(histories(), contexts)
def test_every_number_is_inside_its_lookup_table(
    history: ScanHistory, context: StampContext
) -> None:
    numbers = extract_features(history, context)
    assert all(0 <= numbers[feature.name] < feature.size for feature in FEATURES)


def test_features_have_one_name_and_only_mitigating_ones_have_negative_weights() -> None:
    assert len({feature.name for feature in FEATURES}) == len(FEATURES) == 18
    for feature in FEATURES:
        assert feature.steps == tuple(sorted(feature.steps))
        assert all((nats < 0) == feature.mitigating for _, nats in feature.steps)
        assert feature.lookup_table()[0] == 0.0


# One history and context that reaches each feature, and the number that it must give.
_FRUIT_HISTORY = ScanHistory(
    first=MINUTE,
    last=MINUTE,
    first_independent=MINUTE // 30,
    last_independent=MINUTE // 30 + 100,
    sessions=300,
    spots=(
        Spot(0, MINUTE // 30, MINUTE // 30, True),
        Spot(800, MINUTE // 30, MINUTE // 30, False),
        Spot(1600, MINUTE // 30, MINUTE // 30, True),
    ),
    independent=9,
    rounds=5,
    places=3,
    repeats=6,
    returns=2,
    travel=1,
    off_market=4,
    before_packing=3,
    from_feeds=5,
    bursts=30,
)
_IN_ONE_PLACE = replace(_FRUIT_HISTORY, places=1)


@pytest.mark.parametrize(
    ("name", "history", "context", "number"),
    [
        ("single_place_sessions", _IN_ONE_PLACE, FRUIT, 9),
        ("single_place_sessions", _FRUIT_HISTORY, FRUIT, 0),
        ("single_place_rounds", _IN_ONE_PLACE, FRUIT, 5),
        ("single_place_rounds", _FRUIT_HISTORY, FRUIT, 0),
        ("sessions", _FRUIT_HISTORY, FRUIT, 9),
        ("sessions", _IN_ONE_PLACE, FRUIT, 0),
        ("rounds", _FRUIT_HISTORY, FRUIT, 5),
        ("rounds", _IN_ONE_PLACE, FRUIT, 0),
        ("places", _FRUIT_HISTORY, FRUIT, 3),
        ("camera_places", _FRUIT_HISTORY, FRUIT, 2),
        ("camera_places", _IN_ONE_PLACE, FRUIT, 0),
        ("returns", _FRUIT_HISTORY, FRUIT, 2),
        ("travel", _FRUIT_HISTORY, FRUIT, 1),
        ("spread", _FRUIT_HISTORY, FRUIT, 4),  # 50 hours
        ("spread", _FRUIT_HISTORY, TEA, 0),  # at a sixth of the pace
        ("off_market", _FRUIT_HISTORY, FRUIT, 4),
        ("off_market", _FRUIT_HISTORY, EXPORTED, 0),
        ("off_export_market", _FRUIT_HISTORY, EXPORTED, 4),
        ("off_export_market", _FRUIT_HISTORY, FRUIT, 0),
        ("before_packing", _FRUIT_HISTORY, FRUIT, 3),
        ("single_place_repeats", _FRUIT_HISTORY, FRUIT, 2),  # less two for each further place
        ("single_place_repeats", _IN_ONE_PLACE, FRUIT, 6),
        ("single_place_repeats", replace(_FRUIT_HISTORY, repeats=3), FRUIT, 0),
        ("bursts", _FRUIT_HISTORY, FRUIT, 30),
        ("long_life_sessions", _FRUIT_HISTORY, TEA, 9),
        ("long_life_sessions", _FRUIT_HISTORY, FRUIT, 0),
        ("long_life_rounds", _FRUIT_HISTORY, TEA, 5),
        ("long_life_rounds", _FRUIT_HISTORY, FRUIT, 0),
        ("from_feeds", _FRUIT_HISTORY, FRUIT, 5),
    ],
)
def test_features_measure_what_they_mean(
    name: str, history: ScanHistory, context: StampContext, number: int
) -> None:
    assert extract_features(history, context)[name] == number


@pytest.mark.parametrize(
    ("days", "age", "exported"), [(0, 0, 0), (1, 2, 0), (5, 10, 4), (300, 159, 159)]
)
def test_age_counts_half_days_since_packing(days: int, age: int, exported: int) -> None:
    sent = (PACKED // 60_000 - EPOCH_MINUTE) // 30
    last = sent + days * 48
    history = replace(_FRUIT_HISTORY, first_independent=last - 72, last_independent=last)
    assert extract_features(history, FRUIT)["age"] == age
    assert extract_features(history, EXPORTED)["age"] == exported


@settings(deadline=None)
@given(histories(), contexts, st.integers(0, 300), st.integers(0, 255))
def test_what_scores_equally_weighs_the_same(
    history: ScanHistory, context: StampContext, sessions: int, bursts: int
) -> None:
    later = replace(
        history,
        sessions=history.sessions + sessions,
        bursts=bursts,
        devices=(7,),
        burst_level=3,
    )
    assume(scores_equally(later, history, RULES))
    assert score_history(later, context, RULES) == score_history(history, context, RULES)


@settings(deadline=None)
@given(histories(), histories(), contexts)
def test_histories_with_different_scores_do_not_score_equally(
    one: ScanHistory, other: ScanHistory, context: StampContext
) -> None:
    assume(score_history(one, context, RULES) != score_history(other, context, RULES))
    assert not scores_equally(one, other, RULES)


def test_one_independent_session_is_no_evidence() -> None:
    assert score_history(ScanHistory(scans=1, sessions=1, independent=1), FRUIT, RULES) == (
        0.0,
        0.0,
    )


@pytest.mark.parametrize("value", [0.0, -1.0])
def test_a_step_at_or_below_zero_is_refused(value: float) -> None:
    with pytest.raises(ValueError, match="above 0"):
        replace(FEATURES[0], steps=((value, 0.5), (3.0, 0.5)))


def test_steps_that_do_not_ascend_are_refused() -> None:
    with pytest.raises(ValueError, match="steps must ascend"):
        replace(FEATURES[0], steps=((3, 0.5), (2, 0.5)))


def test_a_lookup_table_adds_the_steps_that_a_number_reaches() -> None:
    feature = replace(FEATURES[0], steps=((0.5, 1.0), (2, 0.25), (9, 4.0)), per_unit=2, size=6)
    assert feature.lookup_table() == (0.0, 1.0, 1.0, 1.0, 1.25, 1.25)
