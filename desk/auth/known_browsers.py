"""Known browsers: a signed cookie names the accounts that a browser signed in to before.

It signs nobody in. It gets its browser a budget and a place in the password queue that strangers
cannot take (`services.sign_in`), for the accounts that it names and no others.

>>> browsers = KnownBrowsers(b"s" * 32)
>>> browser = browsers.remember(None, "mai")
>>> browsers.remember(browsers.decode_cookie(browsers.encode_cookie(browser)), "bo").accounts
('bo', 'mai')
>>> browsers.decode_cookie("x") is None
True
>>> browsers.decode_cookie("\\udcff") is None  # the byte FF
True
"""

import hashlib
import secrets
from typing import Final

from itsdangerous import BadData, URLSafeTimedSerializer

from services.sign_in import KnownBrowser

COOKIE_NAME: Final = "desk-browser"
MAX_AGE_SECONDS: Final = 400 * 86_400
"""Browsers keep no cookie longer; each sign-in begins it anew."""
_MOST_ACCOUNTS: Final = 8
"""People share a packing house's phone; the account that was used least recently leaves first."""


class KnownBrowsers:
    """Encodes and decodes the cookies of the browsers of one desk."""

    def __init__(self, secret: bytes) -> None:
        self._cookies = URLSafeTimedSerializer(
            secret,
            salt=b"veritem desk browser v1",
            signer_kwargs={"key_derivation": "hmac", "digest_method": hashlib.sha256},
        )

    def remember(self, browser: KnownBrowser | None, account: str) -> KnownBrowser:
        """The browser once it has signed in to an account; a new one for None."""
        others = () if browser is None else browser.accounts
        accounts = (account, *(other for other in others if other != account))
        return KnownBrowser(
            id=secrets.token_urlsafe(16) if browser is None else browser.id,
            accounts=accounts[:_MOST_ACCOUNTS],
        )

    def encode_cookie(self, browser: KnownBrowser) -> str:
        """The browser as a cookie's value."""
        value = self._cookies.dumps([browser.id, *browser.accounts])
        return value if isinstance(value, str) else value.decode()

    def decode_cookie(self, value: str) -> KnownBrowser | None:
        """The browser of a cookie; None for a cookie that is not ours, altered, or too old."""
        try:
            id_, *accounts = self._cookies.loads(value, max_age=MAX_AGE_SECONDS)
        except (BadData, UnicodeEncodeError):  # bytes that are not UTF-8
            return None
        return KnownBrowser(id=id_, accounts=tuple(accounts))
