"""What staff do, once for the API and for the pages: who may, on what, and then the ledger's part.

Every function asks for its permission and its scope itself, so that no caller can forget.
"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from desk import scope
from desk.call import Call
from desk.errors import MalformedBody
from desk.roles import MOVES, Permission
from ledger import (
    Alert,
    AlertState,
    Balance,
    Batch,
    LotRow,
    Order,
    OrderState,
    RecordedTransition,
    ScanRow,
    Step,
)
from ledger.errors import UnknownLot, UnknownRow
from printing import parse_report
from stamps import serial_range
from stamps.code import LENGTH as CODE_LENGTH
from stamps.code import parse_code as read_code
from stamps.lifecycle import Transition
from stamps.spans import SpanOutOfRange
from traceability import Lot


async def request_order(call: Call, order: Order) -> Order:
    """Ask for stamps; a packer asks for itself. Raises `MalformedBody` for names not known."""
    call.need(Permission.ORDER_REQUEST)
    if call.staff.role == "packer" and order.packer != call.staff.organisation:
        raise MalformedBody(field="packer", why="a packer orders for its own organisation")
    for field, name, registry in (
        ("product", order.product, call.ledger.products),
        ("packer", order.packer, call.ledger.organisations),
        ("print_house", order.print_house, call.ledger.organisations),
    ):
        if name is None:
            continue
        try:
            await registry.get(name)
        except UnknownRow:
            raise MalformedBody(field=field, why=f"there is no {name}") from None
    return await call.ledger.orders.add(order)


def new_order_id() -> str:
    """A name for an order whose asker gave none."""
    return f"o-{secrets.token_hex(5)}"


async def decide_order(call: Call, id_: str, state: OrderState) -> Order:
    """Approve or refuse an order of somebody else's. Raises `SamePerson`, `OrderNotOpen`."""
    call.need(Permission.ORDER_DECIDE)
    await scope.order_for(call.ledger, call.staff, id_)
    if state is OrderState.APPROVED:
        return await call.ledger.orders.approve(id_, call.actor)
    return await call.ledger.orders.refuse(id_, call.actor)


async def issue(call: Call, order: str, key: str, count: int | None, gs1: bool) -> Batch:
    """Issue a batch of an approved order, with its signed manifest."""
    call.need(Permission.BATCH_ISSUE)
    await scope.order_for(call.ledger, call.staff, order)
    return await call.parts.issuer.issue(
        order, host=call.parts.stamp_host, actor=call.actor, key=key, count=count, gs1=gs1
    )


@dataclass(frozen=True)
class Reported:
    """What a print house's report did."""

    batch: Batch
    printed: int
    spoiled: int
    transitions: list[RecordedTransition]
    balance: Balance


async def take_report(call: Call, number: int, content: bytes, key: str) -> Reported:
    """Take a print house's report, all of it or nothing. Raises `ReportRefused`, `TransitionConflict`."""
    call.need(Permission.PRINT_REPORT)
    batch = await scope.batch_for(call.ledger, call.staff, number)
    report = parse_report(content, batch=number, lo=0, hi=batch.count)
    steps = [
        Step(number, span.lo, span.hi, Transition.PRINT)
        if span.state == "printed"
        else Step(number, span.lo, span.hi, Transition.VOID, span.reason)
        for span in report.spans
    ]
    transitions = await call.ledger.transitions.apply_all(steps, actor=call.actor, key=key)
    balance = await call.ledger.transitions.balance(number)
    return Reported(batch, report.printed, report.spoiled, transitions, balance)


@dataclass(frozen=True)
class TransitionRequest:
    """A transition that somebody asks for: of a run, or (a recall) of a whole batch or lot."""

    transition: Transition
    reason: str | None = None
    roll: str | None = None
    batch: int | None = None
    lot: str | None = None


