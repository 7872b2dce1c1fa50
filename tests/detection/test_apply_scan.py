"""Single rules of `apply_scan` at their bounds: times that saturate, journeys, returns."""

from dataclasses import replace

import pytest

from detection.apply_scan import apply_scan
from detection.place import Place, cell_of, gap_km
from detection.rules import Rules
from detection.scan_event import ScanEvent, Via
from detection.scan_history import EMPTY, MAX_HALF_HOURS, ScanHistory
from tests.detection.test_verdict import FRUIT, HANOI, PACKED, RULES, SAIGON, scan

DAY_HOURS = 24
SENT = (FRUIT.packing_until - PACKED) / 3_600_000
"""Hours after packing when the lorry has left."""


def apply(*events: ScanEvent, rules: Rules = RULES) -> ScanHistory:
    history = EMPTY
    for event in events:
        history = apply_scan(history, event, FRUIT, rules)
    return history


def north_of(place: Place, km: float) -> Place:
    """A place so far north of another, to the kilometre."""
    return Place(place.lat + km / 111.2, place.lon, place.accuracy_m)


def gap(one: Place, other: Place) -> float:
    return gap_km(cell_of(one), cell_of(other))


def test_a_time_of_a_session_saturates_at_the_bound_and_not_before() -> None:
    first = scan(30, 1)
    early = apply(first, scan(30 + 340 * DAY_HOURS, 2))
    assert early.last_independent - early.first_independent == 340 * 48
    late = apply(first, scan(30 + 400 * DAY_HOURS, 2))
    assert late.last_independent == late.first // 30 + MAX_HALF_HOURS
    assert late.last - late.first == 400 * 1440
    assert late.independent == 2


def test_an_inspector_before_the_lorry_left_leaves_no_place() -> None:
    here = scan(0, 1, SAIGON, via=Via.INSPECTOR)
    assert apply(here).places == 0
    assert apply(scan(SENT - 0.1, 1, SAIGON, via=Via.INSPECTOR)).places == 0
    assert apply(scan(SENT, 1, SAIGON, via=Via.INSPECTOR)).places == 1
    nowhere = apply(scan(SENT + 1, 1, None, via=Via.INSPECTOR))
    assert (nowhere.places, nowhere.devices, nowhere.scans) == (0, (), 1)


@pytest.mark.parametrize(("km", "travel"), [(75, 0), (95, 1)])
def test_a_journey_by_road_has_slack_although_no_plane_is_so_fast(km: float, travel: int) -> None:
    there = north_of(SAIGON, km)
    history = apply(scan(30, 1, SAIGON), scan(30.5, 2, there))
    assert (history.places, history.travel) == (2, travel)


def test_a_journey_that_a_plane_makes_is_possible_although_no_lorry_does_it() -> None:
    assert gap(SAIGON, HANOI) > RULES.slack_km + RULES.ground_km_h * 5.5
    assert apply(scan(30, 1, SAIGON), scan(35, 2, HANOI)).travel == 0
    assert apply(scan(30, 1, SAIGON), scan(33, 2, HANOI)).travel == 4


def test_a_journey_just_as_fast_as_a_lorry_or_a_plane_is_possible() -> None:
    there = north_of(SAIGON, 200)
    km = gap(SAIGON, there)
    road = replace(RULES, slack_km=km, ground_km_h=0.0)
    plane = replace(RULES, slack_km=0.0, ground_km_h=0.0, air_hours=0.0, air_km_h=km)
    events = scan(30, 1, SAIGON), scan(30.5, 2, there)
    for rules in (road, plane):
        assert apply(*events, rules=rules).travel == 0
        slower = replace(rules, slack_km=rules.slack_km * 0.99, air_km_h=rules.air_km_h * 0.99)
        assert apply(*events, rules=slower).travel == 2


def test_a_journey_between_enrolled_devices_is_proven() -> None:
    app = apply(scan(30, 1, SAIGON, via=Via.APP), scan(30.5, 2, HANOI, via=Via.APP))
    assert (app.travel, app.proven_travel) == (4, 3)
    page = apply(scan(30, 1, SAIGON, via=Via.APP), scan(30.5, 2, HANOI))
    assert (page.travel, page.proven_travel) == (4, 0)


def test_a_new_place_is_no_return() -> None:
    history = apply(scan(30, 1, SAIGON), scan(80, 2, HANOI))
    assert (history.places, history.returns, history.repeats) == (2, 0, 0)


@pytest.mark.parametrize(("km", "returns"), [(20, 0), (45, 1)])
def test_a_stamp_returns_from_far_and_not_from_the_next_town(km: float, returns: int) -> None:
    there = north_of(SAIGON, km)
    history = apply(scan(30, 1, SAIGON), scan(80, 2, there), scan(130, 3, SAIGON))
    assert (history.places, history.repeats, history.returns) == (2, 1, returns)
    just = replace(RULES, return_km=gap(SAIGON, there))
    events = scan(30, 1, SAIGON), scan(80, 2, there), scan(130, 3, SAIGON)
    assert apply(*events, rules=just).returns == 0


def test_a_stamp_returns_only_if_it_was_elsewhere_in_between() -> None:
    # Both places at one time, then the first again: nobody left.
    together = apply(scan(30, 1, SAIGON), scan(30.2, 2, HANOI), scan(80, 3, SAIGON))
    assert (together.repeats, together.returns) == (1, 0)
    # The other place is first seen at the same time as the first one again.
    at_once = apply(scan(30, 1, SAIGON), scan(80, 2, HANOI), scan(80.2, 3, SAIGON))
    assert (at_once.repeats, at_once.returns) == (1, 0)
    # The first place was seen again before the other one.
    stayed = apply(scan(30, 1, SAIGON), scan(80, 2, SAIGON), scan(130, 3, HANOI))
    assert (stayed.repeats, stayed.returns) == (1, 0)
    back = apply(scan(30, 1, SAIGON), scan(80, 2, HANOI), scan(130, 3, SAIGON))
    assert (back.repeats, back.returns) == (1, 1)
