"""Phones of field checks: which phones keep a snapshot and unsent findings of which account.

A phone proves itself with a secret, of which only the SHA-256 is stored, also where its session has
ended: that is how a stolen phone learns that it was shut out. Shutting out is final, ends the
session with which the phone was last seen, and is in the audit log.
"""

import hashlib
import hmac
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from sqlalchemy import RowMapping, insert, select, update

from ledger import schema
from ledger.chains.chained_rows import record_audit
from ledger.errors import UnknownRow
from ledger.storage.store import Store, uncancellable

MOST_SHOWN: Final = 20
_SEEN_EVERY_MS: Final = 10 * 60_000
_TABLE: Final = schema.field_phones


@dataclass(frozen=True, slots=True)
class FieldPhone:
    """A phone; times are milliseconds, UTC."""

    id: str
    account: str
    label: str
    added_at: int
    seen_at: int
    shut_at: int | None = None
    shut_by: str | None = None


class FieldPhones:
    """The phones of one ledger."""

    def __init__(self, store: Store, clock: Callable[[], int]) -> None:
        self._store = store
        self._clock = clock

    @uncancellable
    async def add(self, account: str, label: str, session: str | None) -> tuple[FieldPhone, str]:
        """Add a phone of an account; return it with its secret, which is told this once."""
        at = self._clock()
        secret = secrets.token_urlsafe(24)
        phone = FieldPhone(secrets.token_hex(6), account, label, at, at)
        async with self._store.write() as connection:
            await connection.execute(
                insert(_TABLE).values(
                    id=phone.id,
                    account=account,
                    label=label,
                    secret_sha256=_hash(secret),
                    session=session,
                    added_at=at,
                    seen_at=at,
                )
            )
            await record_audit(
                connection,
                at=at,
                actor=account,
                action="field.phone-add",
                subject=f"field_phones:{phone.id}",
                details={"label": label},
            )
        return phone, secret

    async def find_proven(self, id_: str, secret: str) -> tuple[FieldPhone, bool] | None:
        """The phone that has this secret, and whether its account is disabled; None for others."""
        staff = schema.staff
        query = (
            select(_TABLE, staff.c.disabled)
            .join(staff, staff.c.id == _TABLE.c.account)
            .where(_TABLE.c.id == id_)
        )
        async with self._store.read() as connection:
            row = (await connection.execute(query)).mappings().one_or_none()
        if row is None or not hmac.compare_digest(row["secret_sha256"], _hash(secret)):
            return None
        return _read(row), bool(row["disabled"])

    @uncancellable
    async def touch(self, phone: FieldPhone, session: str) -> None:
        """Note that a phone was seen in a session, at most once in ten minutes of one."""
        at = self._clock()
        stale = (_TABLE.c.seen_at < at - _SEEN_EVERY_MS) | (
            _TABLE.c.session.is_distinct_from(session)
        )
        async with self._store.append() as connection:
            await connection.execute(
                update(_TABLE)
                .where(_TABLE.c.id == phone.id, _TABLE.c.shut_at.is_(None), stale)
                .values(seen_at=at, session=session)
            )

    async def list(self, account: str) -> "list[FieldPhone]":
        """The newest phones of an account, shut out ones too."""
        query = (
            select(_TABLE)
            .where(_TABLE.c.account == account)
            .order_by(_TABLE.c.added_at.desc(), _TABLE.c.id)
            .limit(MOST_SHOWN)
        )
        async with self._store.read() as connection:
            return [_read(row) for row in (await connection.execute(query)).mappings()]

    @uncancellable
    async def shut_out(
        self, id_: str, *, actor: str, account: str | None = None, at: int | None = None
    ) -> FieldPhone:
        """Shut a phone out, of `account` only if it is given; again changes nothing.

        Raises `UnknownRow`.
        """
        at = self._clock() if at is None else at
        sessions = schema.staff_sessions
        async with self._store.write() as connection:
            query = select(_TABLE).where(_TABLE.c.id == id_)
            row = (await connection.execute(query)).mappings().one_or_none()
            if row is None or account not in (None, row["account"]):
                raise UnknownRow(kind="phone", id=id_)
            if row["shut_at"] is not None:
                return _read(row)
            await connection.execute(
                update(_TABLE).where(_TABLE.c.id == id_).values(shut_at=at, shut_by=actor)
            )
            await connection.execute(
                update(sessions)
                .where(sessions.c.id == row["session"], sessions.c.ended_at.is_(None))
                .values(ended_at=at)
            )
            await record_audit(
                connection,
                at=at,
                actor=actor,
                action="field.phone-shut",
                subject=f"field_phones:{id_}",
                details={"account": row["account"]},
            )
            changed = (await connection.execute(query)).mappings().one()
            return _read(changed)


def _hash(secret: str) -> str:
    return hashlib.sha256(f"veritem field phone v1 {secret}".encode()).hexdigest()


def _read(row: RowMapping) -> FieldPhone:
    names = ("id", "account", "label", "added_at", "seen_at", "shut_at", "shut_by")
    return FieldPhone(**{name: row[name] for name in names})
