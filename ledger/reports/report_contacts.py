"""Contacts that reporters left: sealed at rest, read by those who answer, erased after their time.

The public service adds a contact in plain text: it has no key. The desk seals it in the transaction
in which it files the report, within seconds, with the newest of its keys. So copies of the ledger,
auditors and whoever steals the database read no contact.
"""

from collections.abc import Collection
from typing import Any, Final

from sqlalchemy import or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from ledger import schema
from ledger.storage.secret_seal import LoadKeys, SecretLocked, SecretSeal, name_key
from ledger.storage.store import Store, uncancellable

SEAL_PURPOSE: Final = "report-contact"
_AT_ONCE: Final = 200
"""Contacts that are sealed in one transaction."""


class ContactSeal:
    """Seals and opens contacts with the keys of the desk."""

    def __init__(self, load_keys: LoadKeys) -> None:
        self._seal = SecretSeal(SEAL_PURPOSE, load_keys)
        self._load_keys = load_keys

    def find_key(self) -> str | None:
        """Return the name of the newest key; None in a process without keys."""
        keys = self._load_keys()
        return name_key(SEAL_PURPOSE, keys[0]) if keys else None

    def open(self, report: bytes, stored: str, sealed_with: str | None) -> str:
        """Return a contact as it was left. Raises `SecretLocked`."""
        return stored if sealed_with is None else self._seal.open(report.hex(), stored)

    async def seal_rows(self, connection: AsyncConnection, rows: Collection[Any]) -> int:
        """Seal contacts, given as rows of the table; return how many."""
        key, contacts = self.find_key(), schema.report_contacts
        if key is None:
            return 0
        for row in rows:
            contact = self.open(row.report, row.contact, row.sealed_with)
            sealed = self._seal.seal(row.report.hex(), contact)
            await connection.execute(
                update(contacts)
                .where(contacts.c.report == row.report)
                .values(contact=sealed, sealed_with=key)
            )
        return len(rows)

    async def seal_of_reports(self, connection: AsyncConnection, reports: Collection[bytes]) -> int:
        """Seal the contacts of reports that nobody sealed; return how many."""
        contacts = schema.report_contacts
        query = select(contacts).where(
            contacts.c.report.in_(reports), contacts.c.sealed_with.is_(None)
        )
        return await self.seal_rows(connection, (await connection.execute(query)).all())


class ReportContacts:
    """The contacts of the reports of one ledger."""

    def __init__(self, store: Store, seal: ContactSeal) -> None:
        self._store = store
        self._seal = seal

    @uncancellable
    async def seal_all(self) -> int:
        """Seal every contact that another key or none sealed; return how many.

        A killed process has sealed some. One that no key opens stays as it is.
        """
        contacts, key = schema.report_contacts, self._seal.find_key()
        if key is None:
            return 0
        sealed, after = 0, b""
        while True:
            query = (
                select(contacts)
                .where(
                    contacts.c.report > after,
                    or_(contacts.c.sealed_with.is_(None), contacts.c.sealed_with != key),
                )
                .order_by(contacts.c.report)
                .limit(_AT_ONCE)
            )
            async with self._store.append() as connection:
                rows = (await connection.execute(query)).all()
                if not rows:
                    return sealed
                sealed += await self._seal.seal_rows(
                    connection, [row for row in rows if self._can_open(row)]
                )
            after = rows[-1].report

    async def find(self, ids: list[bytes]) -> dict[bytes, str]:
        """Return what was left to answer these reports at, by report. Raises `SecretLocked`."""
        contacts = schema.report_contacts
        query = select(contacts).where(contacts.c.report.in_(ids))
        async with self._store.read() as connection:
            rows = (await connection.execute(query)).all()
        return {
            row.report: self._seal.open(row.report, row.contact, row.sealed_with) for row in rows
        }

    def _can_open(self, row: Any) -> bool:
        try:
            self._seal.open(row.report, row.contact, row.sealed_with)
        except SecretLocked:
            return False
        return True
