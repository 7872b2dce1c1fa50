"""The lists of what signs in: tokens and sessions. Everybody has their own; administrators all."""

from collections.abc import Sequence
from typing import Final

from ledger.accounts.staff_sessions import SessionLifetimes
from ledger.lists import Match, access
from services.context import ServiceContext
from services.lists.description import Groups, ListColumn, ListDescription, ListFilter, Row
from services.lists.search import search_sessions, search_tokens
from services.permissions import Permission, has_permission

TOKEN_STATES: Final = ("valid", "expired", "revoked")
SESSION_STATES: Final = ("open", "ended")


def scope_tokens(context: ServiceContext) -> Groups:
    """The actor's own tokens and, where it may make some, those of its organisation."""
    actor = context.actor
    if has_permission(actor, Permission.ACCOUNT_SEE):
        return []
    own: list[Match] = [("own", actor.id)]
    if has_permission(actor, Permission.TOKEN_SHARE) and actor.organisation is not None:
        own.append(("organisation", actor.organisation))
    return [own]


def scope_sessions(context: ServiceContext) -> Groups:
    """The actor's own sessions."""
    if has_permission(context.actor, Permission.ACCOUNT_SEE):
        return []
    return [[("staff", context.actor.id)]]


def judge_token(row: Row, now: int) -> str:
    """The state of a token at a time."""
    if row["revoked_at"] is not None:
        return "revoked"
    return "expired" if row["expires_at"] is None or row["expires_at"] <= now else "valid"


def judge_session(row: Row, now: int, lifetimes: SessionLifetimes) -> str:
    """The state of a session at a time."""
    is_open = (
        row["ended_at"] is None
        and row["is_current"]
        and row["began_at"] > now - lifetimes.longest_ms
        and row["seen_at"] > now - lifetimes.idle_ms
    )
    return "open" if is_open else "ended"


async def _judge_tokens(context: ServiceContext, rows: Sequence[Row]) -> Sequence[Row]:
    now = context.clock()
    return [
        {
            **row,
            "state": judge_token(row, now),
            "reach": None if row["scopes"] is None else len(row["scopes"].split()),
            "use": row["kind"] or "machine",
        }
        for row in rows
    ]


async def _judge_sessions(context: ServiceContext, rows: Sequence[Row]) -> Sequence[Row]:
    now, lifetimes = context.clock(), context.session_lifetimes
    return [{**row, "state": judge_session(row, now, lifetimes)} for row in rows]


def _match_token(context: ServiceContext, name: str, value: str) -> Match:
    """Whether a token has expired is judged by the time."""
    return (name, (value, context.clock()) if name == "state" else value)


def _match_session(context: ServiceContext, name: str, value: str) -> Match:
    """Whether a session lives is judged by the time."""
    if name != "state":
        return (name, value)
    now, lifetimes = context.clock(), context.session_lifetimes
    return (name, (value, now - lifetimes.longest_ms, now - lifetimes.idle_ms))


TOKENS: Final = ListDescription(
    name="tokens",
    table=access.TOKENS,
    permissions=(),
    columns=(
        ListColumn("label", "text"),
        ListColumn("id", "text", below="label"),
        ListColumn("organisation", "organisation"),
        ListColumn("staff", "person"),
        ListColumn("use", "slug", family="tokens"),
        ListColumn("reach", "count"),
        ListColumn("used_at", "moment"),
        ListColumn("expires_at", "day"),
        ListColumn("state", "slug", family="tokens"),
        ListColumn("made_at", "moment", sort="made_at", below="staff"),
        ListColumn("scopes", "text", is_exported_only=True),
        ListColumn("revoked_at", "moment", is_exported_only=True),
    ),
    filters=(
        ListFilter("state", "choice", choices=TOKEN_STATES, family="tokens"),
        ListFilter("organisation", "organisation"),
        ListFilter("staff", "person"),
    ),
    sorts={"made_at": int},
    key_type=str,
    default_sort="-made_at",
    scope=scope_tokens,
    search=search_tokens,
    complete=_judge_tokens,
    make_match=_match_token,
)

SESSIONS: Final = ListDescription(
    name="sessions",
    table=access.SESSIONS,
    permissions=(),
    columns=(
        ListColumn("browser", "text"),
        ListColumn("id", "text", below="browser"),
        ListColumn("staff", "person"),
        ListColumn("began_at", "moment", sort="began_at"),
        ListColumn("seen_at", "moment"),
        ListColumn("state", "slug", family="sessions"),
        ListColumn("ended_at", "moment", is_exported_only=True),
    ),
    filters=(
        ListFilter("state", "choice", choices=SESSION_STATES, family="sessions"),
        ListFilter("staff", "person"),
    ),
    sorts={"began_at": int},
    key_type=str,
    default_sort="-began_at",
    scope=scope_sessions,
    search=search_sessions,
    complete=_judge_sessions,
    make_match=_match_session,
)