async def transition(call: Call, asked: TransitionRequest, key: str) -> list[RecordedTransition]:
    """Transition stamps, all or none. Raises as `Ledger.transitions` does."""
    permission = MOVES.get(asked.transition)
    if permission is None:
        raise MalformedBody(field="transition", why=f"must be one of {', '.join(MOVES)}")
    call.need(permission)
    transitions = call.ledger.transitions
    if asked.roll is not None:
        if asked.batch is not None:
            raise MalformedBody(field="batch", why="stands in the roll number already")
        run = serial_range.parse_serial_range(asked.roll)
        batch = await scope.batch_for(call.ledger, call.staff, run.batch)
        if asked.transition is Transition.ACTIVATE and asked.lot is not None:
            await scope.lot_for(call.ledger, call.staff, asked.lot)
        step = Step(
            *(run.batch, run.lo, batch.count if run.hi is None else run.hi),
            *(asked.transition, asked.reason, asked.lot),
        )
        return await transitions.apply_all([step], actor=call.actor, key=key)
    if asked.transition is not Transition.RECALL or (asked.batch is None) == (asked.lot is None):
        raise MalformedBody(field="roll", why="is missing; only a recall takes a batch or a lot")
    # The law of reasons is the ledger's; None is refused there with those that are allowed.
    reason = asked.reason or ""
    if asked.lot is not None:
        return await transitions.recall_lot(asked.lot, actor=call.actor, reason=reason, key=key)
    assert asked.batch is not None  # noqa: S101 - one of them is there; told to mypy
    return await transitions.recall_batch(asked.batch, actor=call.actor, reason=reason, key=key)


async def put_lot(call: Call, code: str, document: Mapping[str, Any]) -> LotRow:
    """Keep a lot; it may lack data and is then not bound to stamps. Raises `MalformedLot`."""
    call.need(Permission.LOT_PUT)
    lot = Lot.from_document(document)
    if lot.code != code:
        raise MalformedBody(field="code", why=f"is {lot.code}; the address says {code}")
    try:
        await call.ledger.lots.get(code)
    except UnknownLot:
        pass
    else:
        await scope.lot_for(call.ledger, call.staff, code)
    return await call.ledger.lots.put(
        LotRow(
            code=lot.code,
            document=lot.document(),
            missing=lot.missing(),
            packing_house=lot.packing_house.code if lot.packing_house else None,
            product=lot.product.code,
            packed_at=lot.packed_at,
            expires_at=lot.expires_at(),
            actor=call.actor,
        )
    )


async def open_alert(call: Call, id_: int) -> tuple[Alert, list[ScanRow]]:
    """An alert with its evidence; that somebody looked at people's scans is recorded."""
    call.need(Permission.ALERT_SEE)
    alert = await call.ledger.alerts.get(id_)
    scans = [] if alert.index is None else await call.ledger.scans.of(alert.batch, alert.index)
    await call.ledger.audit.append(actor=call.actor, action="alert.see", subject=f"alerts:{id_}")
    return alert, scans


async def decide_alert(
    call: Call, id_: int, state: AlertState, cause: str | None, note: str | None
) -> Alert:
    """Take a step with an alert. Raises `AlertStep`."""
    call.need(Permission.ALERT_DECIDE)
    return await call.ledger.alerts.decide(id_, state, actor=call.actor, cause=cause, note=note)


@dataclass(frozen=True)
class Looked:
    """The stamps somebody asked about: `[lo, hi)` of a batch."""

    batch: Batch
    lo: int
    hi: int


async def look_up(call: Call, text: str) -> Looked:
    """Stamps by a roll number or a code. Raises `MalformedRange`, `UnknownCode`, `UnknownBatch` …"""
    call.need(Permission.STAMP_SEE)
    if len(text.replace(" ", "").replace("-", "")) == CODE_LENGTH and "·" not in text:
        stamp = call.parts.issuer.ring.open(read_code(text))
        batch = await scope.batch_for(call.ledger, call.staff, stamp.batch)
        return Looked(batch, stamp.index, stamp.index + 1)
    run = serial_range.parse_serial_range(text)
    batch = await scope.batch_for(call.ledger, call.staff, run.batch)
    hi = batch.count if run.hi is None else run.hi
    if not 0 <= run.lo < hi <= batch.count:
        raise SpanOutOfRange(batch=batch.number, lo=run.lo, hi=hi, count=batch.count)
    return Looked(batch, run.lo, hi)
