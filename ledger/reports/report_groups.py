"""Groups of reports: the inbox of inspectors, one group for each stamp or unknown code.

`file_arrivals` takes what the public service added into its groups, all of one call or none, so a
killed process loses and repeats nothing. A new report makes its group new again, whatever had been
done with it. What people do is an event, which never changes, and an entry of the audit log.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal, get_args

from sqlalchemy import RowMapping, delete, func, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from ledger import schema
from ledger.alerts.alert_rows import ACTIVE
from ledger.chains.chained_rows import record_audit
from ledger.errors import IllegalReportStep, UnknownReports
from ledger.reports.consumer_reports import report_from_row
from ledger.reports.filing import file_report
from ledger.reports.hot_spots import HotSpots, count_hot_spots
from ledger.reports.report_contacts import ContactSeal
from ledger.reports.report_states import REPORT_STEPS, ReportState
from ledger.reports.weighed_reports import weigh_filed
from ledger.storage.store import Store, uncancellable

AnswerChannel = Literal["phone", "email", "in-person"]
ANSWER_CHANNELS: Final[tuple[AnswerChannel, ...]] = get_args(AnswerChannel)
_ARRIVALS: Final = 200
"""Reports that are filed in one transaction."""


@dataclass(frozen=True, slots=True)
class ReportGroup:
    """A group of reports: all that consumers reported about one stamp or unknown code."""

    id: str
    batch: int
    index: int
    typed: str | None
    kind: str
    """The kind of its newest report."""
    source: str
    province: str | None
    """Province in which the reporter of its newest report scanned the stamp, if known."""
    product: str | None
    packer: str | None
    state: ReportState
    owner: str | None
    reports: int
    networks: int
    """Number of networks that the reports came from; 0 for an unknown code."""
    first_at: int
    last_at: int
    closed_at: int | None

    @property
    def stamp(self) -> tuple[int, int] | None:
        """Batch and index of the stamp; None for an unknown code."""
        return None if self.typed is not None else (self.batch, self.index)


@dataclass(frozen=True, slots=True)
class ReportEvent:
    """One thing that somebody did with a group; `note` is what was found or answered."""

    at: int
    actor: str
    state: ReportState
    owner: str | None
    note: str | None
    channel: AnswerChannel | None = None
    """How the reporter was answered."""


class ReportGroups:
    """The groups of reports of one ledger."""

    def __init__(self, store: Store, clock: Callable[[], int], seal: ContactSeal) -> None:
        self._store = store
        self._clock = clock
        self._seal = seal

    async def has_arrivals(self) -> bool:
        """Whether reports wait to be filed."""
        query = select(schema.report_arrivals.c.report).limit(1)
        async with self._store.read() as connection:
            return (await connection.execute(query)).first() is not None

    @uncancellable
    async def file_arrivals(self) -> int:
        """File some of the reports that arrived, the oldest first; return how many."""
        arrivals, reports = schema.report_arrivals, schema.reports
        query = (
            select(reports)
            .join(arrivals, arrivals.c.report == reports.c.id)
            .order_by(arrivals.c.at, arrivals.c.report)
            .limit(_ARRIVALS)
        )
        async with self._store.write() as connection:
            rows = (await connection.execute(query)).mappings().all()
            filed = [report_from_row(row) for row in rows]
            for report in filed:
                await file_report(connection, report)
                await connection.execute(delete(arrivals).where(arrivals.c.report == report.id))
            await weigh_filed(connection, filed)
            await self._seal.seal_of_reports(connection, [report.id for report in filed])
            return len(filed)

    async def get(self, id_: str) -> ReportGroup:
        """Return a group. Raises `UnknownReports`."""
        async with self._store.read() as connection:
            return await _get(connection, id_)

    async def list_of_stamps(self, batch: int, index: int | None = None) -> list[ReportGroup]:
        """Return the groups about a stamp, or about the stamps of a batch, the newest first."""
        groups = schema.report_groups
        query = select(groups).where(groups.c.batch == batch, groups.c.typed.is_(None))
        if index is not None:
            query = query.where(groups.c.idx == index)
        query = query.order_by(groups.c.last_at.desc(), groups.c.id).limit(20)
        async with self._store.read() as connection:
            return [group_from_row(row) for row in (await connection.execute(query)).mappings()]

    async def list_events(self, id_: str) -> list[ReportEvent]:
        """Return what was done with a group, in order."""
        events = schema.report_events
        query = select(events).where(events.c.report_group == id_).order_by(events.c.n)
        async with self._store.read() as connection:
            return [
                ReportEvent(
                    at=row["at"],
                    actor=row["actor"],
                    state=ReportState(row["state"]),
                    owner=row["owner"],
                    note=row["note"],
                    channel=row["channel"],
                )
                for row in (await connection.execute(query)).mappings()
            ]

    @uncancellable
    async def take_step(
        self,
        id_: str,
        state: ReportState,
        *,
        actor: str,
        owner: str | None = None,
        note: str | None = None,
        channel: AnswerChannel | None = None,
        at: int | None = None,
    ) -> ReportGroup:
        """Take a group to another state; an assignment names the owner, and twice is once.

        Raises `UnknownReports`, `IllegalReportStep`.
        """
        at = self._clock() if at is None else at
        groups, events = schema.report_groups, schema.report_events
        async with self._store.write() as connection:
            known = await _get(connection, id_)
            if known.state is state is ReportState.ASSIGNED and known.owner == owner:
                return known
            if state not in REPORT_STEPS[known.state]:
                raise IllegalReportStep(state=known.state, wanted=state)
            owner = owner if state is ReportState.ASSIGNED else known.owner
            closed_at = at if state is ReportState.CLOSED else None
            await connection.execute(
                update(groups)
                .where(groups.c.id == id_)
                .values(state=state, owner=owner, closed_at=closed_at)
            )
            last = select(func.coalesce(func.max(events.c.n), 0)).where(
                events.c.report_group == id_
            )
            await connection.execute(
                insert(events).values(
                    report_group=id_,
                    n=int(await connection.scalar(last) or 0) + 1,
                    at=at,
                    actor=actor,
                    state=state,
                    owner=owner,
                    note=note,
                    channel=channel,
                )
            )
            await record_audit(
                connection,
                at=at,
                actor=actor,
                action="report.step",
                subject=f"reports:{id_}",
                details={"state": state, "owner": owner, "note": note, "channel": channel},
            )
            return await _get(connection, id_)

    async def count_hot_spots(self, since: int) -> HotSpots:
        """Count the newest ordinary reports since a time, by province and by product."""
        async with self._store.read() as connection:
            return await count_hot_spots(connection, since)

    async def list_with_contact(self, ids: list[bytes]) -> set[bytes]:
        """Return which of these reports have a contact, without the contacts."""
        contacts = schema.report_contacts
        query = select(contacts.c.report).where(contacts.c.report.in_(ids))
        async with self._store.read() as connection:
            return {report for (report,) in await connection.execute(query)}

    @uncancellable
    async def erase_contacts(self, *, closed_before: int, left_before: int) -> int:
        """Erase contacts of groups closed before a time, and all left before a time; count them.

        Times in milliseconds since the epoch, UTC.
        """
        contacts = schema.report_contacts
        async with self._store.append() as connection:
            due = select_due_reports(contacts.c.report, closed_before)
            old = await connection.execute(delete(contacts).where(contacts.c.at < left_before))
            done = await connection.execute(delete(contacts).where(contacts.c.report.in_(due)))
            return old.rowcount + done.rowcount


def select_due_reports(report: Any, closed_before: int) -> Any:
    """The query of the reports in a column whose group was closed before a time.

    While a case about the stamp is open, or was closed later, its reports are not due.
    """
    reports, groups, alerts = schema.reports, schema.report_groups, schema.alerts
    needed = (
        select(alerts.c.id)
        .where(
            alerts.c.batch == reports.c.batch,
            alerts.c.idx == reports.c.idx,
            or_(alerts.c.state.in_(ACTIVE), alerts.c.updated_at >= closed_before),
        )
        .exists()
    )
    return (
        select(report)
        .join(reports, reports.c.id == report)
        .join(groups, match_group(groups, reports))
        .where(groups.c.closed_at < closed_before, or_(reports.c.typed.is_not(None), ~needed))
    )


def match_group(groups: Any, reports: Any) -> Any:
    """Whether a report belongs to a group: by its unknown code, else by its stamp."""
    return ((reports.c.typed.is_not(None)) & (groups.c.id == reports.c.typed)) | (
        reports.c.typed.is_(None)
        & groups.c.typed.is_(None)
        & (groups.c.batch == reports.c.batch)
        & (groups.c.idx == reports.c.idx)
    )


async def _get(connection: AsyncConnection, id_: str) -> ReportGroup:
    groups = schema.report_groups
    found = await connection.execute(select(groups).where(groups.c.id == id_))
    row = found.mappings().one_or_none()
    if row is None:
        raise UnknownReports(id=id_)
    return group_from_row(row)


def group_from_row(row: RowMapping | Mapping[str, Any]) -> ReportGroup:
    """The group in a row of `report_groups`."""
    values = dict(row)
    values["index"] = values.pop("idx")
    return ReportGroup(**{**values, "state": ReportState(values["state"])})
