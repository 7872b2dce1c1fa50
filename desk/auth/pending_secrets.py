"""Pending secrets: the one-time code secret of an app that is being set up, in a cookie.

The page that shows the QR code and the form that proves it are two requests, and a mistyped code
shows the page again. The secret travels in an encrypted cookie meanwhile, so that nothing is stored
for a set-up that nobody finishes. It belongs to one session.

>>> pending = PendingSecrets(b"s" * 32, lambda: 1_000_000)
>>> pending.decode(pending.encode("JBSWY3DPEHPK3PXP", "nonce"), "nonce")
'JBSWY3DPEHPK3PXP'
>>> pending.decode(pending.encode("JBSWY3DPEHPK3PXP", "nonce"), "other") is None
True
>>> pending.decode("x", "nonce") is None
True
"""

from collections.abc import Callable
from typing import Final

import orjson
from cryptography.fernet import Fernet, InvalidToken

from desk.forms.drafts import derive_fernet_key

COOKIE_NAME: Final = "desk-code-setup"
LIFETIME_SECONDS: Final = 1800


class PendingSecrets:
    """Encodes and decodes the cookie of one desk."""

    def __init__(self, secret: bytes, clock: Callable[[], int]) -> None:
        self._fernet = Fernet(derive_fernet_key(secret, b"veritem desk code setup v1"))
        self._clock = clock

    def encode(self, secret: str, session: str) -> str:
        """The secret of a session's set-up as a cookie's value."""
        content = orjson.dumps([session, secret])
        return self._fernet.encrypt_at_time(content, self._clock() // 1000).decode()

    def decode(self, value: str, session: str) -> str | None:
        """The secret of a cookie; None where it is another session's, too old or not ours."""
        try:
            content = self._fernet.decrypt_at_time(
                value.encode("utf-8", "replace"), LIFETIME_SECONDS, self._clock() // 1000
            )
        except InvalidToken:
            return None
        wanted, secret = orjson.loads(content)
        return str(secret) if wanted == session else None
