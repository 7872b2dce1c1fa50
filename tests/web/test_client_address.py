import pytest
from hypothesis import given
from hypothesis import strategies as st

from web.client_address import TrustedProxies, network_of, parse_node

PROXIES = TrustedProxies(["10.0.0.0/8", "::1"])
RFC7239 = TrustedProxies(["10.0.0.0/8"], header="forwarded")


@pytest.mark.parametrize(
    ("header", "client"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("198.51.100.1, 203.0.113.7", "203.0.113.7"),
        ("198.51.100.1, 203.0.113.7, 10.1.2.3", "203.0.113.7"),
        ("203.0.113.7,, 10.1.2.3 ,", "203.0.113.7"),
        ("203.0.113.7:51234", "203.0.113.7"),
        ("[2001:db8::7]:443", "2001:db8::7"),
        ("2001:db8::7", "2001:db8::7"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("10.9.9.9, 10.1.2.3", "10.9.9.9"),
        ("unknown", ""),
        ("203.0.113.7, nonsense", ""),
        ("", "10.0.0.1"),
    ],
)
def test_the_list_is_walked_from_the_right_to_the_first_untrusted(header: str, client: str) -> None:
    assert PROXIES.client("10.0.0.1", header) == client


def test_a_client_that_is_no_trusted_proxy_is_not_believed() -> None:
    assert PROXIES.client("203.0.113.9", "198.51.100.1") == "203.0.113.9"
    assert TrustedProxies([]).client("10.0.0.1", "198.51.100.1") == "10.0.0.1"


def test_a_mapped_address_of_a_proxy_is_trusted() -> None:
    assert PROXIES.client("::ffff:10.0.0.1", "203.0.113.7") == "203.0.113.7"


@pytest.mark.parametrize(
    ("header", "client"),
    [
        ("for=203.0.113.7", "203.0.113.7"),
        ('for="203.0.113.7:47011"', "203.0.113.7"),
        ('For="[2001:db8:cafe::17]:4711";proto=https', "2001:db8:cafe::17"),
        ("for=198.51.100.1, for=203.0.113.7;by=10.0.0.1", "203.0.113.7"),
        ("proto=https;for=203.0.113.7, for=10.0.0.9", "203.0.113.7"),
        ('for="a, for=198.51.100.1", for=203.0.113.7', "203.0.113.7"),
        ('for=198.51.100.1;by=", for="[2001:db8::7]:80"', "2001:db8::7"),
        ('for=198.51.100.1;by="\\", for="203.0.113.7:80"', "203.0.113.7"),
        ('host="x;for=198.51.100.1";for=203.0.113.7', "203.0.113.7"),
        ('host="x\\";for=198.51.100.1";for=203.0.113.7', "203.0.113.7"),
        ("for=198.51.100.1;for=203.0.113.7", ""),
        ("for=203.0.113.7;;x", ""),
        ("for=_hidden", ""),
        ("for=unknown", ""),
        ("proto=https", ""),
    ],
)
def test_forwarded_of_rfc_7239_is_read_the_same_way(header: str, client: str) -> None:
    assert RFC7239.client("10.0.0.1", header) == client


@pytest.mark.parametrize(
    "text", ["", "[::1", "1.2.3", "1.2.3.4:", "1.2.3.4:123456", "fe80::1%eth0"]
)
def test_what_is_no_address_is_none(text: str) -> None:
    assert parse_node(text) == ""


def test_a_network_is_an_ipv4_address_or_the_64_of_an_ipv6_address() -> None:
    assert network_of("2001:db8:1:2:3::1") == network_of("2001:db8:1:2:ffff::") == "2001:db8:1:2::"
    assert network_of("203.0.113.7") != network_of("203.0.113.8")


@given(
    st.text(max_size=40), st.sampled_from(["203.0.113.7", '"203.0.113.7:80"', '"[2001:db8::7]"'])
)
def test_nothing_that_a_client_sends_changes_what_its_proxy_wrote(sent: str, client: str) -> None:
    for separator in (", ", ","):
        found = RFC7239.client("10.0.0.1", f"{sent}{separator}for={client};proto=http")
        assert found in ("203.0.113.7", "2001:db8::7")
        bare = client.strip('"')
        assert PROXIES.client("10.0.0.1", f"{sent}{separator}{bare}") == found


@given(st.text(), st.text())
def test_no_text_breaks_the_reading_of_addresses(peer: str, header: str) -> None:
    network_of(peer)
    for proxies in (PROXIES, RFC7239):
        proxies.client(peer, header)
        proxies.client("10.0.0.1", header)
