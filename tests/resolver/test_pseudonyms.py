from hypothesis import given
from hypothesis import strategies as st

from resolver.pseudonyms import Pseudonyms, device_name, network_of, new_device

DAY = 86_400_000


def at(days: float, secret: bytes = b"s" * 32) -> Pseudonyms:
    return Pseudonyms(secret, lambda: int(days * DAY), device_days=30, network_days=1)


def test_a_device_is_the_same_within_its_period_and_a_stranger_after_it() -> None:
    name = new_device()
    assert at(0.1).device(name) == at(29.9).device(name)
    assert at(29.9).device(name) != at(30.1).device(name)


def test_networks_rotate_by_the_day_and_devices_are_not_networks() -> None:
    assert at(0.1).network("203.0.113.9") == at(0.9).network("203.0.113.9")
    assert at(0.9).network("203.0.113.9") != at(1.1).network("203.0.113.9")
    assert at(0).network("x") != at(0).device("x")
    assert at(0).network("") is None


def test_another_service_can_not_link_our_pseudonyms() -> None:
    assert at(0).device("a") != at(0, b"t" * 32).device("a")


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
