"""Download links: addresses of a bundle's files that work without a session, for a day.

A link is for download programs at the press. It names the account that made it, encrypted and
signed, and grants what that account may do at the moment of the download: an account that was
disabled or lost the batch takes its links with it.

>>> links = DownloadLinks(b"s" * 32, lambda: 1_000_000)
>>> link = links.make("in", 7, "csv")
>>> links.open(link.token).account, link.expires_at
('in', 87400000)
"""

import base64
import hashlib
import hmac
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import orjson
from cryptography.fernet import Fernet, InvalidToken

from services.errors import DeadDownloadLink

LIFETIME_SECONDS: Final = 86_400


@dataclass(frozen=True, slots=True)
class DownloadLink:
    """A link to the files of one bundle."""

    account: str
    batch: int
    form: str
    token: str
    expires_at: int
    """Milliseconds since the Unix epoch, UTC."""


class DownloadLinks:
    """Makes and opens the links of one desk."""

    def __init__(self, secret: bytes, clock: Callable[[], int]) -> None:
        key = hmac.digest(secret, b"veritem download links v1", hashlib.sha256)
        self._fernet = Fernet(base64.urlsafe_b64encode(key))
        self._clock = clock

    def make(self, account: str, batch: int, form: str) -> DownloadLink:
        """A new link for an account."""
        content = orjson.dumps([account, batch, form])
        now = self._clock() // 1000
        token = self._fernet.encrypt_at_time(content, now).decode()
        return DownloadLink(account, batch, form, token, (now + LIFETIME_SECONDS) * 1000)

    def open(self, token: str) -> DownloadLink:
        """The link of a token. Raises `DeadDownloadLink` where it expired or is not ours."""
        try:
            content = self._fernet.decrypt_at_time(
                token.encode("utf-8", "replace"), LIFETIME_SECONDS, self._clock() // 1000
            )
            made_at = self._fernet.extract_timestamp(token)
        except InvalidToken:
            raise DeadDownloadLink(hours=LIFETIME_SECONDS // 3600) from None
        account, batch, form = orjson.loads(content)
        return DownloadLink(account, batch, form, token, (made_at + LIFETIME_SECONDS) * 1000)
