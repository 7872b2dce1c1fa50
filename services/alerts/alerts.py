"""Alerts: suspicions that people judge, and the block of a suspected stamp.

A decision on a stamp reaches its public page (`ledger.alerts.decisions`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ledger import (
    NO_SCANS,
    Alert,
    AlertFilter,
    AlertState,
    Batch,
    Organisation,
    RecordedTransition,
    ReportGroup,
    StampScans,
)
from ledger.errors import UnknownBatch
from services.alerts.case_handling import MAX_NOTE_LENGTH, check_note
from services.alerts.case_links import MOST_LINKED, CaseLinks, find_links
from services.alerts.hearings import CaseHearings, find_case_hearings
from services.alerts.reason_weights import ReasonWeight, weigh_case
from services.context import ServiceContext
from services.errors import InvalidInput
from services.lists.find import find_person_names
from services.paging import DEFAULT_LIMIT, Page, PageRequest
from services.permissions import Permission, require_permission
from services.reports.consumer_reports import list_groups_of_alert
from services.stamps.transitions import TransitionRequest, apply_transition
from stamps import serial_range
from stamps.lifecycle import Transition, source_states
from stamps.spans import Span


@dataclass(frozen=True, slots=True)
class BatchParties:
    """A batch and the parties of its order."""

    batch: Batch
    packer: Organisation | None
    print_house: Organisation | None


@dataclass(frozen=True, slots=True)
class AlertCase:
    """An alert with its history and what it is about."""

    alert: Alert
    scans: StampScans
    """Scans of the stamp; empty for an alert about a batch or campaign."""
    span: Span | None
    """State and lot of the stamp; None for an alert about a batch or campaign."""
    parties: BatchParties | None
    """The batch, of the stamp too; None for a campaign, or if the batch is unknown."""
    stamps: Page[tuple[int, int]]
    """The stamps (batch, index) that the alert lists: those of a campaign, the anomalous ones of a
    batch."""
    links: CaseLinks
    weights: Sequence[ReasonWeight]
    """The reasons with their weights; empty for an alert about a batch or campaign."""
    reports: list[ReportGroup]
    """Reports of consumers about the stamp, or about the stamps of the batch."""
    people: Mapping[str, str]
    """The names of those who acted, by account."""
    hearings: CaseHearings
    """What the parties were asked and answered."""

    @property
    def evidence(self) -> frozenset[bytes]:
        """The ids of the scans that raised the alert."""
        return frozenset(scan for event in self.alert.history for scan in event.scans)

    @property
    def is_suspendable(self) -> bool:
        """Whether the stamp's state allows a suspension."""
        return self.span is not None and self.span.state in source_states(Transition.SUSPEND)


async def list_alerts(
    context: ServiceContext,
    *,
    state: AlertState | None = None,
    limit: int = DEFAULT_LIMIT,
    after: str | None = None,
) -> Page[Alert]:
    """The alerts in one state, or all that are not closed, by expected loss.

    Raises `Forbidden`, `InvalidInput`.
    """
    require_permission(context, Permission.ALERT_SEE)
    request = PageRequest(limit, after)
    rows = await context.ledger.alerts.find_page(
        AlertFilter(state=state), after=request.key(float, int), limit=limit + 1
    )
    return request.make_page(rows, lambda alert: (float(alert.expected_loss), alert.id))


async def get_alert(context: ServiceContext, alert_id: int) -> Alert:
    """An alert with its history, without its scans. Raises `Forbidden`, `UnknownAlert`."""
    require_permission(context, Permission.ALERT_SEE)
    return await context.ledger.alerts.get(alert_id)


async def list_alerts_of_code(context: ServiceContext, code: str) -> list[Alert]:
    """The last alerts about a registered code, the newest first. Raises `Forbidden`."""
    require_permission(context, Permission.ALERT_SEE)
    return await context.ledger.alerts.find_of_code(code, MOST_LINKED)


async def list_alert_stamps(
    context: ServiceContext,
    alert_id: int,
    *,
    limit: int = DEFAULT_LIMIT,
    after: str | None = None,
) -> Page[tuple[int, int]]:
    """The stamps (batch, index) that an alert lists, in order.

    Raises `Forbidden`, `UnknownAlert`, `InvalidInput`.
    """
    require_permission(context, Permission.ALERT_SEE)
    alert = await context.ledger.alerts.get(alert_id)
    return await _find_stamps(context, alert, PageRequest(limit, after))


