"""Weights by the conduct of a network: budget, credibility, names of campaigns."""

import pytest

from detection.benign_causes import find_cause, is_crowded, is_flood, is_sample_on_show
from detection.reasons import Reason
from detection.rules import Rules
from detection.scan_history import ScanHistory
from detection.scan_weight import CampaignNames, NetworkDay, NetworkDays, ScanWeight

RULES = Rules(network_scans_per_minute=10)
HOUR = 3_600_000
DAY = 24 * HOUR


@pytest.mark.parametrize("elsewhere", [0, 3])
def test_the_budget_counts_the_scans_of_all_processes(elsewhere: int) -> None:
    network = NetworkDay()
    network.weigh_scan(0, RULES)
    network.minute_elsewhere = elsewhere
    weights = [network.weigh_scan(1, RULES) for _ in range(14)]
    assert weights.count(ScanWeight.FULL) == 9 - elsewhere
    assert weights[-1] is ScanWeight.NETWORK_BUDGET
    assert network.weigh_scan(60_000, RULES) is ScanWeight.FULL


def test_the_share_of_accused_stamps_discredits_and_counts_a_stamp_once() -> None:
    network = NetworkDay()
    for number in range(30):
        for _ in range(2):
            assert not network.note_stamp(number, accused=False, rules=RULES)
    assert network.stamps == 30
    accusations = [network.note_stamp(100 + n, accused=True, rules=RULES) for n in range(5)]
    assert accusations == [False, False, False, True, True]  # 3 of 33 are less than a tenth


def test_a_network_starts_anew_each_day() -> None:
    days = NetworkDays()
    days.find(7, DAY - 1).discredited = True
    assert days.find(7, DAY - 2).discredited
    assert not days.find(7, DAY).discredited


def test_a_batch_has_one_campaign_while_it_is_scanned_hourly() -> None:
    names = CampaignNames()
    at = 1_790_000_000_000
    assert names.name_campaign(NetworkDay(), "b1", at) == "c1"
    assert names.name_campaign(NetworkDay(), "b1", at + HOUR - 1) == "c1"
    assert names.name_campaign(NetworkDay(), "b2", at + HOUR) == "c2"
    assert names.name_campaign(NetworkDay(), "b1", at + 2 * HOUR) == "c3"
    network = NetworkDay()
    assert names.name_campaign(network, None, at) == "c4"
    assert names.name_campaign(network, "b1", at + 2 * HOUR) == "c4"


def test_a_stamp_is_crowded_from_96_bits_of_the_map_on() -> None:
    assert not is_crowded(ScanHistory(network_map=(1 << 95) - 1), RULES)
    assert is_crowded(ScanHistory(network_map=(1 << 96) - 1), RULES)


def test_bursts_and_feeds_are_a_flood_together() -> None:
    assert is_flood(ScanHistory(bursts=7, from_feeds=1), RULES)
    assert not is_flood(ScanHistory(bursts=6, from_feeds=1), RULES)


def test_a_flood_explains_at_most_a_quarter_of_its_size() -> None:
    assert find_cause(ScanHistory(independent=5, bursts=20), RULES) is Reason.POISONING
    assert find_cause(ScanHistory(independent=6, bursts=20), RULES) is None


def test_six_shoppers_in_one_place_are_a_sample_if_two_gave_it() -> None:
    shoppers = ScanHistory(independent=6, places=1)
    assert is_sample_on_show(shoppers, 1, RULES)
    assert not is_sample_on_show(shoppers, 0, RULES)
