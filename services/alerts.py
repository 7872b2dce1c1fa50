"""Alerts: suspicions that people judge, and the block of a suspected stamp."""

from dataclasses import dataclass
from typing import Final

from ledger import Alert, AlertFilter, AlertState, RecordedTransition, ScanRow
from services.context import ServiceContext
from services.errors import InvalidInput
from services.paging import DEFAULT_LIMIT, Page, PageRequest
from services.permissions import Permission, require_permission
from services.transitions import TransitionRequest, apply_transition
from stamps import serial_range
from stamps.lifecycle import Transition, source_states
from stamps.spans import Span

MAX_NOTE_LENGTH: Final = 2000


@dataclass(frozen=True, slots=True)
class AlertCase:
    """An alert with its history, the scans of its stamp and the stamp's span."""

    alert: Alert
    scans: list[ScanRow]
    """All scans of the stamp; empty for an alert about a batch."""
    span: Span | None
    """State and lot of the stamp; None for an alert about a batch."""

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


async def open_alert(context: ServiceContext, alert_id: int) -> AlertCase:
    """One alert with its evidence; the audit log records who looked at the scans.

    Raises `Forbidden`, `UnknownAlert`.
    """
    require_permission(context, Permission.ALERT_SEE)
    ledger = context.ledger
    alert = await ledger.alerts.get(alert_id)
    scans: list[ScanRow] = []
    span = None
    if alert.stamp is not None:
        scans = await ledger.scans.list_of_stamp(*alert.stamp)
        span = await ledger.transitions.get_span(*alert.stamp)
    await ledger.audit.append(
        actor=context.actor.id, action="alert.see", subject=f"alerts:{alert_id}"
    )
    return AlertCase(alert, scans, span)


async def decide_alert(
    context: ServiceContext,
    alert_id: int,
    state: AlertState,
    *,
    cause: str | None = None,
    note: str | None = None,
) -> Alert:
    """Take an alert to another state.

    Raises `Forbidden`, `UnknownAlert`, `IllegalAlertDecision`.
    """
    require_permission(context, Permission.ALERT_DECIDE)
    if note is not None and len(note) > MAX_NOTE_LENGTH:
        raise InvalidInput(field="note", why=f"must have at most {MAX_NOTE_LENGTH} characters")
    return await context.ledger.alerts.decide(
        alert_id, state, actor=context.actor.id, cause=cause, note=note, at=context.clock()
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
