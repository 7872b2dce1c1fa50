"""Erasures of personal data whose time is over, some rows at once.

Each method works on at most `AT_ONCE` rows found by an index, in one transaction, and returns how
many it erased. A process that is killed leaves the rest to the next one. Personal data with an
eraser of its own (contacts of reports, invitations, mails, drafts of lots) is not here.
"""

from collections.abc import Callable, Sequence
from typing import Final

from sqlalchemy import Table, and_, delete, func, or_, select, update

from ledger import schema
from ledger.accounts.staff_sessions import KEPT_MS as SESSIONS_KEPT_MS
from ledger.storage.row_lists import is_one_of
from ledger.storage.store import Store, uncancellable
from ledger.table_imports import KEPT_MS as IMPORTS_KEPT_MS
from stamps.vietnam_time import to_day_number, to_day_start

AT_ONCE: Final = 200
_IMPORTS: Final = (
    schema.code_imports,
    schema.lot_imports,
    schema.diary_imports,
    schema.invitation_imports,
)
_NO_CASE: Final = ("dismissed", "closed")
_PSEUDONYMS: Final = {"device": None, "net": None}


class Erasures:
    """Erasures in one ledger."""

    def __init__(self, store: Store, clock: Callable[[], int]) -> None:
        self._store = store
        self._clock = clock

    async def erase_sessions(self) -> int:
        """Delete sessions that began a month ago, also those of people who left."""
        sessions = schema.staff_sessions.c
        return await self._delete(
            schema.staff_sessions, sessions.began_at < self._clock() - SESSIONS_KEPT_MS
        )

    async def erase_form_drafts(self) -> int:
        """Delete drafts of forms whose time is over."""
        drafts = schema.form_drafts
        return await self._delete(drafts, drafts.c.expires_at <= self._clock())

    async def erase_imports(self) -> int:
        """Delete imports that nobody applied."""
        old = self._clock() - IMPORTS_KEPT_MS
        return sum(
            [
                await self._delete(table, and_(table.c.applied_at.is_(None), table.c.at < old))
                for table in _IMPORTS
            ]
        )

    @uncancellable
    async def erase_mail_requests(self) -> int:
        """Delete addresses that nobody confirmed in time; an account has at most one."""
        requests = schema.mail_requests
        async with self._store.append() as connection:
            gone = await connection.execute(
                delete(requests).where(requests.c.expires_at <= self._clock())
            )
            return int(gone.rowcount)

    @uncancellable
    async def erase_scan_pseudonyms(self, before: int) -> int:
        """Empty the pseudonyms of a batch's scans before a day; return how many days are done.

        Scans of a stamp keep theirs while a case about it is open.
        """
        days, scans, alerts = schema.batch_days.c, schema.scans.c, schema.alerts.c
        last = to_day_number(before)  # not over yet
        due = (
            select(days.batch, days.day)
            .where(~days.anonymous, days.day < last)
            .order_by(days.day, days.batch)
            .limit(AT_ONCE)
        )
        has_case = (
            select(alerts.id)
            .where(
                alerts.batch == scans.batch, alerts.idx == scans.idx, alerts.state.not_in(_NO_CASE)
            )
            .exists()
        )
        async with self._store.append() as connection:
            found = [tuple(row) for row in await connection.execute(due)]
            for batch, day in found:
                await connection.execute(
                    update(schema.scans)
                    .where(
                        scans.batch == batch,
                        scans.at >= to_day_start(day),
                        scans.at < to_day_start(day + 1),
                        or_(scans.device.is_not(None), scans.net.is_not(None)),
                        ~has_case,
                    )
                    .values(_PSEUDONYMS)
                )
            if found:
                await connection.execute(
                    update(schema.batch_days)
                    .where(is_one_of(connection, days.batch, days.day, found))
                    .values(anonymous=True)
                )
        return len(found)

    @uncancellable
    async def erase_report_pseudonyms(self, before: int) -> int:
        """Empty the pseudonyms of consumers' reports before a time."""
        reports = schema.reports.c
        due = (
            select(reports.id)
            .where(or_(reports.device.is_not(None), reports.net.is_not(None)), reports.at < before)
            .order_by(reports.at)
            .limit(AT_ONCE)
        )
        async with self._store.append() as connection:
            found = list(await connection.scalars(due))
            if found:
                await connection.execute(
                    update(schema.reports).where(reports.id.in_(found)).values(_PSEUDONYMS)
                )
        return len(found)

    async def list_departed(self, before: int) -> Sequence[str]:
        """Some accounts that were disabled before a time and are not erased yet."""
        staff, audit = schema.staff.c, schema.audit.c
        # Accounts that an earlier version disabled have no time: the audit log has it.
        noted = (
            select(func.max(audit.at))
            .where(audit.subject == "staff:" + staff.id, audit.action == "staff.disable")
            .scalar_subquery()
        )
        query = (
            select(staff.id)
            .where(staff.disabled, staff.erased_at.is_(None))
            .where(func.coalesce(staff.disabled_at, noted) < before)
            .order_by(staff.id)
            .limit(AT_ONCE)
        )
        async with self._store.read() as connection:
            return list(await connection.scalars(query))

    @uncancellable
    async def _delete(self, table: Table, due: object) -> int:
        some = select(table.c.id).where(due).limit(AT_ONCE)  # type: ignore[arg-type]
        async with self._store.append() as connection:
            gone = await connection.execute(delete(table).where(table.c.id.in_(some)))
            return int(gone.rowcount)
