"""Sessions: who signed in, in a signed cookie; and the token that ties a form to its session.

A cookie's value is `STAFF.GENERATION.BEGAN.SEEN.NONCE.MAC`: times in seconds since the Unix epoch,
the nonce 16 random bytes, the MAC HMAC-SHA-256 over what is before it, both base64url. Nothing is
kept here; the ledger keeps the account's generation, which grows when somebody signs out, so that
all sessions that began before are over. A session is over, too, when nobody used it for a while
and after a whole working day.

The form's token is another HMAC over the nonce: only pages of this very session can know it.

>>> made = Sessions(b"s" * 32, idle_seconds=60, most_seconds=600)
>>> session = made.begin("mai", 0, at=1_000_000)
>>> made.read(made.cookie(session), at=1_030_000) == session
True
>>> made.read(made.cookie(session), at=1_061_000) is None
True
>>> made.read(made.cookie(session).replace("mai", "lan"), at=1_030_000) is None
True
"""

import base64
import hmac
import secrets
from dataclasses import dataclass, replace
from typing import Final

NAME: Final = "desk"
"""The cookie's name; `__Host-desk` where the desk is served by https."""
_RENEW_SHARE: Final = 4


@dataclass(frozen=True, slots=True)
class Session:
    """One sign-in; `began` and `seen` are seconds since the Unix epoch."""

    staff: str
    generation: int
    began: int
    seen: int
    nonce: str


class Sessions:
    """Makes and reads the sessions of one desk."""

    def __init__(self, secret: bytes, idle_seconds: int, most_seconds: int) -> None:
        self._cookie_key = hmac.digest(secret, b"veritem desk session v1", "sha256")
        self._form_key = hmac.digest(secret, b"veritem desk form v1", "sha256")
        self._idle = idle_seconds
        self._most = most_seconds

    def begin(self, staff: str, generation: int, at: int) -> Session:
        """A new session, begun at `at` (ms)."""
        now = at // 1000
        return Session(staff, generation, now, now, secrets.token_urlsafe(16))

    def cookie(self, session: Session) -> str:
        """The session as a cookie's value."""
        told = _told(session)
        return f"{told}.{_mac(self._cookie_key, told)}"

    def read(self, value: str, at: int) -> Session | None:
        """The session of a cookie; None when it is not ours, was altered, or is over by time."""
        told, _, mac = value.rpartition(".")
        if not hmac.compare_digest(mac.encode(), _mac(self._cookie_key, told).encode()):
            return None
        # An account's name may hold dots, the rest does not.
        staff, generation, began, seen, nonce = told.rsplit(".", 4)
        session = Session(staff, int(generation), int(began), int(seen), nonce)
        now = at // 1000
        idle = session.seen <= now - self._idle
        return None if idle or session.began <= now - self._most else session

    def renewed(self, session: Session, at: int) -> Session | None:
        """The session as seen now, when that is worth another cookie; None when it is not."""
        now = at // 1000
        if now - session.seen < self._idle // _RENEW_SHARE:
            return None
        return replace(session, seen=now)

    def form_token(self, session: Session) -> str:
        """What the session's forms carry."""
        return _mac(self._form_key, session.nonce)

    def is_form_token(self, session: Session, token: str) -> bool:
        """Whether a form is of this session."""
        return hmac.compare_digest(token.encode(), self.form_token(session).encode())


def _told(session: Session) -> str:
    return ".".join(
        (
            session.staff,
            str(session.generation),
            str(session.began),
            str(session.seen),
            session.nonce,
        )
    )


def _mac(key: bytes, told: str) -> str:
    digest = hmac.digest(key, told.encode(), "sha256")
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
