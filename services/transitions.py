"""Transitions: print, activate, void, suspend and release serial ranges.

One person's act, at once. A recall needs two people (`services.recalls`).
"""

from collections.abc import Sequence
from dataclasses import dataclass

from ledger import RecordedTransition
from services import scope
from services.context import ServiceContext
from services.errors import InvalidInput
from services.permissions import (
    PROPOSED_TRANSITIONS,
    STAFF_TRANSITIONS,
    TRANSITION_PERMISSIONS,
    require_permission,
)
from services.ranges import parse_range
from stamps.lifecycle import BINDS_LOT, Transition
from stamps.spans import RangeTransition


@dataclass(frozen=True, slots=True)
class TransitionRequest:
    """A requested transition of serial ranges."""

    transition: Transition
    ranges: Sequence[str]
    """Serial ranges as people write them."""
    lot: str | None = None
    """The lot that an activation binds to."""
    reason: str | None = None


async def apply_transition(
    context: ServiceContext, request: TransitionRequest, key: str
) -> list[RecordedTransition]:
    """Apply a transition to all named stamps or to none; the same key twice applies it once.

    Raises `Forbidden`, `KeyRequired`, `InvalidInput`, `MalformedRange`, `UnknownBatch`,
    `UnknownLot`, and as `ledger.transitions.Transitions.apply` does.
    """
    permission = TRANSITION_PERMISSIONS.get(request.transition)
    if permission is None or request.transition in PROPOSED_TRANSITIONS:
        why = f"must be one of {', '.join(STAFF_TRANSITIONS)}"
        raise InvalidInput(field="transition", why=why)
    require_permission(context, permission)
    if not request.ranges:
        raise InvalidInput(field="range", why="is missing")
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
