"""The judge, told as what happens to stamps."""

from dataclasses import replace

import pytest

from stamps.dossier import Dossier
from stamps.lifecycle import State
from stamps.place import Place
from stamps.sighting import Sighting, Via
from stamps.verdict import Judgement, Reason, Rules, StampFacts, Verdict, judge

HOUR = 3_600_000
DAY = 24 * HOUR
PACKED = 1_790_000_000_000
DA_LAT = Place(11.94, 108.44, 50)
SAIGON = Place(10.78, 106.70, 50)
HANOI = Place(21.03, 105.85, 50)

FRUIT = StampFacts(State.ACTIVATED, PACKED, DA_LAT, shelf_life_days=10, market=("VN",))
RULES = Rules()


def tell(*sightings: Sighting, facts: StampFacts = FRUIT) -> Judgement:
    """Judge one after the other, and give the last judgement."""
    dossier = Dossier.EMPTY
    for sighting in sightings:
        judgement = judge(dossier, sighting, facts, RULES)
        dossier = judgement.dossier
    return judgement


def scan(
    hours: float,
    device: int = 1,
    place: Place | None = None,
    net: int | None = None,
    country: str = "VN",
    via: Via = Via.PAGE,
) -> Sighting:
    return Sighting(
        PACKED + round(hours * HOUR), device, device if net is None else net, place, country, via
    )


@pytest.mark.parametrize(
    ("state", "verdict"),
    [
        (State.ISSUED, Verdict.INACTIVE),
        (State.PRINTED, Verdict.INACTIVE),
        (State.ACTIVATED, Verdict.AUTHENTIC),
        (State.CLAIMED, Verdict.AUTHENTIC),
        (State.VOID, Verdict.VOID),
        (State.SUSPENDED, Verdict.SUSPENDED),
        (State.RECALLED, Verdict.RECALLED),
    ],
)
def test_the_law_comes_before_the_evidence(state: State, verdict: Verdict) -> None:
    facts = replace(FRUIT, state=state)
    assert judge(Dossier.EMPTY, None, facts, RULES).verdict == verdict
    assert tell(scan(30), facts=facts).verdict == verdict


def test_a_fruit_past_its_shelf_life_is_expired_and_nobody_is_accused() -> None:
    late = tell(scan(11 * 24))
    assert late.verdict == Verdict.EXPIRED
    assert not late.alert
    visit = judge(Dossier.EMPTY, None, FRUIT, RULES, at=PACKED + 11 * DAY)
    assert visit.verdict == Verdict.EXPIRED


def test_a_family_at_one_table_is_one_crowd() -> None:
    table = [scan(40 + n / 60, device=n, place=SAIGON, net=7) for n in range(1, 6)]
    judgement = tell(*table)
    assert judgement.verdict == Verdict.AUTHENTIC
    assert judgement.dossier.sessions == 5
    assert len(judgement.dossier.spots) == 1


def test_a_gift_to_hanoi_by_air_is_a_journey() -> None:
    judgement = tell(scan(40, 1, SAIGON), scan(47, 2, HANOI))
    assert judgement.verdict == Verdict.AUTHENTIC
    assert Reason.IMPOSSIBLE_TRAVEL not in judgement.reasons


def test_a_clone_in_two_provinces_within_the_hour_is_suspect_and_raises_an_alert() -> None:
    judgement = tell(scan(40, 1, SAIGON), scan(40.2, 2, HANOI))
    assert judgement.verdict == Verdict.SUSPECT
    assert judgement.reasons[0] == Reason.IMPOSSIBLE_TRAVEL
    assert judgement.alert


def test_one_device_alone_never_alerts_wherever_it_says_it_is() -> None:
    trips = [scan(40 + n / 4, 1, (SAIGON, HANOI)[n % 2]) for n in range(20)]
    judgement = tell(*trips)
    assert judgement.verdict == Verdict.AUTHENTIC
    assert judgement.dossier.sessions == 1
    assert judgement.dossier.scans == 20
    assert not judgement.alert


def test_a_visit_leaves_the_dossier_as_it_was() -> None:
    before = tell(scan(40, 1, SAIGON)).dossier
    visits = [scan(40.1, n, HANOI, via=Via.VISIT) for n in range(2, 6)]
    for visit in visits:
        assert judge(before, visit, FRUIT, RULES).dossier is before
    assert judge(before, None, FRUIT, RULES).dossier is before
