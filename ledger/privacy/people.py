"""What is kept of a person who has an account, and the erasure of it.

The account's name of signing in stays: the audit log and the chain of transitions have it, and
their hashes would no longer hold (ADR 0109). Nothing but this name is left.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Table, delete, func, select, update

from ledger import schema
from ledger.accounts.account_rows import NO_PASSWORD, Staff, change_account, find_account
from ledger.accounts.devices import revoke_devices_of
from ledger.accounts.staff_tokens import revoke_all
from ledger.staff_errors import AccountActive
from ledger.storage.store import Store, uncancellable

ERASED_NAME: Final = "–"
"""The name of an account that was erased."""
MOST_ROWS: Final = 1000
"""Rows of one kind that are shown of a person, the newest ones."""


@dataclass(frozen=True, slots=True)
class _PersonTable:
    """A table with rows about accounts: the column that names the account, and what is shown."""

    table: Table
    owner: str
    shown: tuple[str, ...]
    order: str
    is_erased: bool = False
    """Whether its rows are deleted with the account."""


_TABLES: Final[Sequence[_PersonTable]] = (
    _PersonTable(
        schema.staff_sessions, "staff", ("began_at", "seen_at", "browser"), "began_at", True
    ),
    _PersonTable(
        schema.mail_addresses,
        "staff",
        ("address", "language", "verified_at", "state", "choices"),
        "verified_at",
        True,
    ),
    _PersonTable(schema.mail_requests, "staff", ("address", "made_at"), "made_at", True),
    _PersonTable(
        schema.mails, "staff", ("address", "purpose", "made_at", "state"), "made_at", True
    ),
    _PersonTable(schema.mail_waiting, "staff", ("kind", "since"), "since", True),
    _PersonTable(schema.recovery_codes, "staff", ("made_at", "used_at"), "made_at", True),
    _PersonTable(schema.staff_tokens, "staff", ("label", "made_at", "revoked_at"), "made_at"),
    _PersonTable(
        schema.devices, "account", ("label", "kind", "added_at", "revoked_at"), "added_at"
    ),
    _PersonTable(
        schema.field_phones, "account", ("label", "added_at", "seen_at", "shut_at"), "added_at"
    ),
    _PersonTable(schema.field_findings, "actor", ("found_at", "kind", "lat", "lon"), "at"),
    _PersonTable(schema.audit, "actor", ("at", "action", "subject"), "seq"),
)


class People:
    """What one ledger keeps of people who have accounts."""

    def __init__(self, store: Store, clock: Callable[[], int]) -> None:
        self._store = store
        self._clock = clock

    async def collect(self, account: str) -> Mapping[str, Any]:
        """Return all that is kept of a person, by table: the account, and rows about it.

        No secret is in it. Of each table there are `MOST_ROWS` rows at most, and their number.
        Raises `UnknownStaff`.
        """
        async with self._store.read() as connection:
            known = await find_account(connection, account)
            names = ("id", "name", "role", "organisation", "disabled", "added_at", "added_by")
            found: dict[str, Any] = {"account": {name: known[name] for name in names}}
            for kept in _TABLES:
                columns = kept.table.c
                is_own = columns[kept.owner] == account
                query = (
                    select(*(columns[name] for name in kept.shown))
                    .where(is_own)
                    .order_by(columns[kept.order].desc())
                    .limit(MOST_ROWS)
                )
                rows = await connection.execute(query)
                found[str(kept.table.name)] = [
                    dict(zip(kept.shown, row, strict=True)) for row in rows
                ]
            count = select(func.count()).where(schema.audit.c.actor == account)
            found["audit_entries"] = await connection.scalar(count)
            return found

    @uncancellable
    async def erase(self, account: str, *, actor: str) -> Staff:
        """Erase what is personal of a disabled account, and note it in the audit log.

        Its name, password and one-time codes go, its sessions, addresses and mails too. All or
        nothing; erasing twice erases once. Raises `UnknownStaff`, `AccountActive`.
        """
        at = self._clock()
        async with self._store.write() as connection:
            known = await find_account(connection, account)
            if not known["disabled"]:
                raise AccountActive(account=account)
            await revoke_devices_of(connection, account, actor=actor, at=at)
            await revoke_all(connection, account, actor=actor, at=at)
            for kept in _TABLES:
                if kept.is_erased:
                    owner = kept.table.c[kept.owner]
                    await connection.execute(delete(kept.table).where(owner == account))
            labels = schema.field_phones
            await connection.execute(
                update(labels).where(labels.c.account == account).values(session=None)
            )
            row = {
                "name": ERASED_NAME,
                "password_hash": NO_PASSWORD,
                "otp_secret": None,
                "erased_at": known["erased_at"] or at,
            }
            return await change_account(connection, account, "staff.erase", actor, at, row)
