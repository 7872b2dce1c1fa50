"""The page's one-time token: who confirms a scan had this stamp's page a moment ago.

A token is 22 characters of base64url over 16 bytes, made without storing anything:

    expires   4 bytes   seconds since the Unix epoch, unsigned
    nonce     4 bytes   a counter from a random start, so no two tokens are alike
    mac       8 bytes   keyed BLAKE2b-64 (RFC 7693) of expires ‖ nonce ‖ code

The secret belongs to one group of processes (the workers of one service) and to nothing else.
A token confirms only the code it was made for. That it is used once is the memory's duty
(`resolver.history`): the nonce and expiry name it there, and make the scan's id.

>>> tokens = ScanTokens(b"s" * 32, seconds=600)
>>> token = tokens.issue("A" * 20, at=1_000)
>>> tokens.verify(token, "A" * 20, at=2_000).hex() == tokens.verify(token, "A" * 20, at=3_000).hex()
True
>>> tokens.verify(token, "B" * 20, at=2_000)
Traceback (most recent call last):
...
resolver.privacy.tokens.ForeignToken: the token does not belong to this code
"""

import binascii
import hmac
import secrets
from hashlib import blake2b
from itertools import count
from typing import Final

from resolver.privacy.base64url import LENGTH, encode_base64url
from stamps.errors import VeritemError

_MAC: Final = 8
_READ: Final = bytes.maketrans(b"-_+/", b"+/--")
"""RFC 4648's safe alphabet to the plain one, and the plain one's own two to none of it."""


class ForeignToken(VeritemError):
    """The token is malformed, made for another code, or not by this service."""

    code = "foreign-token"
    message = "the token does not belong to this code"


class ExpiredToken(VeritemError):
    """The page was open for longer than its token lives."""

    code = "expired-token"
    message = "the token expired at {expired_at}"


class UsedToken(VeritemError):
    """The token has confirmed a scan already."""

    code = "used-token"
    message = "the token has been used"


class ScanTokens:
    """Makes and checks the tokens of one service."""

    def __init__(self, secret: bytes, seconds: int) -> None:
        self._keyed = blake2b(key=secret, digest_size=_MAC, person=b"veritem token v1")
        self._seconds = seconds
        self._nonces = count(secrets.randbits(32))

    def issue(self, code: str, at: int) -> str:
        """A new token for the canonical `code`, made at `at` (ms)."""
        head = (at // 1000 + self._seconds).to_bytes(4, "big") + (
            next(self._nonces) & 0xFFFFFFFF
        ).to_bytes(4, "big")
        return encode_base64url(head + self._mac(head, code))

    def verify(self, token: str, code: str, at: int) -> bytes:
        """The 16 bytes of a good token, which name the scan that it confirms.

        Raises `ForeignToken` or `ExpiredToken`.
        """
        if len(token) != LENGTH:
            raise ForeignToken(why="length")
        try:
            raw = binascii.a2b_base64(token.encode().translate(_READ) + b"==", strict_mode=True)
        except (binascii.Error, ValueError):
            raise ForeignToken(why="alphabet") from None
        head = raw[:8]
        if not hmac.compare_digest(self._mac(head, code), raw[8:]):
            raise ForeignToken(why="code")
        expires = int.from_bytes(head[:4], "big")
        if expires * 1000 <= at:
            raise ExpiredToken(expired_at=expires)
        return raw

    def _mac(self, head: bytes, code: str) -> bytes:
        # The key's block was hashed once, in __init__: a copy costs a third of keying anew.
        mac = self._keyed.copy()
        mac.update(head + code.encode())
        return mac.digest()
