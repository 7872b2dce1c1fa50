"""Signed links in mails: one confirms an address, one ends kinds of notices.

Both are signed with the keys that desk and notice service share (`SecretSeal`'s), for one use each.
The link that ends notices names no address and no person but the account's id; it has no end, as
people open old mails, and can do nothing but end notices to that address.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from itsdangerous import BadData, URLSafeSerializer, URLSafeTimedSerializer

from ledger.errors import UnknownMailLink
from ledger.storage.secret_seal import LoadKeys

CONFIRM_SECONDS: Final = 24 * 3600
_STOP: Final = "veritem mail stop"
_CONFIRM: Final = "veritem mail confirm"


@dataclass(frozen=True, slots=True)
class StopLink:
    """Notices that a link ends: kinds of an account at an address."""

    staff: str
    address_digest: str
    kinds: tuple[str, ...]


class MailLinks:
    """Signs and reads links. The newest key signs, all verify."""

    def __init__(self, load_keys: LoadKeys) -> None:
        self._load_keys = load_keys

    def sign_stop(self, staff: str, address: str, kinds: Sequence[str]) -> str:
        """The token of a link that ends kinds of notices."""
        return str(self._stop().dumps([staff, digest_address(address), list(kinds)]))

    def read_stop(self, token: str) -> StopLink:
        """Return the notices that a token ends. Raises `UnknownMailLink`."""
        try:
            staff, digest, kinds = self._stop().loads(token)
        except (BadData, ValueError):
            raise UnknownMailLink from None
        return StopLink(staff, digest, tuple(kinds))

    def sign_confirmation(self, staff: str, secret: str) -> str:
        """The token of a link that confirms an address, for `CONFIRM_SECONDS`."""
        return str(self._confirm().dumps([staff, secret]))

    def read_confirmation(self, token: str) -> tuple[str, str]:
        """Account and secret of a token. Raises `UnknownMailLink`."""
        try:
            staff, secret = self._confirm().loads(token, max_age=CONFIRM_SECONDS)
        except (BadData, ValueError):
            raise UnknownMailLink from None
        return str(staff), str(secret)

    def _stop(self) -> URLSafeSerializer:
        return URLSafeSerializer(self._list_keys(), salt=_STOP)

    def _confirm(self) -> URLSafeTimedSerializer:
        return URLSafeTimedSerializer(self._list_keys(), salt=_CONFIRM)

    def _list_keys(self) -> list[bytes]:
        keys = list(reversed(self._load_keys()))  # itsdangerous signs with the last one
        if not keys:
            raise UnknownMailLink
        return keys


def digest_address(address: str) -> str:
    """A digest that tells addresses apart and shows none."""
    return hashlib.sha256(f"veritem mail {address}".encode()).hexdigest()[:16]
