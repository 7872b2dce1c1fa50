"""Sessions of staff at the desk: rows by which people see where an account is signed in.

A session lives while it was not ended and its account still has the generation with which it began
(`ledger.accounts.staff`). Its cookie has the secret; the id here is a digest, which signs nobody
in. When it was last seen is written when the desk renews the cookie, not with each request. Rows
are not part of history; the audit log has each sign-in and each session that somebody ended.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from sqlalchemy import RowMapping, delete, insert, select, update

from ledger import schema
from ledger.accounts.account_rows import ACCOUNTS, Staff, read_account
from ledger.chains.chained_rows import record_audit
from ledger.staff_errors import UnknownSession
from ledger.storage.store import Store, uncancellable

MOST_SHOWN: Final = 50
KEPT_MS: Final = 30 * 86_400_000
_TABLE: Final = schema.staff_sessions


@dataclass(frozen=True, slots=True)
class SessionLifetimes:
    """Lifetimes of sessions, in milliseconds."""

    idle_ms: int
    longest_ms: int


@dataclass(frozen=True, slots=True)
class StaffSession:
    """A sign-in at the desk; times are milliseconds, UTC."""

    id: str
    staff: str
    began_at: int
    seen_at: int
    browser: str
    """Name of the browser in its `User-Agent`, shortened."""


def make_session_id(nonce: str) -> str:
    """The id of the session whose cookie has this nonce: 64 bits of its SHA-256.

    >>> make_session_id("x") == make_session_id("x") != make_session_id("y")
    True
    """
    return hashlib.sha256(f"veritem session\0{nonce}".encode()).hexdigest()[:16]


class StaffSessions:
    """The sessions of one ledger."""

    def __init__(self, store: Store, clock: Callable[[], int]) -> None:
        self._store = store
        self._clock = clock

    @uncancellable
    async def begin(
        self, id_: str, staff: str, generation: int, *, browser: str, at: int | None = None
    ) -> None:
        """Begin a session; sessions of the account that began a month ago are removed."""
        at = self._clock() if at is None else at
        old = (_TABLE.c.staff == staff) & (_TABLE.c.began_at < at - KEPT_MS)
        async with self._store.append() as connection:
            await connection.execute(delete(_TABLE).where(old))
            await connection.execute(
                insert(_TABLE).values(
                    id=id_,
                    staff=staff,
                    generation=generation,
                    began_at=at,
                    seen_at=at,
                    browser=browser,
                )
            )

    async def find_account(self, id_: str, generation: int) -> Staff | None:
        """The account of a session that lives; None where it does not."""
        query = ACCOUNTS.join(_TABLE, _TABLE.c.staff == schema.staff.c.id).where(
            _TABLE.c.id == id_, _TABLE.c.ended_at.is_(None)
        )
        async with self._store.read() as connection:
            row = (await connection.execute(query)).mappings().one_or_none()
        if row is None or row["generation"] != generation:
            return None
        account = read_account(row)
        return None if account.is_barred else account

    @uncancellable
    async def touch(self, id_: str, *, at: int) -> None:
        """Note that a session is in use."""
        async with self._store.append() as connection:
            await connection.execute(update(_TABLE).where(_TABLE.c.id == id_).values(seen_at=at))

    async def list_living(self, staff: str, *, since: int, seen_since: int) -> "list[StaffSession]":
        """The newest sessions of an account that began and were seen after these times."""
        presence = schema.staff_sign_in
        query = (
            select(_TABLE)
            .join(presence, presence.c.staff == _TABLE.c.staff)
            .where(
                _TABLE.c.staff == staff,
                _TABLE.c.ended_at.is_(None),
                _TABLE.c.generation == presence.c.generation,
                _TABLE.c.began_at > since,
                _TABLE.c.seen_at > seen_since,
            )
            .order_by(_TABLE.c.began_at.desc(), _TABLE.c.id)
            .limit(MOST_SHOWN)
        )
        async with self._store.read() as connection:
            return [_read(row) for row in (await connection.execute(query)).mappings()]

    @uncancellable
    async def end(self, id_: str, *, staff: str, actor: str, at: int | None = None) -> None:
        """End a session of an account. Raises `UnknownSession`; again changes nothing."""
        at = self._clock() if at is None else at
        this = (_TABLE.c.id == id_) & (_TABLE.c.staff == staff)
        async with self._store.write() as connection:
            known = (await connection.execute(select(_TABLE).where(this))).mappings().one_or_none()
            if known is None:
                raise UnknownSession
            if known["ended_at"] is None:
                await connection.execute(update(_TABLE).where(this).values(ended_at=at))
                await record_audit(
                    connection,
                    at=at,
                    actor=actor,
                    action="staff.session-end",
                    subject=f"staff:{staff}",
                    details={"session": id_},
                )


def _read(row: RowMapping) -> StaffSession:
    return StaffSession(
        id=row["id"],
        staff=row["staff"],
        began_at=row["began_at"],
        seen_at=row["seen_at"],
        browser=row["browser"],
    )
