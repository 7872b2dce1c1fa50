"""The lists of what signs in: tokens of accounts and of organisations, and sessions."""

from typing import Final

from sqlalchemy import and_, select

from ledger import schema
from ledger.lists.matchers import match_equal, match_one_of, match_since, match_until
from ledger.lists.query import Condition, ListTable


def _make_tokens() -> ListTable:
    tokens, uses = schema.staff_tokens, schema.token_uses

    def match_state(asked: tuple[str, int]) -> Condition:
        """Tokens in a state at a time."""
        state, now = asked
        if state == "revoked":
            return tokens.c.revoked_at.is_not(None)
        is_expired = tokens.c.expires_at.is_(None) | (tokens.c.expires_at <= now)
        return and_(
            tokens.c.revoked_at.is_(None), is_expired if state == "expired" else ~is_expired
        )

    return ListTable(
        name="tokens",
        base=tokens,
        key=tokens.c.id,
        sorts={"made_at": tokens.c.made_at},
        matches={
            "staff": match_equal(tokens.c.staff),
            "organisation": match_equal(tokens.c.organisation),
            "own": lambda account: and_(tokens.c.staff == account, tokens.c.organisation.is_(None)),
            "state": match_state,
            "ids": match_one_of(tokens.c.id),
            "since": match_since(tokens.c.made_at),
            "until": match_until(tokens.c.made_at),
        },
        columns={
            **{one.name: one for one in tokens.c if one.name != "sha256"},
            "used_at": uses.c.used_at,
        },
        joined=tokens.outerjoin(uses, uses.c.token == tokens.c.id),
    )


def _make_sessions() -> ListTable:
    sessions, presence = schema.staff_sessions, schema.staff_sign_in
    is_current = (
        select(presence.c.staff)
        .where(presence.c.staff == sessions.c.staff, presence.c.generation == sessions.c.generation)
        .exists()
    )

    def match_state(asked: tuple[str, int, int]) -> Condition:
        """Sessions that live, having begun and been seen after two times, or that do not."""
        state, since, seen_since = asked
        is_open = and_(
            sessions.c.ended_at.is_(None),
            is_current,
            sessions.c.began_at > since,
            sessions.c.seen_at > seen_since,
        )
        return is_open if state == "open" else ~is_open

    return ListTable(
        name="sessions",
        base=sessions,
        key=sessions.c.id,
        sorts={"began_at": sessions.c.began_at},
        matches={
            "staff": match_equal(sessions.c.staff),
            "state": match_state,
            "ids": match_one_of(sessions.c.id),
            "since": match_since(sessions.c.began_at),
            "until": match_until(sessions.c.began_at),
        },
        columns={
            **{one.name: one for one in sessions.c if one.name != "generation"},
            "is_current": sessions.c.generation == presence.c.generation,
        },
        joined=sessions.join(presence, presence.c.staff == sessions.c.staff),
    )


TOKENS: Final = _make_tokens()
SESSIONS: Final = _make_sessions()
