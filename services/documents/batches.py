"""JSON documents of batches, their balance, spans, transitions and print reports."""

from typing import Any

from ledger import Batch, Grade, MassBalance, RecordedTransition
from services.batches.batches import BatchDetails
from services.batches.print_reports import AppliedReport
from services.documents.models import Document, Timestamp
from services.stamps.stamp_lookup import StampDetails
from stamps import serial_range
from stamps.lifecycle import State, Transition
from stamps.spans import Span
from stamps.timestamps import format_rfc3339


class BatchDocument(Document):
    """A numbered run of stamps."""

    number: int
    order: str
    count: int
    range: str
    grade: Grade
    epoch: int
    host: str
    gtin: str | None
    product: str | None
    has_pin: bool
    issued_by: str
    issued_at: Timestamp
    is_finished: bool
    """False while the batch lacks its signed manifest."""


class BalanceDocument(Document):
    """The mass balance of a batch: where its stamps are, and whether that matches its history."""

    batch: int
    issued: int
    printed: int
    activated: int
    spoiled: int
    void: dict[str, int]
    """Void stamps by reason."""
    outstanding: int
    not_printed: int
    states: dict[str, int]
    """Stamps by state."""
    balances: bool
    flaws: list[str]


class SpanDocument(Document):
    """A serial range whose stamps share state and lot."""

    range: str
    first: int
    last: int
    state: State
    lot: str | None
    reason: str | None
    activated_at: Timestamp | None
    changed_at: Timestamp


class BatchBalanceDocument(BatchDocument):
    """A batch with its balance."""

    balance: BalanceDocument


class BatchDetailsDocument(BatchBalanceDocument):
    """A batch with its balance and spans."""

    spans: list[SpanDocument]


class TransitionDocument(Document):
    """A recorded transition.

    `acted_at` is when an activation was done, if it was recorded later. `repeated` says that its
    idempotency key had been used before.
    """

    seq: int
    batch: int
    range: str
    first: int
    last: int
    transition: Transition
    reason: str | None
    lot: str | None
    actor: str
    at: Timestamp
    acted_at: Timestamp | None
    hash: str
    repeated: bool


class StampsDocument(Document):
    """Stamps by serial range or code: their spans, and what happened to them."""

    batch: int
    range: str
    spans: list[SpanDocument]
    transitions: list[TransitionDocument]


class AppliedReportDocument(Document):
    """Result of a print report: `printed` counts all stamps that left the press."""

    batch: int
    printed: int
    good: int
    spoiled: int
    transitions: list[TransitionDocument]
    balance: BalanceDocument


def describe_batch(batch: Batch) -> BatchDocument:
    """The document of a batch."""
    return BatchDocument(**_batch_fields(batch))


def describe_batch_balance(batch: Batch, balance: MassBalance) -> BatchBalanceDocument:
    """The document of a batch with its balance."""
    return BatchBalanceDocument(**_batch_fields(batch), balance=describe_balance(balance))


def describe_batch_details(details: BatchDetails) -> BatchDetailsDocument:
    """The document of a batch with its balance and spans."""
    return BatchDetailsDocument(
        **_batch_fields(details.batch),
        balance=describe_balance(details.balance),
        spans=[describe_span(span) for span in details.spans],
    )


def describe_balance(balance: MassBalance) -> BalanceDocument:
    """The document of a mass balance."""
    return BalanceDocument(
        batch=balance.batch,
        issued=balance.issued,
        printed=balance.printed,
        activated=balance.activated,
        spoiled=sum(balance.void.values()),
        void=dict(balance.void),
        outstanding=balance.outstanding,
        not_printed=balance.states[State.ISSUED],
        states={str(state): count for state, count in balance.states.items()},
        balances=balance.balances,
        flaws=list(balance.flaws),
    )


def describe_span(span: Span) -> SpanDocument:
    """The document of a span."""
    return SpanDocument(
        range=serial_range.format_serial_range(span.batch, span.lo, span.hi),
        first=span.lo,
        last=span.hi - 1,
        state=span.state,
        lot=span.lot,
        reason=span.reason,
        activated_at=format_rfc3339(span.activated_at),
        changed_at=format_rfc3339(span.changed_at),
    )


def describe_transition(recorded: RecordedTransition) -> TransitionDocument:
    """The document of a recorded transition."""
    return TransitionDocument(
        seq=recorded.seq,
        batch=recorded.batch,
        range=serial_range.format_serial_range(recorded.batch, recorded.lo, recorded.hi),
        first=recorded.lo,
        last=recorded.hi - 1,
        transition=recorded.transition,
        reason=recorded.reason,
        lot=recorded.lot,
        actor=recorded.actor,
        at=format_rfc3339(recorded.at),
        acted_at=format_rfc3339(recorded.acted_at),
        hash=recorded.hash,
        repeated=recorded.repeated,
    )


def describe_stamps(details: StampDetails) -> StampsDocument:
    """The document of stamps that were looked up."""
    return StampsDocument(
        batch=details.target.batch.number,
        range=details.target.text,
        spans=[describe_span(span) for span in details.spans],
        transitions=[describe_transition(recorded) for recorded in details.transitions],
    )


def describe_report(applied: AppliedReport) -> AppliedReportDocument:
    """The document of a recorded print report."""
    return AppliedReportDocument(
        batch=applied.batch.number,
        printed=applied.printed,
        good=applied.good,
        spoiled=applied.spoiled,
        transitions=[describe_transition(recorded) for recorded in applied.transitions],
        balance=describe_balance(applied.balance),
    )


def _batch_fields(batch: Batch) -> dict[str, Any]:
    return {
        "number": batch.number,
        "order": batch.order,
        "count": batch.count,
        "range": serial_range.format_serial_range(batch.number, 0, batch.count),
        "grade": batch.grade,
        "epoch": batch.epoch,
        "host": batch.host,
        "gtin": batch.gtin,
        "product": batch.product,
        "has_pin": batch.has_pin,
        "issued_by": batch.actor,
        "issued_at": format_rfc3339(batch.at),
        "is_finished": batch.manifest is not None,
    }
