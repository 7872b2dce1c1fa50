"""Places: how far apart two of them surely are."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detection.place import ACCURACY_CLASSES_KM, Place, cell_of, cell_place, gap_km

lats = st.floats(-90, 90)
lons = st.floats(-180, 180)
radii = st.floats(0, 1_000_000)
places = st.builds(Place, lats, lons, radii)

DA_LAT = Place(11.94, 108.44, 30)
HANOI = Place(21.03, 105.85, 30)
TOKYO = Place(35.68, 139.69, 30)


def test_a_distance_is_the_great_circles() -> None:
    assert DA_LAT.distance_km(HANOI) == pytest.approx(1046, abs=3)
    assert HANOI.distance_km(TOKYO) == pytest.approx(3675, abs=10)


def test_both_radii_are_taken_off() -> None:
    sure = gap_km(cell_of(DA_LAT), cell_of(HANOI))
    vague = gap_km(cell_of(DA_LAT), cell_of(HANOI._replace(accuracy_m=80_000)))
    assert sure - vague == pytest.approx(78)


def test_two_accuracies_of_one_cell_are_no_distance_apart() -> None:
    assert gap_km(cell_of(DA_LAT), cell_of(DA_LAT._replace(accuracy_m=80_000))) == 0.0


def test_a_place_that_says_nothing_is_no_distance_from_anywhere() -> None:
    nowhere = HANOI._replace(accuracy_m=5_000_000)
    assert gap_km(cell_of(nowhere), cell_of(Place(19.0, 105.0, 10))) == 0.0


@settings(deadline=None)
@given(places)
def test_a_cell_is_four_bytes_near_its_place_and_never_surer_than_it(place: Place) -> None:
    cell = cell_of(place)
    assert 0 <= cell < 1 << 32
    middle = cell_place(cell)
    assert abs(middle.lat - place.lat) <= 1 / 64
    assert min(abs(middle.lon - place.lon), 360 - abs(middle.lon - place.lon)) <= 1 / 64
    most = ACCURACY_CLASSES_KM[-1] * 1000
    assert middle.accuracy_m >= min(place.accuracy_m, most)


@settings(deadline=None)
@given(places, places)
def test_a_gap_is_the_same_both_ways_and_never_more_than_the_distance(a: Place, b: Place) -> None:
    one, other = cell_of(a), cell_of(b)
    assert gap_km(one, other) == gap_km(other, one)
    assert 0.0 <= gap_km(one, other) <= a.distance_km(b)


@settings(deadline=None)
@given(places)
def test_a_place_is_no_distance_from_itself(place: Place) -> None:
    assert gap_km(cell_of(place), cell_of(place)) == 0.0


@settings(deadline=None)
@given(st.floats(-1e6, 1e6), st.floats(-1e6, 1e6))
def test_coordinates_off_the_map_still_make_a_cell(lat: float, lon: float) -> None:
    assert 0 <= cell_of(Place(lat, lon)) < 1 << 32
