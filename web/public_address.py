"""Public addresses: the only ones that this service connects to when a person names the receiver.

Refused is whatever may be a machine of our own or of the hosting company: private, loopback,
link-local, shared (CGNAT), documentation, multicast and reserved networks, and the services of
clouds that tell secrets to who asks from inside. An IPv6 address that stands for an IPv4 one is
judged by the IPv4 one. Networks that tunnel IPv4 in other ways are refused.

>>> [is_public_address(one) for one in ("1.1.1.1", "2606:4700::1111", "64:ff9b::101:101")]
[True, True, True]
>>> [is_public_address(one) for one in ("10.0.0.1", "::1", "::ffff:127.0.0.1", "64:ff9b::7f00:1")]
[False, False, False, False]
"""

import ipaddress
from typing import Final

IpAddress = ipaddress.IPv4Address | ipaddress.IPv6Address

_NAT64: Final = ipaddress.IPv6Network("64:ff9b::/96")
"""RFC 6052: the last 32 bits are the IPv4 address that is reached."""
_GLOBAL_IPV6: Final = ipaddress.IPv6Network("2000::/3")
_REFUSED: Final = tuple(
    map(
        ipaddress.ip_network,
        (
            "168.63.129.16/32",  # Azure's services of the host
            "192.88.99.0/24",  # 6to4 relays (RFC 7526)
            "2001::/23",  # Teredo, ORCHID and other special purposes
            "2001:db8::/32",  # documentation
            "2002::/16",  # 6to4
            "3fff::/20",  # documentation
        ),
    )
)


def is_public_address(text: str) -> bool:
    """Whether an IP address is a public one. Raises ValueError for what is no address."""
    address = ipaddress.ip_address(text.partition("%")[0])
    if isinstance(address, ipaddress.IPv6Address):
        inner = _find_ipv4(address)
        if inner is None and address not in _GLOBAL_IPV6:
            return False
        address = inner or address
    if any(address in network for network in _REFUSED if network.version == address.version):
        return False
    return address.is_global and not address.is_multicast


def may_be_public(host: str) -> bool:
    """Whether a host is a public address, or a name that may lead to one.

    >>> [may_be_public(one) for one in ("example.vn", "localhost", "nas.local", "10.0.0.1", "1.2")]
    [True, False, False, False, False]
    """
    try:
        return is_public_address(host)
    except ValueError:
        name = host.rstrip(".").lower()
        # Names without a dot and these are of networks of one's own (RFC 6761, 6762, 8375).
        is_own = name.endswith(("localhost", ".local", ".internal", ".home.arpa"))
        return "." in name and not is_own and not name.rpartition(".")[2].isdigit()


def _find_ipv4(address: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    """The IPv4 address that an IPv6 one stands for, if it does."""
    if address in _NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF)
    return address.ipv4_mapped
