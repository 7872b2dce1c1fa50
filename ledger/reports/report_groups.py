"""Groups of reports: the inbox of inspectors, one group for each stamp or unknown code.

`file_arrivals` takes what the public service added into its groups, all of one call or none, so a
killed process loses and repeats nothing. A new report makes its group new again, whatever had been
done with it. What people do is an event, which never changes, and an entry of the audit log.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, Literal, get_args

from sqlalchemy import RowMapping, delete, distinct, func, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from ledger import schema
from ledger.alerts.alert_rows import ACTIVE
from ledger.chains.chained_rows import record_audit
from ledger.errors import IllegalReportStep, UnknownReports
from ledger.figures.facts import REPORTS, Fact, add_facts
from ledger.reports.consumer_reports import ReportRow, report_from_row
from ledger.reports.report_contacts import ContactSeal
from ledger.reports.weighed_reports import weigh_filed
from ledger.storage.store import Store, uncancellable
from ledger.storage.unsigned64 import to_signed64
from stamps.vietnam_time import to_day_number

SINGLE: Final = "single"
CROWDED: Final = "crowded"
"""Sources of a group: `crowded` if each report came from a network that had sent many."""
AnswerChannel = Literal["phone", "email", "in-person"]
ANSWER_CHANNELS: Final[tuple[AnswerChannel, ...]] = get_args(AnswerChannel)
MOST_COUNTED: Final = 5_000
"""Groups that hot spots are counted from, so that their cost does not grow with what is stored."""
_MOST_SPOTS: Final = 40
_ARRIVALS: Final = 200
"""Reports that are filed in one transaction."""


class ReportState(StrEnum):
    """State of a group of reports."""

    NEW = "new"
    READ = "read"
    ASSIGNED = "assigned"
    ANSWERED = "answered"
    CLOSED = "closed"


REPORT_STEPS: Final[Mapping[ReportState, frozenset[ReportState]]] = {
    ReportState.NEW: frozenset(ReportState) - {ReportState.NEW},
    ReportState.READ: frozenset({ReportState.ASSIGNED, ReportState.ANSWERED, ReportState.CLOSED}),
    ReportState.ASSIGNED: frozenset(
        {ReportState.ASSIGNED, ReportState.ANSWERED, ReportState.CLOSED}
    ),
    ReportState.ANSWERED: frozenset({ReportState.ASSIGNED, ReportState.CLOSED}),
    ReportState.CLOSED: frozenset({ReportState.ASSIGNED}),
}
"""The steps that people can take, by state. A new report alone makes a group new again."""


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


@dataclass(frozen=True, slots=True)
class HotSpot:
    """How many of the newest reports name one province or product."""

    name: str
    """The code of the province, or the id of the product."""
    reports: int
    subjects: int
    """Stamps and unknown codes that they are about."""


@dataclass(frozen=True, slots=True)
class HotSpots:
    """Where the newest ordinary reports come from, and about what; those with most come first."""

    provinces: list[HotSpot]
    products: list[HotSpot]
    groups: int
    """How many groups were counted."""


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
                await _file(connection, report)
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
        groups = schema.report_groups
        newest = (
            select(groups.c.province, groups.c.product, groups.c.reports)
            .where(groups.c.source == SINGLE, groups.c.last_at >= since)
            .order_by(groups.c.last_at.desc(), groups.c.id.desc())
            .limit(MOST_COUNTED)
            .subquery()
        )
        async with self._store.read() as connection:
            return HotSpots(
                await _count_spots(connection, newest, "province"),
                await _count_spots(connection, newest, "product"),
                int(await connection.scalar(select(func.count()).select_from(newest)) or 0),
            )

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


async def _count_spots(connection: AsyncConnection, newest: Any, name: str) -> list[HotSpot]:
    reports, subjects = func.sum(newest.c.reports), func.count()
    query = (
        select(newest.c[name].label("name"), reports.label("reports"), subjects.label("subjects"))
        .where(newest.c[name].is_not(None))
        .group_by(newest.c[name])
        .order_by(reports.desc(), newest.c[name])
        .limit(_MOST_SPOTS)
    )
    return [
        HotSpot(row.name, int(row.reports), int(row.subjects))
        for row in await connection.execute(query)
    ]


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


async def _file(connection: AsyncConnection, report: ReportRow) -> None:
    """Put a report into its group."""
    groups, reports = schema.report_groups, schema.reports
    found = await connection.execute(select(groups).where(groups.c.id == report.group))
    known = found.mappings().one_or_none()
    counted = select(func.count(distinct(reports.c.net)))
    if report.typed is None:
        counted = counted.where(
            reports.c.batch == report.batch,
            reports.c.idx == report.index,
            reports.c.typed.is_(None),
        )
    else:
        counted = counted.where(reports.c.typed == report.typed)
    networks = await connection.scalar(counted)
    parties = await _find_parties(connection, report)
    party = [parties[name] or "" for name in ("product", "packer")]
    await add_facts(
        connection, {Fact(to_day_number(report.at or 0), REPORTS, report.kind, *party): 1}
    )
    changed: dict[str, Any] = {
        "kind": report.kind,
        "province": await _find_province(connection, report),
        "networks": networks,
        "last_at": report.at,
        "state": ReportState.NEW,
        "closed_at": None,
    }
    if known is None:
        row = {
            "id": report.group,
            "batch": report.batch,
            "idx": report.index,
            "typed": report.typed,
            "source": CROWDED if report.is_crowded else SINGLE,
            "reports": 1,
            "first_at": report.at,
            **parties,
            **changed,
        }
        await connection.execute(insert(groups).values(row))
        return
    if not report.is_crowded:
        changed["source"] = SINGLE
    elif known["state"] != ReportState.NEW:
        # A flood does not open again what people have dealt with.
        del changed["state"], changed["closed_at"]
    changed["reports"] = known["reports"] + 1
    changed["last_at"] = max(known["last_at"], report.at or 0)
    await connection.execute(update(groups).where(groups.c.id == report.group).values(changed))


async def _find_parties(connection: AsyncConnection, report: ReportRow) -> dict[str, Any]:
    """Product and packer of the stamp."""
    parties = schema.batch_parties
    if report.typed is None:
        query = select(parties.c.product, parties.c.packer).where(parties.c.number == report.batch)
        row = (await connection.execute(query)).mappings().one_or_none()
        if row is not None:
            return dict(row)
    return {"product": None, "packer": None}


async def _find_province(connection: AsyncConnection, report: ReportRow) -> str | None:
    """The province in which the device that reports last scanned the stamp."""
    if report.province is not None or report.device is None or report.typed is not None:
        return report.province
    scans = schema.scans
    query = (
        select(scans.c.province)
        .where(
            scans.c.batch == report.batch,
            scans.c.idx == report.index,
            scans.c.device == to_signed64(report.device),
            scans.c.province.is_not(None),
        )
        .order_by(scans.c.at.desc())
        .limit(1)
    )
    return await connection.scalar(query)


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
