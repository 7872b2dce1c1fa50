"""Verification of the issuer's signatures, with a cache: a check costs more than a page."""

from typing import Final

from stamps.errors import BadSignature, UnknownCode
from stamps.signature import PublicKeys
from web.bounded_cache import BoundedCache

_CACHED: Final = 100_000


class SignatureVerifier:
    """Verifies signatures by the issuer's public keys and remembers good ones."""

    def __init__(self, keys: PublicKeys) -> None:
        self._keys = keys
        self._verified = BoundedCache[str, str](_CACHED)

    def verify(self, code: str, signature: str) -> None:
        """Raise `UnknownCode` unless `signature` is the issuer's of this canonical code.

        The signature is base32 (103 characters, either case) or base64url (86, as in GS1's 8030).
        """
        if self._verified.get(code) == signature:
            return
        try:
            self._keys.verify(code, signature)
        except BadSignature:
            raise UnknownCode(text=code) from None
        self._verified.put(code, signature)
