"""Devices and networks as keyed hashes, one for each stamp, so that nobody is followed.

A browser that confirms a scan is given a first-party cookie with a random name; what is kept of
it is 63 bits of BLAKE2b over the name and the stamp, keyed by the service's secret. A network is
its IPv4 address or IPv6 /64, hashed the same way. Of one stamp it is told for good which scans
were one device's or one network's, and that is what the judge goes by; of two stamps never, not
for a day. Raw cookies and addresses are never stored or logged.
"""

import hashlib
import re
import secrets
from typing import Final

from resolver.privacy.base64url import encode_base64url
from stamps.code import StampId

COOKIE: Final = "veritem"
_NAME = re.compile(r"[A-Za-z0-9_-]{22}")


def generate_device_name() -> str:
    """A random name for a device that has none: 128 bits, 22 characters of base64url."""
    return encode_base64url(secrets.token_bytes(16))


def parse_device_cookie(cookie: str | None) -> str | None:
    """The device's name in a cookie's value, None where it is not one that we gave.

    >>> parse_device_cookie("A" * 22), parse_device_cookie("A" * 23), parse_device_cookie("A" * 21 + ";"), parse_device_cookie(None)
    ('AAAAAAAAAAAAAAAAAAAAAA', None, None, None)
    """
    return cookie if cookie is not None and _NAME.fullmatch(cookie) else None


class Pseudonyms:
    """Turns names of devices and networks into hashes of 63 bits; each stamp has its own."""

    def __init__(self, secret: bytes) -> None:
        # A key's block is hashed once: a copy costs a third of keying anew.
        self._devices, self._networks = (
            hashlib.blake2b(digest_size=8, key=secret, person=kind.ljust(16, b"\0"))
            for kind in (b"device", b"network")
        )

    def hash_device(self, name: str, stamp: StampId) -> int:
        """63 bits for a device's name at a stamp."""
        return _hashed(self._devices, name, stamp)

    def hash_network(self, network: str, stamp: StampId) -> int | None:
        """63 bits for a network at a stamp; None for no network."""
        return _hashed(self._networks, network, stamp) if network else None


def _hashed(keyed: hashlib.blake2b, name: str, stamp: StampId) -> int:
    hashing = keyed.copy()
    # The stamp in a fixed length first: no name can be taken for another's stamp.
    hashing.update(((stamp.batch << 24) | stamp.index).to_bytes(6, "big") + name.encode())
    return int.from_bytes(hashing.digest(), "big") >> 1
