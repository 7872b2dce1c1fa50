"""Activation of stamps: bind a printed serial range, such as a roll, to a lot.

`check_activation` shows what an activation would do and changes nothing; pages call it first.
`activate_range` records the activation through `services.transitions`, as the API and the command
line do.
"""

from dataclasses import dataclass

from ledger import Batch, LotRow, MassBalance, RecordedTransition
from services import batches, scope
from services.context import ServiceContext
from services.permissions import Permission, require_permission
from services.ranges import BatchRange, parse_range
from services.transitions import TransitionRequest, apply_transition
from stamps.lifecycle import State, Transition
from stamps.spans import RangeTransition, fold_transition


@dataclass(frozen=True, slots=True)
class ActivationCheck:
    """An activation that would succeed now."""

    target: BatchRange
    lot: LotRow


@dataclass(frozen=True, slots=True)
class ActivationResult:
    """A recorded activation, and the range of the same length that follows it."""

    transition: RecordedTransition
    target: BatchRange
    following: BatchRange | None
    """None at the end of the batch."""


@dataclass(frozen=True, slots=True)
class PrintedBatch:
    """A batch with stamps that are printed and not yet activated."""

    batch: Batch
    outstanding: int


async def check_activation(
    context: ServiceContext, range_text: str, lot_code: str
) -> ActivationCheck:
    """Check an activation without applying it; raises what `activate_range` would raise.

    Raises `Forbidden`, `MalformedRange`, `UnknownBatch`, `SpanOutOfRange`, `UnknownLot`,
    `LotRecalled`, `LotIncomplete`, `LotProductMismatch`, `LotOwnerMismatch`, `CodeNotUsable`,
    `TransitionConflict`.
    """
    require_permission(context, Permission.ACTIVATE)
    target = await parse_range(context, range_text)
    lot = await scope.find_lot(context, lot_code)
    await context.ledger.lots.check_binding(lot.code, target.batch.number, at=context.clock())
    spans = await context.ledger.transitions.list_spans(target.batch.number)
    requested = RangeTransition(
        target.batch.number, target.lo, target.hi, Transition.ACTIVATE, lot=lot.code
    )
    fold_transition(spans, requested, at=context.clock())
    return ActivationCheck(target, lot)


async def activate_range(
    context: ServiceContext, range_text: str, lot_code: str, key: str
) -> ActivationResult:
    """Activate a serial range for a lot. Raises as `transitions.apply_transition` does."""
    request = TransitionRequest(Transition.ACTIVATE, ranges=(range_text,), lot=lot_code or None)
    (recorded,) = await apply_transition(context, request, key)
    target = await parse_range(context, range_text)
    following = None
    if target.hi < target.batch.count:
        end = min(target.hi + target.count, target.batch.count)
        following = BatchRange(target.batch, target.hi, end)
    return ActivationResult(recorded, target, following)


async def list_printed_batches(context: ServiceContext) -> list[PrintedBatch]:
    """The batches in scope that have stamps to activate, newest first. Raises `Forbidden`."""
    require_permission(context, Permission.ACTIVATE)
    printed = []
    for batch in (await batches.list_batches(context)).items:
        balance: MassBalance = await context.ledger.transitions.compute_balance(batch.number)
        if balance.states[State.PRINTED]:
            printed.append(PrintedBatch(batch, balance.outstanding))
    return printed
