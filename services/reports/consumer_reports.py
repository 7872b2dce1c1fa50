"""Reports of consumers: the inbox of inspectors, one group for each stamp or unknown code.

An inspector who opens a new group has read it. Who looks at reports, at a contact, and each step
is in the audit log. Contacts are for those who answer, and are erased
(`services.reports.report_intake`).
"""

from dataclasses import dataclass
from typing import Final, Literal

from detection.report_evidence import CONSUMER_REPORTS, bound_reports
from ledger import Alert, ReportEvent, ReportGroup, ReportRow, ReportState
from ledger.errors import IllegalReportStep, UnknownRow
from ledger.lists import ListQuery, tables
from ledger.lists.records import read_alert
from ledger.reports.hot_spots import HotSpots
from ledger.reports.report_groups import AnswerChannel
from ledger.reports.report_photos import PhotoState
from services.context import ServiceContext
from services.errors import InvalidInput
from services.permissions import GRANTS, Permission, has_permission, require_permission
from stamps.spans import Span

MAX_NOTE_LENGTH: Final = 2000
REPORTED: Final = "reported"
"""The reason of a case that an inspector opened because consumers reported the stamp."""
HOT_SPOT_DAYS: Final = 30
_DAY_MS: Final = 86_400_000
_NOTED: Final = (ReportState.ANSWERED, ReportState.CLOSED)
"""Steps that say in a note what was answered or found."""
_MOST_ALERTS: Final = 10


@dataclass(frozen=True, slots=True)
class ReportFile:
    """A group of reports with what belongs to it."""

    group: ReportGroup
    reports: list[ReportRow]
    """The newest reports, oldest first."""
    events: list[ReportEvent]
    with_contact: set[bytes]
    """Which reports left a contact."""
    photos: dict[bytes, PhotoState]
    """Fate of each photo that the desk has taken from the spool, by report."""
    alerts: list[Alert]
    """The newest alerts about the stamp, without their history."""
    span: Span | None
    """State and lot of the stamp; None for an unknown code."""

    def find_photo(self, report: ReportRow) -> PhotoState | Literal["waiting", "left_out"] | None:
        """Fate of the photo that was sent with a report; None if none was."""
        if report.photo != "taken":
            return report.photo
        return self.photos.get(report.id, "waiting")


async def open_reports(context: ServiceContext, id_: str) -> ReportFile:
    """Return the reports about a stamp or code; an inspector has then read them.

    Raises `Forbidden`, `UnknownReports`.
    """
    require_permission(context, Permission.REPORT_SEE)
    ledger = context.ledger
    group = await ledger.report_groups.get(id_)
    if group.state is ReportState.NEW and has_permission(context.actor, Permission.REPORT_HANDLE):
        try:
            group = await ledger.report_groups.take_step(
                id_, ReportState.READ, actor=context.actor.id, at=context.clock()
            )
        except IllegalReportStep:  # somebody else has just read it
            group = await ledger.report_groups.get(id_)
    else:
        await ledger.audit.append(
            actor=context.actor.id, action="report.see", subject=f"reports:{id_}"
        )
    span, alerts = None, []
    if group.stamp is None:
        reports = await ledger.reports.list_of_code(group.id)
    else:
        reports = await ledger.reports.list_of_stamp(*group.stamp)
        span = await ledger.transitions.get_span(*group.stamp)
        alerts = await find_alerts_of_stamp(context, group.stamp)
    return ReportFile(
        group=group,
        reports=reports,
        events=await ledger.report_groups.list_events(id_),
        with_contact=await ledger.report_groups.list_with_contact([one.id for one in reports]),
        photos=await ledger.report_photos.get_states([one.id for one in reports]),
        alerts=alerts,
        span=span,
    )


async def list_groups_of_alert(context: ServiceContext, alert: Alert) -> list[ReportGroup]:
    """The reports about the stamp of an alert, or about the stamps of its batch.

    None for an actor who may not see reports.
    """
    if alert.batch is None or not has_permission(context.actor, Permission.REPORT_SEE):
        return []
    return await context.ledger.report_groups.list_of_stamps(alert.batch, alert.index)


