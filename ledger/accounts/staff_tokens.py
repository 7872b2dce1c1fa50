"""Tokens: rows that sign a machine or a command line in for an account, until they expire.

A token of one kind is not accepted as another: a machine's token, which lives for months, opens no
command line, and the short-lived one of a command line no API.

A token belongs to an account, and ends with it, or to an organisation: then `staff` is who made it,
and it lives on when that person leaves.

A token is `vtm_ID_SECRET`; only the SHA-256 of its secret (256 random bits) is stored. The
functions work inside the caller's transaction; `ledger.accounts.staff` opens it.
"""

import hashlib
import hmac
import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

from sqlalchemy import ColumnElement, RowMapping, insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from ledger import schema
from ledger.accounts.account_rows import Role
from ledger.chains.chained_rows import record_row_change
from ledger.errors import AlreadyExists, UnknownRow
from ledger.staff_errors import UnknownToken

_TOKEN: Final = re.compile(r"vtm_([0-9a-f]{12})_([A-Za-z0-9_-]{43})")
_TABLE: Final = schema.staff_tokens
_USES: Final = schema.token_uses
_ORGANISATIONS: Final = schema.organisations
_TOKENS: Final = (
    select(_TABLE, _USES.c.used_at, _ORGANISATIONS.c.province.label("organisation_province"))
    .outerjoin(_USES, _USES.c.token == _TABLE.c.id)
    .outerjoin(_ORGANISATIONS, _ORGANISATIONS.c.id == _TABLE.c.organisation)
)
USE_STEP_MS: Final = 3_600_000
"""A use is noted once an hour, so that a busy machine writes no row with each request."""
TokenKind = Literal["command-line"]
"""Purpose of a token; None for a machine's at the API."""


@dataclass(frozen=True, slots=True)
class Token:
    """A token that signs a machine in; times are milliseconds, UTC."""

    id: str
    staff: str
    """The account that owns it; of an organisation's token: who made it."""
    label: str
    made_at: int
    expires_at: int | None
    revoked_at: int | None
    kind: TokenKind | None = None
    scopes: frozenset[str] | None = None
    """The permissions that it is limited to; None for all of its account's."""
    used_at: int | None = None
    """When it was last used, to the hour."""
    organisation: str | None = None
    """The organisation that it belongs to; None for an account's."""
    role: Role | None = None
    """The role of an organisation's token: that of its maker."""
    organisation_province: str | None = None


async def insert_token(
    connection: AsyncConnection,
    staff: str,
    *,
    label: str,
    actor: str,
    expires_at: int,
    at: int,
    kind: TokenKind | None = None,
    scopes: frozenset[str] | None = None,
    name: str | None = None,
    organisation: str | None = None,
    role: Role | None = None,
) -> tuple[Token, str]:
    """Insert a token; return it with its text, which is not stored.

    With `organisation` it belongs to that and has this role.

    `name` is its id, 12 hexadecimal digits; random when None. Raises `AlreadyExists`.
    """
    name, secret = name or secrets.token_hex(6), secrets.token_urlsafe(32)
    if await connection.scalar(select(_TABLE.c.id).where(_TABLE.c.id == name)) is not None:
        raise AlreadyExists(kind="token", id=name)
    await connection.execute(
        insert(_TABLE).values(
            id=name,
            staff=staff,
            label=label,
            sha256=hashlib.sha256(secret.encode()).hexdigest(),
            made_at=at,
            expires_at=expires_at,
            kind=kind,
            scopes=None if scopes is None else " ".join(sorted(scopes)),
            organisation=organisation,
            role=role,
        )
    )
    await record_row_change(connection, _TABLE, name, at=at, actor=actor, action="token.make")
    token = Token(
        name, staff, label, at, expires_at, None, kind, scopes, organisation=organisation, role=role
    )
    return token, f"vtm_{name}_{secret}"


def parse_token(text: str) -> tuple[str, str]:
    """The ID and the secret in a token's text. Raises `UnknownToken`."""
    form = _TOKEN.fullmatch(text)
    if form is None:
        raise UnknownToken
    return form[1], form[2]


async def find_token(
    connection: AsyncConnection, name: str, secret: str, at: int, kind: TokenKind | None = None
) -> Token:
    """Return a token of this kind that is valid now. Raises `UnknownToken`."""
    found = await connection.execute(_TOKENS.where(_TABLE.c.id == name))
    kept = found.mappings().one_or_none()
    if kept is None or kept["kind"] != kind or not _is_valid(kept, secret, at):
        raise UnknownToken
    return _token(kept)


async def list_tokens(connection: AsyncConnection, staff: str) -> Sequence[Token]:
    """Return the tokens of an account, the newest first, revoked ones too."""
    query = _TOKENS.where(_TABLE.c.staff == staff, _TABLE.c.organisation.is_(None))
    found = await connection.execute(query.order_by(_TABLE.c.made_at.desc(), _TABLE.c.id))
    return [_token(row) for row in found.mappings()]


async def revoke_token(
    connection: AsyncConnection, token: str, *, staff: str, actor: str, at: int
) -> None:
    """Revoke a token of an account. Raises `UnknownRow`; again changes nothing."""
    own = (_TABLE.c.staff == staff) & _TABLE.c.organisation.is_(None)
    await _revoke(connection, token, own, actor, at)


async def revoke_organisation_token(
    connection: AsyncConnection, token: str, *, organisation: str | None, actor: str, at: int
) -> None:
    """Revoke a token of an organisation, of any for None.

    Raises `UnknownRow`; again changes nothing.
    """
    of_any = _TABLE.c.organisation.is_not(None)
    own = of_any if organisation is None else _TABLE.c.organisation == organisation
    await _revoke(connection, token, own, actor, at)


async def _revoke(
    connection: AsyncConnection, token: str, own: ColumnElement[bool], actor: str, at: int
) -> None:
    this = (_TABLE.c.id == token) & own
    kept = (await connection.execute(select(_TABLE).where(this))).mappings().one_or_none()
    if kept is None:
        raise UnknownRow(kind="token", id=token)
    if kept["revoked_at"] is None:
        await connection.execute(update(_TABLE).where(this).values(revoked_at=at))
        await record_row_change(
            connection, _TABLE, token, at=at, actor=actor, action="token.revoke"
        )


async def note_use(connection: AsyncConnection, token: str, at: int) -> None:
    """Note when a token was last used."""
    more = upsert(_USES).values(token=token, used_at=at)
    await connection.execute(
        more.on_conflict_do_update(index_elements=[_USES.c.token], set_={"used_at": at})
    )


async def revoke_all(connection: AsyncConnection, staff: str, *, actor: str, at: int) -> None:
    """Revoke all tokens of an account; tokens of its organisation stay."""
    living = select(_TABLE.c.id).where(
        _TABLE.c.staff == staff,
        _TABLE.c.organisation.is_(None),
        _TABLE.c.revoked_at.is_(None),
    )
    for token in (await connection.scalars(living.order_by(_TABLE.c.id))).all():
        await revoke_token(connection, token, staff=staff, actor=actor, at=at)


def _is_valid(kept: RowMapping, secret: str, at: int) -> bool:
    same = hmac.compare_digest(kept["sha256"], hashlib.sha256(secret.encode()).hexdigest())
    is_living = kept["expires_at"] is not None and at < kept["expires_at"]
    return same and is_living and kept["revoked_at"] is None


def _token(row: RowMapping) -> Token:
    cells = {name: cell for name, cell in row.items() if name != "sha256"}
    scopes = row["scopes"]
    return Token(**cells | {"scopes": None if scopes is None else frozenset(scopes.split())})
