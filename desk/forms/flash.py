"""Flash messages: what a redirect says on the page that it leads to, once.

The message travels in an encrypted cookie that only its page takes, so that a reload does not say
it again, and what is shown once (a token, an enrolment code) is stored nowhere.

>>> flashes = FlashCookies(b"s" * 32, lambda: 1_000_000)
>>> cookie = flashes.encode(Flash("account.made", {"token": "x"}), "/account") or ""
>>> flashes.decode(cookie, "/account").values["token"]
'x'
>>> flashes.decode(cookie, "/orders") is None, flashes.decode("x", "/account") is None
(True, True)
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import unquote

import orjson
from cryptography.fernet import Fernet, InvalidToken

from desk.forms.drafts import derive_fernet_key

COOKIE_NAME: Final = "desk-flash"
LIFETIME_SECONDS: Final = 300
_LONGEST: Final = 2800
"""Bytes of a message; encrypted it must fit a cookie of 4,096."""


@dataclass(frozen=True, slots=True)
class Flash:
    """A message for the next page."""

    text: str
    """The key of its text; a text with a plural takes its number from `count`."""
    values: Mapping[str, Any] = field(default_factory=dict)
    """Values that fill the text, or that the page shows beside it; JSON values."""


class FlashCookies:
    """Encodes and decodes the cookie of one desk."""

    def __init__(self, secret: bytes, clock: Callable[[], int]) -> None:
        self._fernet = Fernet(derive_fernet_key(secret, b"veritem desk flash v1"))
        self._clock = clock

    def encode(self, flash: Flash, path: str) -> str | None:
        """The message for the page at `path` as a cookie's value; None for one that is too long."""
        content = orjson.dumps([path, flash.text, dict(flash.values)])
        if len(content) > _LONGEST:
            return None
        return self._fernet.encrypt_at_time(content, self._clock() // 1000).decode()

    def decode(self, value: str, path: str) -> Flash | None:
        """The message of a cookie; None where it is for another page, too old or not ours."""
        try:
            content = self._fernet.decrypt_at_time(
                value.encode("utf-8", "replace"), LIFETIME_SECONDS, self._clock() // 1000
            )
        except InvalidToken:
            return None
        wanted, text, values = orjson.loads(content)
        return Flash(text, values) if unquote(wanted) == unquote(path) else None
