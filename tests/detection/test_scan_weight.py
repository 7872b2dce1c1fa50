"""Weights by the conduct of a network: budget, credibility, names of campaigns."""

import pytest

from detection.rules import Rules
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
