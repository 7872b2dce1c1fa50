"""Benign causes: what explains a scan history, and where each explanation ends."""

from dataclasses import replace

import pytest

from detection.benign_causes import (
    find_cause,
    has_excess_places,
    has_spoofed_places,
    is_crowded,
    is_flood,
    is_household,
    is_proven,
    is_sample_on_show,
)
from detection.reasons import Reason
from detection.rules import Rules
from detection.scan_history import ScanHistory
from detection.stamp_context import StampContext
from stamps.lifecycle import State

RULES = Rules()
ACTIVATED = StampContext(State.ACTIVATED)


def test_three_sessions_are_a_household_and_four_are_not() -> None:
    assert is_household(ScanHistory(independent=3), 0, RULES)
    assert not is_household(ScanHistory(independent=4), 0, RULES)


def test_a_household_scans_within_days_and_makes_no_impossible_journey() -> None:
    half_days = round(RULES.household_days * 2)
    assert is_household(ScanHistory(independent=2), half_days - 1, RULES)
    assert not is_household(ScanHistory(independent=2), half_days, RULES)
    assert not is_household(ScanHistory(independent=2, travel=1), 0, RULES)


def test_six_shoppers_in_one_place_are_a_sample_if_two_gave_it() -> None:
    shoppers = ScanHistory(independent=6, places=1)
    assert is_sample_on_show(shoppers, 1, RULES)
    assert not is_sample_on_show(shoppers, 0, RULES)


@pytest.mark.parametrize(
    ("shoppers", "is_sample"), [(5, False), (6, True), (70, True), (71, False)]
)
def test_a_sample_has_six_to_seventy_shoppers(shoppers: int, is_sample: bool) -> None:
    assert is_sample_on_show(ScanHistory(independent=shoppers), 1, RULES) is is_sample


@pytest.mark.parametrize(("half_hours", "is_sample"), [(479, True), (480, False)])
def test_a_sample_is_on_show_for_less_than_ten_days(half_hours: int, is_sample: bool) -> None:
    history = ScanHistory(independent=20, first_independent=100, last_independent=100 + half_hours)
    assert is_sample_on_show(history, 0, RULES) is is_sample


def test_a_sample_is_in_one_place() -> None:
    assert not is_sample_on_show(ScanHistory(independent=20, places=2), 1, RULES)


@pytest.mark.parametrize(
    ("independent", "places", "repeats", "has_excess"),
    [
        (8, 3, 2, True),  # 5 of 8 gave a place
        (8, 2, 3, True),
        (7, 3, 2, False),  # too few people to tell
        (8, 3, 1, False),  # 4 of 8: half are below 62 %
        (8, 1, 7, False),  # everybody in one place
    ],
)
def test_three_places_of_five_people_are_more_than_honest_people_give(
    independent: int, places: int, repeats: int, has_excess: bool
) -> None:
    history = ScanHistory(independent=independent, places=places, repeats=repeats)
    assert has_excess_places(history, RULES) is has_excess
    assert (find_cause(history, RULES) is Reason.POISONING) is has_excess


def test_two_places_that_a_device_was_not_at_are_made_up() -> None:
    assert has_spoofed_places(ScanHistory(spoofed=2), RULES)
    assert not has_spoofed_places(ScanHistory(spoofed=1), RULES)


def test_a_stamp_is_crowded_from_96_bits_of_the_map_on() -> None:
    assert not is_crowded(ScanHistory(network_map=(1 << 95) - 1), RULES)
    assert is_crowded(ScanHistory(network_map=(1 << 96) - 1), RULES)


def test_bursts_and_feeds_are_a_flood_together() -> None:
    assert is_flood(ScanHistory(bursts=7, from_feeds=1), RULES)
    assert not is_flood(ScanHistory(bursts=6, from_feeds=1), RULES)


def test_a_flood_explains_at_most_a_quarter_of_its_size() -> None:
    assert find_cause(ScanHistory(independent=5, bursts=20), RULES) is Reason.POISONING
    assert find_cause(ScanHistory(independent=6, bursts=20), RULES) is None


@pytest.mark.parametrize(
    ("witnesses", "days", "proven"), [(8, 3, True), (7, 3, False), (8, 2.9, False)]
)
def test_eight_witnesses_over_three_days_prove_enough(
    witnesses: int, days: float, proven: bool
) -> None:
    history = ScanHistory(witnesses=witnesses, last_independent=round(days * 48))
    assert is_proven(history, ACTIVATED, RULES) is proven


def test_an_impossible_journey_of_devices_or_a_second_claim_proves_enough() -> None:
    assert not is_proven(ScanHistory(), ACTIVATED, RULES)
    assert is_proven(ScanHistory(proven_travel=1), ACTIVATED, RULES)
    assert is_proven(ScanHistory(), replace(ACTIVATED, other_claims=1), RULES)