async def _find_stamps(
    context: ServiceContext, alert: Alert, request: PageRequest
) -> Page[tuple[int, int]]:
    stamps = await context.ledger.alerts.find_stamps(
        alert, after=request.key(int, int), limit=request.limit + 1
    )
    return request.make_page(stamps, lambda stamp: stamp)


async def find_parties(context: ServiceContext, number: int) -> BatchParties | None:
    """A batch with the parties of its order; None for an unknown batch."""
    ledger = context.ledger
    try:
        batch = await ledger.batches.get(number)
    except UnknownBatch:
        return None
    order = await ledger.orders.get(batch.order)

    asked = {one for one in (order.packer, order.print_house) if one is not None}
    found = await ledger.organisations.get_many(asked)
    return BatchParties(batch, found.get(order.packer or ""), found.get(order.print_house or ""))


async def open_alert(
    context: ServiceContext,
    alert_id: int,
    *,
    limit: int = DEFAULT_LIMIT,
    after: str | None = None,
) -> AlertCase:
    """One alert with its evidence; the audit log records who looked at the scans.

    `limit` and `after` are the page of the stamps that it lists. Raises `Forbidden`,
    `UnknownAlert`, `InvalidInput`.
    """
    require_permission(context, Permission.ALERT_SEE)
    ledger = context.ledger
    alert = await ledger.alerts.get(alert_id)
    stamps = await _find_stamps(context, alert, PageRequest(limit, after))
    scans, span = NO_SCANS, None
    if alert.stamp is not None:
        moments = [event.at for event in alert.history if event.scans]
        scans = await ledger.scan_excerpts.read(*alert.stamp, moments)
        span = await ledger.transitions.get_span(*alert.stamp)
    links = await find_links(context, alert, span)
    weights = [] if span is None else weigh_case(alert, scans.rows, span, links.lot)
    await ledger.audit.append(
        actor=context.actor.id, action="alert.see", subject=f"alerts:{alert_id}"
    )
    return AlertCase(
        alert=alert,
        scans=scans,
        span=span,
        parties=None if alert.batch is None else await find_parties(context, alert.batch),
        stamps=stamps,
        links=links,
        weights=weights,
        reports=await list_groups_of_alert(context, alert),
        people=await find_person_names(
            context,
            alert.owner,
            *(account for event in alert.history for account in (event.actor, event.owner)),
            *(one.actor for one in links.transitions),
            *(one.actor for one in links.packings),
            *(one.actor for one in links.field_history.checks),
            *(one.finding.actor for one in links.field_history.findings),
        ),
        hearings=await find_case_hearings(context, alert),
    )


async def decide_alert(
    context: ServiceContext,
    alert_id: int,
    state: AlertState,
    *,
    cause: str | None = None,
    note: str | None = None,
    told: str | None = None,
) -> Alert:
    """Take an alert to another state; `told` is the reason that its parties are told.

    Raises `Forbidden`, `UnknownAlert`, `IllegalAlertDecision`.
    """
    require_permission(context, Permission.ALERT_DECIDE)
    if note is not None:
        check_note(note)
    if told is not None and len(told) > MAX_NOTE_LENGTH:
        raise InvalidInput(field="told", why=f"must have at most {MAX_NOTE_LENGTH} characters")
    return await context.ledger.alerts.decide(
        alert_id,
        state,
        actor=context.actor.id,
        cause=cause,
        note=note,
        told=(told or "").strip(),
        at=context.clock(),
    )


async def suspend_stamp(
    context: ServiceContext, alert_id: int, reason: str | None, key: str
) -> list[RecordedTransition]:
    """Suspend the stamp that an alert is about.

    Raises `UnknownAlert`, `InvalidInput` for an alert that is not about one stamp, and as
    `transitions.apply_transition` does.
    """
    require_permission(context, Permission.SUSPEND)
    alert = await context.ledger.alerts.get(alert_id)
    if alert.stamp is None:
        raise InvalidInput(field="alert", why="is not about one stamp")
    batch, index = alert.stamp
    target = serial_range.format_serial_range(batch, index, index + 1)
    request = TransitionRequest(Transition.SUSPEND, ranges=(target,), reason=reason)
    return await apply_transition(context, request, key)
