"""What evidence comes to: short ways come to what the long way does."""

from dataclasses import replace

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from stamps.dossier import Dossier, Spot
from stamps.evidence import measure
from stamps.facts import StampFacts
from stamps.lifecycle import State
from stamps.rules import Rules
from stamps.weighing import weigh, weighs_alike
from stamps.weights import Weights

PACKED = 1_790_000_000_000
MINUTE = 1_432_000  # a day or so after packing, in minutes since 2024
RULES = Rules()
FRUIT = StampFacts(State.ACTIVATED, PACKED, shelf_life_days=14, market=("VN",))
TEA = replace(FRUIT, shelf_life_days=365)
EXPORTED = replace(FRUIT, market=("CN",))
STOLEN = StampFacts(State.VOID)

facts = st.sampled_from([FRUIT, TEA, EXPORTED, STOLEN, replace(FRUIT, claimed=True)])
few, eighths = st.integers(0, 31), st.integers(0, 7)


@st.composite
def dossiers(draw: st.DrawFn) -> Dossier:
    begun = MINUTE // 30 + draw(st.integers(0, 2000))
    latest = begun + draw(st.integers(0, 2000))
    cameras = draw(st.lists(st.booleans(), max_size=3))
    return Dossier(
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
@given(dossiers(), facts)
def test_a_score_is_the_sum_of_what_each_measure_weighs(
    dossier: Dossier, facts: StampFacts
) -> None:
    own = sum(RULES.laid_out.pieces(measure(dossier, facts)))
    if facts.claimed:
        own += RULES.claimed
    if facts.state is State.VOID and dossier.rounds:
        own += RULES.out_of_use
    assert weigh(dossier, facts, RULES)[0] == own


@settings(deadline=None)
@given(dossiers(), facts, st.integers(0, 300), st.integers(0, 255), st.integers(0, 255))
def test_what_weighs_alike_weighs_the_same(
    dossier: Dossier, facts: StampFacts, sessions: int, bursts: int, peak: int
) -> None:
    later = replace(
        dossier,
        sessions=dossier.sessions + sessions,
        bursts=bursts,
        peak=peak,
        devices=(7,),
        heat=3,
    )
    assume(weighs_alike(later, dossier, RULES))
    assert weigh(later, facts, RULES)[:2] == weigh(dossier, facts, RULES)[:2]


@settings(deadline=None)
@given(dossiers(), dossiers(), facts)
def test_one_more_of_anything_that_weighs_is_not_alike(
    one: Dossier, other: Dossier, facts: StampFacts
) -> None:
    assume(weigh(one, facts, RULES)[0] != weigh(other, facts, RULES)[0])
    assert not weighs_alike(one, other, RULES)


def test_one_session_weighs_nothing() -> None:
    assert weigh(Dossier(scans=1, sessions=1, fresh=1), FRUIT, RULES) == (0.0, 0.0, None)


@pytest.mark.parametrize("value", [0.0, -1.0])
def test_a_weight_for_nothing_is_refused(value: float) -> None:
    with pytest.raises(ValueError, match="above 0"):
        Rules(weights=Weights(places=((value, 0.5), (3.0, 0.5))))
