"""The client's address, read through trusted reverse proxies.

A proxy appends the address that it was called from to `X-Forwarded-For` (or, RFC 7239, to
`Forwarded`). Everything to the left of the entries of trusted proxies was written by the client and
is not believed, so the list is walked from the right.

>>> proxies = TrustedProxies(["10.0.0.0/8"])
>>> proxies.client("10.0.0.1", "198.51.100.1, 203.0.113.7:4711, 10.0.0.9")
'203.0.113.7'
>>> proxies.client("203.0.113.9", "198.51.100.1")
'203.0.113.9'
>>> TrustedProxies(["::1"], header="forwarded").client("::1", 'for="[2001:db8::7]:80";proto=https')
'2001:db8::7'
"""

import ipaddress
import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import islice
from typing import Final

_Address = ipaddress.IPv4Address | ipaddress.IPv6Address

_MOST_HOPS: Final = 16
"""Trusted proxies that one request passes at most; no more entries are looked at."""
_PAIR: Final = re.compile(
    r"\s*([-!#$%&'*+.^_`|~0-9A-Za-z]+)\s*="  # forwarded-pair (RFC 7239, 4): token "=" value
    r'\s*(?:"((?:[^"\\]|\\.)*)"|([^";,\s]*))\s*(?:;|$)'
)
_NODE: Final = re.compile(
    r"\[(?P<v6>[^\]]*)\](?::\d{1,5})?"  # [IPv6] or [IPv6]:port
    r"|(?P<v4>[0-9.]+)(?::\d{1,5})?"  # IPv4 or IPv4:port
    r"|(?P<bare>[0-9A-Fa-f:.]+)"  # IPv6 without brackets, as X-Forwarded-For has it
)


class TrustedProxies:
    """The networks (CIDR) of reverse proxies that are believed, and the header that they write.

    Proxies that write one of the two headers may pass the client's own copy of the other, so only
    `header` (`x-forwarded-for` or `forwarded`) is read.
    """

    def __init__(self, networks: Sequence[str], header: str = "x-forwarded-for") -> None:
        self.header: Final = header
        self._networks = [ipaddress.ip_network(text, strict=False) for text in networks]
        self._hops = _forwarded_hops if header == "forwarded" else _x_forwarded_hops
        # A few proxies send all requests; to parse their address costs 15 µs.
        self.is_trusted = lru_cache(maxsize=1024)(self._is_trusted)

    def client(self, peer: str, forwarded: str) -> str:
        """The address of the client behind `peer`; empty where a proxy does not name one.

        `forwarded` is the value of `header`, with several lines joined by commas (RFC 9110, 5.3).
        """
        if not self._networks or not self.is_trusted(peer):
            return peer
        address = peer
        for hop in islice(self._hops(forwarded), _MOST_HOPS):
            address = parse_node(hop)
            if not self.is_trusted(address):
                break
        return address

    def _is_trusted(self, address: str) -> bool:
        found = _parse_address(address)
        return found is not None and any(found in network for network in self._networks)


def parse_node(text: str) -> str:
    """The address in an element of `X-Forwarded-For` or a `for=` of `Forwarded`; empty for none.

    >>> [parse_node(text) for text in ("1.2.3.4:80", "[::1]:80", "::ffff:1.2.3.4", "2001:db8::1")]
    ['1.2.3.4', '::1', '1.2.3.4', '2001:db8::1']
    >>> parse_node("unknown"), parse_node("_hidden"), parse_node("1.2.3.4, 5.6.7.8")
    ('', '', '')
    """
    found = _NODE.fullmatch(text.strip())
    if found is None:
        return ""
    address = _parse_address(found["v6"] or found["v4"] or found["bare"] or "")
    return "" if address is None else str(address)


def network_of(address: str) -> str:
    """The network that is counted as one client: an IPv4 address, or the /64 of an IPv6 address.

    >>> network_of("203.0.113.9"), network_of("2001:db8:1:2:3:4:5:6"), network_of("::ffff:10.0.0.1")
    ('203.0.113.9', '2001:db8:1:2::', '10.0.0.1')
    >>> network_of("nonsense")
    ''
    """
    return _mask_address(address, 64)


def witness_of(address: str) -> str:
    """The network that is one witness of a stamp: an IPv4 address, or the /48 of an IPv6 address.

    A phone makes new /64s at will and a customer of a hosting company has a /48 for nothing, so
    nothing smaller is one (ADR 0053).

    >>> witness_of("203.0.113.9"), witness_of("2001:db8:1:2:3:4:5:6")
    ('203.0.113.9', '2001:db8:1::')
    """
    return _mask_address(address, 48)


def _mask_address(address: str, prefix: int) -> str:
    """An IPv4 address, or the first address of an IPv6 network with that many bits; else empty."""
    found = _parse_address(address)
    if found is None:
        return ""
    if isinstance(found, ipaddress.IPv6Address):
        rest = found.max_prefixlen - prefix
        return str(ipaddress.IPv6Address(int(found) >> rest << rest))
    return str(found)


def _parse_address(text: str) -> _Address | None:
    """An IP address, IPv4-mapped IPv6 as IPv4; None for anything else."""
    try:
        found = ipaddress.ip_address(text)
    except ValueError:
        return None
    if isinstance(found, ipaddress.IPv6Address) and found.ipv4_mapped is not None:
        return found.ipv4_mapped
    return found


def _x_forwarded_hops(header: str) -> Iterator[str]:
    """The elements from the right; empty ones mean nothing (RFC 9110, 5.6.1)."""
    return (hop for hop in reversed(header.split(",")) if hop.strip())


def _forwarded_hops(header: str) -> Iterator[str]:
    """The `for` parameters from the right; an element without one names nobody."""
    return (_find_for(element) for element in _split_from_right(header) if element.strip())


def _split_from_right(header: str) -> Iterator[str]:
    """The elements from the right; a comma inside a quoted string does not end one.

    Read from the left, a quote that a client opened would swallow what its proxy wrote after it.

    >>> list(_split_from_right('for=1.2.3.4;by=", for="[::1]:80";host="a,b"'))
    [' for="[::1]:80";host="a,b"', 'for=1.2.3.4;by="']
    """
    end, is_quoted = len(header), False
    for at in range(len(header) - 1, -1, -1):
        letter = header[at]
        if letter == '"':
            slash = at
            while slash and header[slash - 1] == "\\":
                slash -= 1
            is_quoted ^= (at - slash) % 2 == 0  # an odd number of backslashes escapes the quote
        elif letter == "," and not is_quoted:
            yield header[at + 1 : end]
            end = at
    yield header[:end]


def _find_for(element: str) -> str:
    """The `for` of an element; empty without one, for two of them, and for a malformed element.

    >>> _find_for('host="a;for=6.6.6.6"; For="[::1]:80"'), _find_for("for=a;for=b")
    ('[::1]:80', '')
    """
    found, at = [], 0
    while at < len(element):
        pair = _PAIR.match(element, at)
        if pair is None:
            return ""
        if pair[1].lower() == "for":
            found.append(pair[3] if pair[2] is None else re.sub(r"\\(.)", r"\1", pair[2]))
        at = pair.end()
    return found[0] if len(found) == 1 else ""
