"""What evidence comes to: short ways come to what the long way does."""

from dataclasses import replace

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from detection.features import measure
from detection.model import Model
from detection.rules import Rules
from detection.scan_history import ScanHistory, Spot
from detection.score import weigh, weighs_alike
from detection.stamp_context import StampContext
from stamps.lifecycle import State

PACKED = 1_790_000_000_000
MINUTE = 1_432_000  # a day or so after packing, in minutes since 2024
RULES = Rules()
FRUIT = StampContext(State.ACTIVATED, PACKED, shelf_life_days=14, market=("VN",))
TEA = replace(FRUIT, shelf_life_days=365)
EXPORTED = replace(FRUIT, market=("CN",))
STOLEN = StampContext(State.VOID)

facts = st.sampled_from([FRUIT, TEA, EXPORTED, STOLEN, replace(FRUIT, claimed=True)])
few, eighths = st.integers(0, 31), st.integers(0, 7)


@st.composite
def histories(draw: st.DrawFn) -> ScanHistory:
    begun = MINUTE // 30 + draw(st.integers(0, 2000))
    latest = begun + draw(st.integers(0, 2000))
    cameras = draw(st.lists(st.booleans(), max_size=3))
    return ScanHistory(
        first=MINUTE,
        last=latest * 30,
        begun=begun,
        latest=latest,
        scans=draw(st.integers(1, 900)),
        sessions=draw(st.integers(1, 400)),
        spots=tuple(Spot(number * 800, begun, latest, it) for number, it in enumerate(cameras)),
        fresh=draw(st.integers(2, 255)),
        rounds=draw(st.integers(0, 15)),
        places=draw(few),
        same=draw(few),
        returns=draw(eighths),
        travel=draw(st.integers(0, 4)),
        feigned=draw(st.integers(0, 15)),
        abroad=draw(eighths),
        early=draw(st.integers(0, 3)),
        feeds=draw(eighths),
        bursts=draw(st.integers(0, 255)),
        heat=draw(st.integers(0, 255)),
        peak=draw(st.integers(0, 255)),
    )


@settings(deadline=None)
@given(histories(), facts)
def test_a_score_is_the_sum_of_what_each_measure_weighs(
    history: ScanHistory, facts: StampContext
) -> None:
    own = sum(RULES.lookup_tables.pieces(measure(history, facts)))
    if facts.claimed:
        own += RULES.claimed
    if facts.state is State.VOID and history.rounds:
        own += RULES.out_of_use
    assert weigh(history, facts, RULES)[0] == own


@settings(deadline=None)
@given(histories(), facts, st.integers(0, 300), st.integers(0, 255), st.integers(0, 255))
def test_what_weighs_alike_weighs_the_same(
    history: ScanHistory, facts: StampContext, sessions: int, bursts: int, peak: int
) -> None:
    later = replace(
        history,
        sessions=history.sessions + sessions,
        bursts=bursts,
        peak=peak,
        devices=(7,),
        heat=3,
    )
    assume(weighs_alike(later, history, RULES))
    assert weigh(later, facts, RULES)[:2] == weigh(history, facts, RULES)[:2]


@settings(deadline=None)
@given(histories(), histories(), facts)
def test_one_more_of_anything_that_weighs_is_not_alike(
    one: ScanHistory, other: ScanHistory, facts: StampContext
) -> None:
    assume(weigh(one, facts, RULES)[0] != weigh(other, facts, RULES)[0])
    assert not weighs_alike(one, other, RULES)


def test_one_session_weighs_nothing() -> None:
    assert weigh(ScanHistory(scans=1, sessions=1, fresh=1), FRUIT, RULES) == (0.0, 0.0, None)


@pytest.mark.parametrize("value", [0.0, -1.0])
def test_a_weight_for_nothing_is_refused(value: float) -> None:
    with pytest.raises(ValueError, match="above 0"):
        Rules(weights=Model(places=((value, 0.5), (3.0, 0.5))))
