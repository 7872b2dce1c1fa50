from hypothesis import given
from hypothesis import strategies as st

from resolver.pseudonyms import Pseudonyms, device_name, network_of, new_device

DAY = 86_400_000


def made(secret: bytes = b"s" * 32) -> Pseudonyms:
    return Pseudonyms(secret, device_days=30, network_days=1)


def device(name: str, days: float) -> int:
    return made().device(name, int(days * DAY))


def network(name: str, days: float) -> int | None:
    return made().network(name, int(days * DAY))


def test_a_device_is_the_same_within_its_period_and_a_stranger_after_it() -> None:
    name = new_device()
    assert device(name, 0.1) == device(name, 29.9)
    assert device(name, 29.9) != device(name, 30.1)


def test_networks_rotate_by_the_day_and_devices_are_not_networks() -> None:
    assert network("203.0.113.9", 0.1) == network("203.0.113.9", 0.9)
    assert network("203.0.113.9", 0.9) != network("203.0.113.9", 1.1)
    assert network("x", 0) != device("x", 0)
    assert network("", 0) is None


def test_one_service_tells_periods_apart_in_any_order() -> None:
    pseudonyms = made()
    days = [0, 31, 1, 62, 93, 124, 155, 0]
    told = [pseudonyms.device("a", day * DAY) for day in days]
    assert told == [device("a", day) for day in days]
    assert len(set(told)) == 6


def test_another_service_can_not_link_our_pseudonyms() -> None:
    assert made().device("a", 0) != made(b"t" * 32).device("a", 0)


def test_neighbours_in_one_ipv6_network_are_one_network() -> None:
    assert network_of("2001:db8:1:2::1") == network_of("2001:db8:1:2:ffff::9")
    assert network_of("2001:db8:1:2::1") != network_of("2001:db8:1:3::1")


def test_the_names_we_give_are_the_names_we_take() -> None:
    name = new_device()
    assert device_name(name) == name


@given(st.text())
def test_no_text_breaks_the_reading_of_names_and_addresses(text: str) -> None:
    device_name(text)
    network_of(text)
