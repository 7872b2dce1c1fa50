"""Transitions: print, activate, void, suspend, release and recall serial ranges."""

from collections.abc import Sequence
from dataclasses import dataclass

from ledger import RecordedTransition
from services import recalls, scope
from services.context import ServiceContext
from services.errors import InvalidInput
from services.permissions import STAFF_TRANSITIONS, TRANSITION_PERMISSIONS, require_permission
from services.ranges import parse_range
from stamps.lifecycle import BINDS_LOT, Transition
from stamps.spans import RangeTransition


@dataclass(frozen=True, slots=True)
class TransitionRequest:
    """A requested transition of serial ranges, or a recall of a whole batch or lot."""

    transition: Transition
    ranges: Sequence[str] = ()
    """Serial ranges as people write them; empty for a recall by `batch` or `lot`."""
    batch: int | None = None
    lot: str | None = None
    """The lot that an activation binds to, or that a recall recalls."""
    reason: str | None = None


async def apply_transition(
    context: ServiceContext, request: TransitionRequest, key: str
) -> list[RecordedTransition]:
    """Apply a transition to all named stamps or to none; the same key twice applies it once.

    Raises `Forbidden`, `KeyRequired`, `InvalidInput`, `MalformedRange`, `UnknownBatch`,
    `UnknownLot`, and as `ledger.transitions.Transitions.apply` does.
    """
    permission = TRANSITION_PERMISSIONS.get(request.transition)
    if permission is None:
        why = f"must be one of {', '.join(STAFF_TRANSITIONS)}"
        raise InvalidInput(field="transition", why=why)
    require_permission(context, permission)
    if not request.ranges:
        return await _recall_whole(context, request, key)
    if request.batch is not None:
        raise InvalidInput(field="batch", why="is part of the serial range")
    scoped_key = context.scope_key(key)
    steps = []
    for text in request.ranges:
        target = await parse_range(context, text)
        steps.append(
            RangeTransition(
                batch=target.batch.number,
                lo=target.lo,
                hi=target.hi,
                transition=request.transition,
                reason=request.reason,
                lot=request.lot,
            )
        )
    if request.transition in BINDS_LOT and request.lot is not None:
        await scope.find_lot(context, request.lot)
    return await context.ledger.transitions.apply_all(
        steps, actor=context.actor.id, key=scoped_key, at=context.clock()
    )


async def _recall_whole(
    context: ServiceContext, request: TransitionRequest, key: str
) -> list[RecordedTransition]:
    names_one = (request.batch is None) != (request.lot is None)
    if request.transition is not Transition.RECALL or not names_one:
        why = "is missing; only a recall names a batch or a lot instead"
        raise InvalidInput(field="range", why=why)
    reason = request.reason or ""
    if request.lot is not None:
        return await recalls.recall_lot(context, request.lot, reason, key)
    assert request.batch is not None  # noqa: S101 - one of the two is given, for mypy
    return await recalls.recall_batch(context, request.batch, reason, key)
