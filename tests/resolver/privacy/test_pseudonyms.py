from hypothesis import given
from hypothesis import strategies as st

from detection.rules import Rules
from detection.scan_event import ScanEvent, Via
from detection.scan_history import ScanHistory
from detection.verdict import StampContext, Verdict, judge
from resolver.privacy.pseudonyms import (
    Pseudonyms,
    generate_device_name,
    parse_device_cookie,
)
from stamps.code import StampId
from stamps.lifecycle import State

DAY = 86_400_000
PACKED = 1_790_000_000_000
STAMP = StampId(0, 7, 12)
stamps = st.builds(
    StampId, st.integers(0, 31), st.integers(0, 2**24 - 1), st.integers(0, 2**24 - 1)
)


def made(secret: bytes = b"s" * 32) -> Pseudonyms:
    return Pseudonyms(secret)


@given(stamps)
def test_pseudonyms_are_stable_per_stamp(stamp: StampId) -> None:
    name = generate_device_name()
    assert made().hash_device(name, stamp) == made().hash_device(name, stamp)
    assert made().hash_device(generate_device_name(), stamp) != made().hash_device(name, stamp)
    assert made().hash_network("203.0.113.9", stamp) == made().hash_network("203.0.113.9", stamp)


@given(st.lists(stamps, min_size=2, unique_by=lambda stamp: stamp[1:]))
def test_pseudonyms_differ_across_stamps(seen: list[StampId]) -> None:
    name = generate_device_name()
    told = {made().hash_device(name, stamp) for stamp in seen}
    told |= {made().hash_network("203.0.113.9", stamp) or 0 for stamp in seen}
    assert len(told) == 2 * len(seen)


def test_a_phone_that_scans_a_tin_each_month_is_one_device() -> None:
    tea = StampContext(State.ACTIVATED, PACKED, shelf_life_days=730, market=("VN",))
    phone, history = generate_device_name(), ScanHistory()
    for month in range(24):
        seen = ScanEvent(
            at=PACKED + (3 + 30 * month) * DAY,
            device=made().hash_device(phone, STAMP),
            network=made().hash_network(f"203.0.113.{month}", STAMP),
            place=None,
            country="VN",
            via=Via.PAGE,
        )
        judgement = judge(history, seen, tea, Rules(scan_rate=0.01))
        history = judgement.history
        assert (judgement.verdict, judgement.alert) == (Verdict.AUTHENTIC, False)
    assert history.sessions == 1


def test_devices_and_networks_have_different_pseudonyms() -> None:
    assert made().hash_network("x", STAMP) != made().hash_device("x", STAMP)
    assert made().hash_network("", STAMP) is None


def test_a_network_of_claims_is_an_ipv4_address_or_an_ipv6_site() -> None:
    sites = {made().hash_claim_network(f"2001:db8:1:{n:x}::7") for n in range(100)}
    others = {made().hash_claim_network(net) for net in ("2001:db8:2::1", "203.0.113.1", "")}
    assert (len(sites), len(others), sites & others) == (1, 3, set())


@given(st.text(), stamps)
def test_a_pseudonym_fits_the_ledger(name: str, stamp: StampId) -> None:
    assert 0 <= made().hash_device(name, stamp) < 2**63


def test_another_service_can_not_link_our_pseudonyms() -> None:
    assert made().hash_device("a", STAMP) != made(b"t" * 32).hash_device("a", STAMP)


def test_a_generated_device_name_is_accepted() -> None:
    name = generate_device_name()
    assert parse_device_cookie(name) == name


@given(st.text())
def test_any_cookie_value_is_parsed_or_refused(text: str) -> None:
    parse_device_cookie(text)
