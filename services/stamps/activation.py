"""Activation of stamps: bind a printed serial range, such as a roll, to a lot.

`check_activation` shows what an activation would do and changes nothing; pages call it first.
`activate_range` records the activation through `services.stamps.transitions`, as the API and the
command line do. Void stamps within the range stay void: a roll has spoiled stamps, and packers
activate whole rolls.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from ledger import Batch, LotRow, MassBalance, RecordedTransition
from ledger.errors import UnknownRow
from ledger.stamps.reversals import LIMITS
from services import scope
from services.batches import batches
from services.context import ServiceContext
from services.permissions import Permission, has_permission, require_permission
from services.product_lists.product_lists import require_published_record
from services.ranges import BatchRange, parse_range
from services.stamps.transitions import TransitionRequest, apply_transition
from stamps.lifecycle import State, Transition
from stamps.serial_range import format_serial_range
from stamps.spans import RangeTransition, Span, fold_transition

_MOST_PARTS: Final = 1000


@dataclass(frozen=True, slots=True)
class ActivationCheck:
    """An activation that would succeed now."""

    target: BatchRange
    lot: LotRow
    void: int
    """Void stamps in the range, which stay void."""

    @property
    def count(self) -> int:
        """Number of stamps that become active."""
        return self.target.count - self.void


@dataclass(frozen=True, slots=True)
class ActivationResult:
    """A recorded activation, and the range of the same length that follows it."""

    target: BatchRange
    """The range, void stamps included."""
    transitions: Sequence[RecordedTransition]
    """One for each part between void stamps, in order."""
    following: BatchRange | None
    """None at the end of the batch."""

    @property
    def count(self) -> int:
        """Number of stamps that became active."""
        return sum(one.hi - one.lo for one in self.transitions)

    @property
    def transition(self) -> RecordedTransition:
        """The first transition, which names the activation."""
        return self.transitions[0]


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
    `LotRecalled`, `LotIncomplete`, `LotProductMismatch`, `LotOwnerMismatch`,
    `RecordUnpublished`, `TransitionConflict`.
    """
    require_permission(context, Permission.ACTIVATE)
    target = await parse_range(context, range_text)
    lot = await scope.find_lot(context, lot_code)
    await require_published_record(context, lot)
    await context.ledger.lots.check_binding(lot.code, target.batch.number)
    spans = await context.ledger.transitions.list_spans(target.batch.number)
    parts = _list_parts(target, spans)
    for part in parts:
        requested = RangeTransition(
            part.batch.number, part.lo, part.hi, Transition.ACTIVATE, lot=lot.code
        )
        fold_transition(spans, requested, at=context.clock())
    return ActivationCheck(target, lot, target.count - sum(part.count for part in parts))


async def activate_range(
    context: ServiceContext, range_text: str, lot_code: str, key: str, acted_at: int | None = None
) -> ActivationResult:
    """Activate a serial range for a lot; `acted_at` as in `TransitionRequest`.

    Raises as `transitions.apply_transition` does. The same key again finds the same parts, because
    void is final.
    """
    require_permission(context, Permission.ACTIVATE)
    target = await parse_range(context, range_text)
    spans = await context.ledger.transitions.list_spans(target.batch.number)
    ranges = tuple(part.text for part in _list_parts(target, spans))
    request = TransitionRequest(
        Transition.ACTIVATE, ranges=ranges, lot=lot_code or None, acted_at=acted_at
    )
    recorded = await apply_transition(context, request, key)
    return ActivationResult(target, recorded, _find_following(target))


async def get_activation(context: ServiceContext, seq: int) -> ActivationResult:
    """The activation whose first transition has this number.

    Raises `Forbidden`, `UnknownRow` also where it is no activation in the actor's scope.
    """
    require_permission(context, Permission.ACTIVATE)
    recorded = await context.ledger.transitions.list_after(seq - 1, _MOST_PARTS)
    first = next(iter(recorded), None)
    if first is None or first.seq != seq or first.transition is not Transition.ACTIVATE:
        raise UnknownRow(kind="activation", id=seq)
    batch = await scope.find_batch(context, first.batch)
    parts = [one for one in recorded if one.key == first.key]
    whole = BatchRange(batch, parts[0].lo, parts[-1].hi)
    return ActivationResult(whole, parts, _find_following(whole))


def may_undo(context: ServiceContext, result: ActivationResult) -> bool:
    """Whether an activation is young enough to be taken back; a scan may still forbid it."""
    age = context.clock() - result.transition.at
    return has_permission(context.actor, Permission.DEACTIVATE) and (
        age <= LIMITS[Transition.DEACTIVATE]
    )


async def undo_activation(context: ServiceContext, seq: int, key: str) -> ActivationResult:
    """Take back the activation whose first transition has this number; return what it was.

    Raises as `get_activation` and `transitions.apply_transition` do.
    """
    result = await get_activation(context, seq)
    ranges = tuple(format_serial_range(one.batch, one.lo, one.hi) for one in result.transitions)
    await apply_transition(context, TransitionRequest(Transition.DEACTIVATE, ranges=ranges), key)
    return result


async def list_printed_batches(context: ServiceContext) -> list[PrintedBatch]:
    """The batches in scope that have stamps to activate, newest first. Raises `Forbidden`."""
    require_permission(context, Permission.ACTIVATE)
    printed = []
    for batch in (await batches.list_batches(context)).items:
        balance: MassBalance = await context.ledger.transitions.compute_balance(batch.number)
        if balance.states[State.PRINTED]:
            printed.append(PrintedBatch(batch, balance.outstanding))
    return printed


def _list_parts(target: BatchRange, spans: Sequence[Span]) -> list[BatchRange]:
    """The parts of a range between void stamps; the range itself where all are void."""
    parts: list[BatchRange] = []
    for span in spans:
        lo, hi = max(span.lo, target.lo), min(span.hi, target.hi)
        if lo >= hi or span.state is State.VOID:
            continue
        if parts and parts[-1].hi == lo:
            parts[-1] = replace(parts[-1], hi=hi)
        else:
            parts.append(BatchRange(target.batch, lo, hi))
    return parts or [target]


def _find_following(target: BatchRange) -> BatchRange | None:
    if target.hi >= target.batch.count:
        return None
    return BatchRange(target.batch, target.hi, min(target.hi + target.count, target.batch.count))
