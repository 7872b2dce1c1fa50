"""Signatures beside codes: checked once, then remembered (a check costs more than all the rest)."""

import base64
import binascii
from typing import Final

from stamps.code import epoch_of
from stamps.errors import BadSignature, NotOurs
from stamps.signature import MESSAGE_PREFIX, PublicKeys, decode

_MOST: Final = 100_000
_BASE64URL_LENGTH: Final = 86


class Signatures:
    """Checks signatures by the issuer's public keys; the last 100,000 good ones are remembered."""

    def __init__(self, keys: PublicKeys) -> None:
        self._keys = keys
        self._good: dict[str, str] = {}

    def check(self, code: str, signature: str) -> None:
        """Raise `NotOurs` unless `signature` is the issuer's of this canonical code.

        It is written in base32 (103 characters, either case) or base64url (86, as in GS1's 8030).
        """
        if self._good.get(code) == signature:
            return
        try:
            self._keys.verify_bytes(
                epoch_of(code), _bytes(signature), MESSAGE_PREFIX + code.encode()
            )
        except BadSignature:
            raise NotOurs(text=code) from None
        if len(self._good) >= _MOST:
            del self._good[next(iter(self._good))]
        self._good[code] = signature


def _bytes(text: str) -> bytes:
    if len(text) != _BASE64URL_LENGTH:
        return decode(text.upper())
    try:
        return base64.b64decode(text + "==", altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise BadSignature(why="not base64url") from None
