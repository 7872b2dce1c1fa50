"""Weights of scans in one process: budget, credibility, campaigns, and what is kept."""

from detection.rules import Rules
from detection.scan_weight import DAY_MS, ScanWeight
from resolver.current_rules import CurrentRules
from resolver.scan_weights import ScanWeigher
from stamps.code import StampId

AT = 1_790_000_000_000 // DAY_MS * DAY_MS
RULES = Rules(network_scans_per_minute=5)


def make_weigher() -> ScanWeigher:
    return ScanWeigher(CurrentRules(RULES))


def stamp(index: int, batch: int = 7) -> StampId:
    return StampId(0, batch, index)


def test_a_network_has_a_budget_for_each_minute() -> None:
    weigher = make_weigher()
    handle = weigher.identify_network("203.0.113.9", AT)
    weights = [weigher.weigh_scan(handle, AT + n) for n in range(7)]
    assert weights == [ScanWeight.FULL] * 5 + [ScanWeight.NETWORK_BUDGET] * 2
    assert weigher.weigh_scan(handle, AT + 60_000) is ScanWeight.FULL


def test_a_network_that_accuses_three_stamps_loses_its_weight_until_the_next_day() -> None:
    weigher = make_weigher()
    handle = weigher.identify_network("203.0.113.9", AT)
    for n in range(3):
        assert weigher.weigh_scan(handle, AT + n * 60_000) is ScanWeight.FULL
        campaign = weigher.note_scan(handle, stamp(n), AT + n * 60_000, accused=True)
    assert campaign is not None
    assert campaign.stamps == ((7, 0), (7, 1), (7, 2))
    assert weigher.weigh_scan(handle, AT + 3_600_000) is ScanWeight.DISCREDITED
    late = weigher.note_scan(handle, stamp(3), AT + 3_600_000, accused=False)
    assert late is not None
    assert late == (campaign.name, ((7, 3),))
    tomorrow = weigher.identify_network("203.0.113.9", AT + DAY_MS)
    assert weigher.weigh_scan(tomorrow, AT + DAY_MS) is ScanWeight.FULL


def test_networks_of_one_attack_have_one_campaign() -> None:
    weigher, names = make_weigher(), set()
    for network in ("203.0.113.9", "198.51.100.7"):
        handle = weigher.identify_network(network, AT)
        for n in range(3):
            campaign = weigher.note_scan(handle, stamp(n), AT, accused=True)
        assert campaign is not None
        names.add(campaign.name)
    assert len(names) == 1


def test_a_gateway_that_thousands_share_keeps_its_weight() -> None:
    weigher = make_weigher()
    handle = weigher.identify_network("203.0.113.9", AT)
    for n in range(2_000):
        at = AT + n * 20_000
        assert weigher.weigh_scan(handle, at) is ScanWeight.FULL
        assert weigher.note_scan(handle, stamp(n), at, accused=n % 50 == 49) is None


def test_the_handle_of_a_network_changes_every_day_and_with_every_service() -> None:
    weigher, other = make_weigher(), make_weigher()
    today = weigher.identify_network("203.0.113.9", AT)
    assert today == weigher.identify_network("203.0.113.9", AT + DAY_MS - 1)
    assert today != weigher.identify_network("203.0.113.9", AT + DAY_MS)
    assert today != other.identify_network("203.0.113.9", AT)


def test_the_key_of_a_past_day_is_forgotten() -> None:
    weigher = make_weigher()
    key = weigher.get_key(AT // DAY_MS)
    weigher.identify_network("203.0.113.9", AT + DAY_MS)
    assert key != weigher.get_key(AT // DAY_MS)