async def take_report_step(
    context: ServiceContext,
    id_: str,
    state: ReportState,
    *,
    owner: str | None = None,
    note: str | None = None,
    channel: AnswerChannel | None = None,
) -> ReportGroup:
    """Read, assign, answer or close a group; who assigns without an `owner` takes it.

    `channel` says how the reporter was answered. Nothing is sent from here.

    Raises `Forbidden`, `InvalidInput`, `UnknownStaff`, `UnknownReports`, `IllegalReportStep`.
    """
    require_permission(context, Permission.REPORT_HANDLE)
    note = (note or "").strip() or None
    if note is not None and len(note) > MAX_NOTE_LENGTH:
        raise InvalidInput(field="note", why=f"must have at most {MAX_NOTE_LENGTH} characters")
    if note is None and state in _NOTED:
        raise InvalidInput(field="note", why="is missing")
    if channel is not None and state is not ReportState.ANSWERED:
        raise InvalidInput(field="channel", why="is of answers alone")
    if owner is not None:
        staff = await context.ledger.staff.get(owner)
        if Permission.REPORT_HANDLE not in GRANTS[staff.role] or staff.is_barred:
            raise InvalidInput(field="owner", why="must be an account that handles reports")
    return await context.ledger.report_groups.take_step(
        id_,
        state,
        actor=context.actor.id,
        owner=owner or context.actor.id,
        note=note,
        channel=channel,
        at=context.clock(),
    )


async def open_case(context: ServiceContext, id_: str) -> Alert:
    """The case of a reported stamp: the active or decided one, else a new one.

    A decided case stays decided: who wants it judged again takes it up. Raises `Forbidden`,
    `UnknownReports`, `InvalidInput` for reports about an unknown code.
    """
    require_permission(context, Permission.ALERT_DECIDE)
    group = await context.ledger.report_groups.get(id_)
    if group.stamp is None:
        raise InvalidInput(field="group", why="is about no stamp")
    batch, index = group.stamp
    weights = await context.ledger.report_evidence.read([(batch, index)])
    nats = bound_reports(weights.get((batch, index), 0.0), context.rules)
    alert = await context.ledger.alerts.report(
        "stamp",
        batch,
        index,
        score=0.0,
        report_score=nats,
        reasons=[REPORTED, CONSUMER_REPORTS] if nats else [REPORTED],
        actor=context.actor.id,
        at=context.clock(),
    )
    await context.ledger.audit.append(
        actor=context.actor.id,
        action="report.case",
        subject=f"reports:{id_}",
        details={"alert": alert.id},
    )
    return alert


async def find_hot_spots(context: ServiceContext) -> HotSpots:
    """Where the ordinary reports of the last weeks come from, and about what.

    Raises `Forbidden`.
    """
    require_permission(context, Permission.REPORT_SEE)
    since = context.clock() - HOT_SPOT_DAYS * _DAY_MS
    return await context.ledger.report_groups.count_hot_spots(since)


async def get_photo(context: ServiceContext, report: str) -> bytes:
    """The photo (JPEG) of a report, named by its id in hex. Raises `Forbidden`, `UnknownRow`."""
    require_permission(context, Permission.REPORT_REVEAL)
    try:
        return await context.ledger.report_photos.get(bytes.fromhex(report))
    except ValueError:
        raise UnknownRow(kind="photo", id=report) from None


async def show_contacts(context: ServiceContext, id_: str) -> dict[bytes, str]:
    """Return the contacts that reporters left, by report; the audit log records who looked.

    Raises `Forbidden`, `UnknownReports`.
    """
    require_permission(context, Permission.REPORT_REVEAL)
    group = await context.ledger.report_groups.get(id_)
    reports = await (
        context.ledger.reports.list_of_code(group.id)
        if group.stamp is None
        else context.ledger.reports.list_of_stamp(*group.stamp)
    )
    await context.ledger.audit.append(
        actor=context.actor.id, action="report.contact", subject=f"reports:{id_}"
    )
    return await context.ledger.report_contacts.find([one.id for one in reports])


async def find_alerts_of_stamp(context: ServiceContext, stamp: tuple[int, int]) -> list[Alert]:
    """The newest alerts about a stamp, without their history."""
    query = ListQuery(where=[[("stamp", stamp)]], sort="opened_at", limit=_MOST_ALERTS + 1)
    page = await context.ledger.lists.find_page(tables.ALERTS, query, limit=_MOST_ALERTS)
    return [read_alert(row) for row in page.rows]
