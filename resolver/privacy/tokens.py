"""One-time tokens of pages: a scan is confirmed by somebody who has just opened the stamp's page.

A token is 22 characters of base64url over 16 bytes. Issuing one stores nothing:

    expires   4 bytes   seconds since the Unix epoch, unsigned
    nonce     4 bytes   a counter from a random start, so that no two tokens are equal
    mac       8 bytes   keyed BLAKE2b-64 (RFC 7693) of expires ‖ nonce ‖ code, and a dot if the
                        page was opened with the signature of a stamp of a signed batch

All workers of one service share the secret, which is used for nothing else. A token confirms only
the code that it was issued for. The history store ensures that it counts once
(`resolver.history`); the 16 bytes are the id of the scan.

>>> tokens = ScanTokens(b"s" * 32, seconds=600)
>>> token = tokens.issue("A" * 20, at=1_000)
>>> tokens.verify(token, "A" * 20, at=2_000) == tokens.verify(token, "A" * 20, at=3_000)
True
>>> tokens.verify(token, "B" * 20, at=2_000)
Traceback (most recent call last):
...
resolver.privacy.tokens.ForeignToken: the token does not belong to this code
"""

import hmac
import secrets
from hashlib import blake2b
from itertools import count
from typing import Final

from resolver.privacy.base64url import decode_base64url, encode_base64url
from stamps.errors import VeritemError

_MAC_BYTES: Final = 8
_SIGNED: Final = "."
"""Separator after the code, in which no dot can be."""


class ForeignToken(VeritemError):
    """The token is malformed, or was issued for another code or by another service."""

    code = "foreign-token"
    message = "the token does not belong to this code"


class ExpiredToken(VeritemError):
    """The page was open for longer than its token is valid."""

    code = "expired-token"
    message = "the token expired at {expired_at}"


class UsedToken(VeritemError):
    """The token has already confirmed a scan."""

    code = "used-token"
    message = "the token has been used"


class ScanTokens:
    """Issues and verifies the tokens of one service."""

    def __init__(self, secret: bytes, seconds: int) -> None:
        # Hashing the key once and copying takes a third of the time of keying anew.
        self._keyed = blake2b(key=secret, digest_size=_MAC_BYTES, person=b"veritem token v1")
        self._seconds = seconds
        self._nonces = count(secrets.randbits(32))

    def issue(self, code: str, at: int, *, signed: bool = False) -> str:
        """A new token for a canonical code, issued at `at` (ms).

        `signed` says that the page was opened with the signature of the stamp.
        """
        expires = at // 1000 + self._seconds
        nonce = next(self._nonces) & 0xFFFFFFFF
        head = (expires << 32 | nonce).to_bytes(8, "big")
        return encode_base64url(head + self._mac(head, code + _SIGNED if signed else code))

    def verify(self, token: str, code: str, at: int) -> bytes:
        """The 16 bytes of a valid token. Raises `ForeignToken` or `ExpiredToken`."""
        try:
            raw = decode_base64url(token)
        except ValueError:
            raise ForeignToken(why="alphabet or length") from None
        head = raw[:8]
        if not hmac.compare_digest(self._mac(head, code), raw[8:]) and not self._is_signed(
            raw, code
        ):
            raise ForeignToken(why="code")
        expires = int.from_bytes(head[:4], "big")
        if expires * 1000 <= at:
            raise ExpiredToken(expired_at=expires)
        return raw

    def shows_signature(self, token: str, code: str) -> bool:
        """Whether the page of this token was opened with the signature of the stamp."""
        try:
            return self._is_signed(decode_base64url(token), code)
        except ValueError:
            return False

    def _is_signed(self, raw: bytes, code: str) -> bool:
        return hmac.compare_digest(self._mac(raw[:8], code + _SIGNED), raw[8:])

    def _mac(self, head: bytes, code: str) -> bytes:
        mac = self._keyed.copy()
        mac.update(head + code.encode())
        return mac.digest()
