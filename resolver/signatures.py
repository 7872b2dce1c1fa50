"""Signatures beside codes: checked once, then remembered (a check costs more than all the rest)."""

from collections import OrderedDict
from typing import Final

from stamps.errors import BadSignature, UnknownCode
from stamps.signature import PublicKeys

_MOST: Final = 100_000


class Signatures:
    """Checks signatures by the issuer's public keys; the last 100,000 good ones are remembered."""

    def __init__(self, keys: PublicKeys) -> None:
        self._keys = keys
        # Ordered: a plain dictionary finds its oldest entry more slowly the more were taken out.
        self._good: OrderedDict[str, str] = OrderedDict()

    def check(self, code: str, signature: str) -> None:
        """Raise `UnknownCode` unless `signature` is the issuer's of this canonical code.

        It is written in base32 (103 characters, either case) or base64url (86, as in GS1's 8030).
        """
        if self._good.get(code) == signature:
            return
        try:
            self._keys.verify(code, signature)
        except BadSignature:
            raise UnknownCode(text=code) from None
        if len(self._good) >= _MOST:
            self._good.popitem(last=False)
        self._good[code] = signature
