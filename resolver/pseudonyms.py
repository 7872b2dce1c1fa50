"""Devices and networks as keyed hashes that rotate, so that nobody is followed for long.

A browser that confirms a scan is given a first-party cookie with a random name; what is kept of
it is 63 bits of BLAKE2b, keyed by the service's secret and the period (30 days by default).
A network is its IPv4 address or IPv6 /64, hashed the same way with its own shorter period.
Raw cookies and addresses are never stored or logged.
"""

import hashlib
import ipaddress
import re
import secrets
from functools import lru_cache
from typing import Final

COOKIE: Final = "veritem"
_DAY_MS: Final = 86_400_000
_KEPT: Final = 65_536
_NAME = re.compile(r"[A-Za-z0-9_-]{22}")


def new_device() -> str:
    """A random name for a device that has none: 128 bits, 22 characters of base64url."""
    return secrets.token_urlsafe(16)


def device_name(cookie: str | None) -> str | None:
    """The device's name in a cookie's value, None where it is not one that we gave.

    >>> device_name("A" * 22), device_name("A" * 23), device_name("A" * 21 + ";"), device_name(None)
    ('AAAAAAAAAAAAAAAAAAAAAA', None, None, None)
    """
    return cookie if cookie is not None and _NAME.fullmatch(cookie) else None


@lru_cache(maxsize=65_536)
def network_of(address: str) -> str:
    """The network a client's address stands for: the IPv4 address, or the /64 of an IPv6 one.

    >>> network_of("203.0.113.9"), network_of("2001:db8:1:2:3:4:5:6"), network_of("::ffff:10.0.0.1")
    ('203.0.113.9', '2001:db8:1:2::', '10.0.0.1')
    >>> network_of("nonsense")
    ''
    """
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return ""
    if isinstance(found, ipaddress.IPv6Address):
        if found.ipv4_mapped is not None:
            return str(found.ipv4_mapped)
        return str(ipaddress.IPv6Address(int(found) >> 64 << 64))
    return str(found)


class Pseudonyms:
    """Turns names of devices and networks into hashes of 63 bits for the period we are in."""

    def __init__(self, secret: bytes, device_days: int, network_days: int) -> None:
        self._secret = secret
        self._device_ms = device_days * _DAY_MS
        self._network_ms = network_days * _DAY_MS
        # A key's block is hashed once a period: a copy costs a third of keying anew.
        self._keyed = lru_cache(maxsize=4)(self._keyed_for)
        # Many people share a network; devices are mostly seen for the first time.
        self._network = lru_cache(maxsize=_KEPT)(self._hashed)

    def device(self, name: str, at: int) -> int:
        """63 bits for a device's name at `at` (ms), the same for `device_days`."""
        return self._hashed(b"device", name, at // self._device_ms)

    def network(self, network: str, at: int) -> int | None:
        """63 bits for a network at `at` (ms), the same for `network_days`; None for no network."""
        if not network:
            return None
        return self._network(b"network", network, at // self._network_ms)

    def _hashed(self, kind: bytes, name: str, period: int) -> int:
        keyed = self._keyed(kind, period).copy()
        keyed.update(name.encode())
        return int.from_bytes(keyed.digest(), "big") >> 1

    def _keyed_for(self, kind: bytes, period: int) -> hashlib.blake2b:
        return hashlib.blake2b(
            digest_size=8,
            key=self._secret,
            salt=period.to_bytes(8, "big"),
            person=kind.ljust(16, b"\0"),
        )
