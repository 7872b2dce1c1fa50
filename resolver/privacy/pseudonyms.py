"""Pseudonyms of devices and networks: keyed hashes, stable per stamp and unlinkable across stamps.

A browser that confirms a scan gets a first-party cookie with a random device name. Its pseudonym is
63 bits of BLAKE2b over the stamp and the name, keyed by the service's secret. The pseudonym of a
network (an IPv4 address or IPv6 /64) is made in the same way. So scans of one stamp by one device
or network can be linked, which detection needs, and scans of two stamps cannot. Names and
addresses are never stored or logged.
"""

import hashlib
import re
import secrets
from typing import Final

from resolver.privacy.base64url import encode_base64url
from stamps.code import StampId
from web.client_address import witness_of

COOKIE: Final = "veritem"
_DEVICE_NAME: Final = re.compile(r"[A-Za-z0-9_-]{22}")


def generate_device_name() -> str:
    """A random name for a new device: 128 bits, 22 characters of base64url."""
    return encode_base64url(secrets.token_bytes(16))


def parse_device_cookie(cookie: str | None) -> str | None:
    """The device name in a cookie's value; None unless it has the form of ours.

    >>> parse_device_cookie("A" * 22), parse_device_cookie("A" * 23), parse_device_cookie(None)
    ('AAAAAAAAAAAAAAAAAAAAAA', None, None)
    """
    return cookie if cookie is not None and _DEVICE_NAME.fullmatch(cookie) else None


class Pseudonyms:
    """Makes the pseudonyms of one service."""

    def __init__(self, secret: bytes) -> None:
        self._devices = _keyed_hash(secret, b"device")
        self._networks = _keyed_hash(secret, b"network")
        self._claims = _keyed_hash(secret, b"claim network")
        self._reports = hashlib.blake2b(
            digest_size=16, key=secret, person=b"report".ljust(16, b"\0")
        )

    def hash_device(self, name: str, stamp: StampId) -> int:
        """The pseudonym (63 bits) of a device at a stamp."""
        return _hash_name(self._devices, name, stamp)

    def hash_network(self, network: str, stamp: StampId) -> int | None:
        """The pseudonym (63 bits) of a network at a stamp; None for an unknown network."""
        return _hash_name(self._networks, network, stamp) if network else None

    def hash_claim_network(self, network: str) -> str:
        """The label under which the claim service counts a network's tries at all stamps.

        A network is an IPv4 address or the /48 of an IPv6 address: whoever has a /48 has 65,536
        times /64. The label is the same for all stamps; the claim service keeps it a day at most,
        in memory.
        """
        hashed = self._claims.copy()
        hashed.update(witness_of(network).encode())
        return hashed.hexdigest()

    def name_report(self, author: str, code: str, words: str, photo: bytes = b"") -> bytes:
        """The id (16 bytes) of a report: the same for the same words and photo of one author.

        The author is a device or network.
        """
        hashed = self._reports.copy()
        hashed.update("\0".join((author, code, words)).encode())
        if photo:
            hashed.update(b"\0" + hashlib.blake2b(photo, digest_size=16).digest())
        return hashed.digest()


def _keyed_hash(secret: bytes, kind: bytes) -> hashlib.blake2b:
    # Hashing the key once and copying takes a third of the time of keying anew.
    return hashlib.blake2b(digest_size=8, key=secret, person=kind.ljust(16, b"\0"))


def _hash_name(keyed: hashlib.blake2b, name: str, stamp: StampId) -> int:
    hashed = keyed.copy()
    # The stamp comes first and has a fixed length, so no name can contain part of it.
    hashed.update(((stamp.batch << 24) | stamp.index).to_bytes(6, "big") + name.encode())
    return int.from_bytes(hashed.digest(), "big") >> 1
