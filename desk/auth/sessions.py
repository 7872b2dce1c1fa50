"""Sign-in sessions: a signed cookie names the account, and a form token ties a form to it.

A cookie carries account, generation, begin, last use and a nonce of 16 random bytes, signed by
itsdangerous (HMAC-SHA-256). The ledger keeps a row of each session, by which somebody ends it
(`ledger.accounts.staff_sessions`), and the account's generation, which a sign-out raises, so that
all earlier sessions end. A session also ends when it is idle too long, and after a working day at
most.

The form token is a signature of the session's nonce: only pages of the same session can know it.

>>> sessions = Sessions(b"s" * 32, idle_seconds=60, max_seconds=600)
>>> session = sessions.begin("mai", 0, at=1_000_000)
>>> cookie = sessions.encode_cookie(session)
>>> sessions.decode_cookie(cookie, at=1_030_000) == session
True
>>> sessions.decode_cookie(cookie, at=1_061_000) is None
True
>>> sessions.decode_cookie("x" + cookie, at=1_030_000) is None
True
>>> sessions.decode_cookie("\\udcff", at=1_030_000) is None  # the byte FF
True
"""

import hashlib
import secrets
from dataclasses import dataclass, replace
from typing import Any, Final

from itsdangerous import BadData, Signer, URLSafeSerializer

COOKIE_NAME: Final = "desk"
"""The cookie's name; `__Host-desk` where the desk is served over https."""
_RENEW_SHARE: Final = 4
"""The cookie is renewed when a quarter of the idle time has passed."""
_SIGNER: Final[dict[str, Any]] = {"key_derivation": "hmac", "digest_method": hashlib.sha256}


@dataclass(frozen=True, slots=True)
class Session:
    """One sign-in; `began` and `seen` are seconds since the Unix epoch."""

    staff: str
    generation: int
    began: int
    seen: int
    nonce: str


class Sessions:
    """Encodes, decodes and renews the sessions of one desk."""

    def __init__(self, secret: bytes, idle_seconds: int, max_seconds: int) -> None:
        self._cookies = URLSafeSerializer(
            secret, salt=b"veritem desk session v2", signer_kwargs=_SIGNER
        )
        self._forms = Signer(secret, salt=b"veritem desk form v2", **_SIGNER)
        self._idle = idle_seconds
        self._max = max_seconds

    def begin(self, staff: str, generation: int, at: int) -> Session:
        """A new session, begun at `at` (ms)."""
        now = at // 1000
        return Session(
            staff=staff,
            generation=generation,
            began=now,
            seen=now,
            nonce=secrets.token_urlsafe(16),
        )

    def encode_cookie(self, session: Session) -> str:
        """The session as a cookie's value."""
        fields = [session.staff, session.generation, session.began, session.seen, session.nonce]
        value = self._cookies.dumps(fields)
        return value if isinstance(value, str) else value.decode()

    def decode_cookie(self, value: str, at: int) -> Session | None:
        """The session of a cookie; None for a cookie that is not ours, altered, or expired."""
        session = self.decode_ended_cookie(value)
        if session is None:
            return None
        now = at // 1000
        is_idle = session.seen <= now - self._idle
        is_old = session.began <= now - self._max
        return None if is_idle or is_old else session

    def decode_ended_cookie(self, value: str) -> Session | None:
        """The session of a cookie, whether it lives or not; None for a cookie that is not ours."""
        try:
            staff, generation, began, seen, nonce = self._cookies.loads(value)
        except (BadData, UnicodeEncodeError):  # bytes that are not UTF-8
            return None
        return Session(staff=staff, generation=generation, began=began, seen=seen, nonce=nonce)

    def renew(self, session: Session, at: int) -> Session | None:
        """The session as used now; None for one that ended, or whose cookie is recent enough."""
        now = at // 1000
        if session.seen <= now - self._idle:  # it ended while its last request was answered
            return None
        if now - session.seen < self._idle // _RENEW_SHARE:
            return None
        return replace(session, seen=now)

    def form_token(self, session: Session) -> str:
        """The token of the session's forms."""
        return self._forms.get_signature(session.nonce).decode()

    def is_form_token(self, session: Session, token: str) -> bool:
        """Whether a form belongs to the session."""
        return self._forms.verify_signature(session.nonce, token)
