"""Transitions: print, activate, rebind, void, suspend and release serial ranges.

One person's act, at once. A recall needs two people (`services.stamps.recalls`). An act that was
done without a network is recorded later, with the time when it was done.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from ledger import Batch, RecordedTransition
from ledger.stamps.reversals import LIMITS
from services import scope
from services.context import ServiceContext
from services.errors import InvalidInput, NotAssigned
from services.permissions import (
    PROPOSED_TRANSITIONS,
    STAFF_TRANSITIONS,
    TRANSITION_PERMISSIONS,
    require_permission,
)
from services.product_lists.product_lists import require_published_record
from services.ranges import parse_range
from stamps.lifecycle import BINDS_LOT, Transition
from stamps.spans import RangeTransition
from stamps.timestamps import parse_rfc3339

_HOUR_MS: Final = 3_600_000
MOST_BACKDATED_MS: Final = 72 * _HOUR_MS
"""Longest time from an act to its record (ms)."""
_CLOCK_SKEW_MS: Final = 120_000
"""Within it, an act counts as recorded when it was done: clocks of phones differ."""


@dataclass(frozen=True, slots=True)
class TransitionRequest:
    """A requested transition of serial ranges."""

    transition: Transition
    ranges: Sequence[str]
    """Serial ranges as people write them."""
    lot: str | None = None
    """The lot that an activation or rebinding binds to."""
    reason: str | None = None
    acted_at: int | None = None
    """When an activation was done, if it is recorded later (ms, UTC)."""


async def apply_transition(
    context: ServiceContext, request: TransitionRequest, key: str
) -> list[RecordedTransition]:
    """Apply a transition to all named stamps or to none; the same key twice applies it once.

    Raises `Forbidden`, `KeyRequired`, `InvalidInput`, `MalformedRange`, `UnknownBatch`,
    `UnknownLot`, `RecordUnpublished`, `NotAssigned`, and as
    `ledger.transitions.Transitions.apply` does.
    """
    permission = TRANSITION_PERMISSIONS.get(request.transition)
    if permission is None or request.transition in PROPOSED_TRANSITIONS:
        why = f"must be one of {', '.join(STAFF_TRANSITIONS)}"
        raise InvalidInput(field="transition", why=why)
    require_permission(context, permission)
    if not request.ranges:
        raise InvalidInput(field="range", why="is missing")
    scoped_key = context.scope_key(key)
    now = context.clock()
    acted_at = _check_acted_at(request, now)
    steps = []
    for text in request.ranges:
        target = await parse_range(context, text)
        if request.transition is Transition.VOID:
            await _check_assigned(context, target.batch)
        steps.append(
            RangeTransition(
                batch=target.batch.number,
                lo=target.lo,
                hi=target.hi,
                transition=request.transition,
                reason=request.reason,
                lot=request.lot,
                acted_at=acted_at,
            )
        )
    if request.transition in LIMITS:
        await _check_own_lots(context, steps)
    if request.transition in BINDS_LOT and request.lot is not None:
        lot = await scope.find_lot(context, request.lot)
        # A request that was recorded before its product became mandatory is answered as it was.
        if not await context.ledger.transitions.is_recorded(scoped_key):
            await require_published_record(context, lot, acted_at)
    return await context.ledger.transitions.apply_all(
        steps, actor=context.actor.id, key=scoped_key, at=now
    )


def parse_acted_at(text: str) -> int:
    """The time of an act (ms, UTC) from RFC 3339. Raises `InvalidInput`."""
    try:
        return parse_rfc3339(text)
    except ValueError as error:
        raise InvalidInput(field="acted_at", why=str(error)) from error


def correct_acted_at(acted_at: int, sent_at: int, now: int) -> int:
    """The time of an act by our clock, where a device sent both times by its own (ms, UTC).

    Clocks of phones are wrong by hours; what passed between act and sending is what they know.

    >>> correct_acted_at(acted_at=1_000, sent_at=61_000, now=9_000_000)
    8940000
    """
    return now - max(0, sent_at - acted_at)


def _check_acted_at(request: TransitionRequest, now: int) -> int | None:
    """The time of an act; None for one that is recorded as it is done."""
    acted_at = request.acted_at
    if acted_at is None:
        return None
    if request.transition is not Transition.ACTIVATE:
        raise InvalidInput(field="acted_at", why="belongs to an activation")
    if acted_at > now + _CLOCK_SKEW_MS:
        raise InvalidInput(field="acted_at", why="is in the future: check the clock of the device")
    if acted_at < now - MOST_BACKDATED_MS:
        hours = MOST_BACKDATED_MS // _HOUR_MS
        raise InvalidInput(field="acted_at", why=f"is more than {hours} hours ago", most=hours)
    return acted_at if acted_at < now - _CLOCK_SKEW_MS else None


async def _check_assigned(context: ServiceContext, batch: Batch) -> None:
    """Raise `NotAssigned` unless the batch was ordered for the actor's organisation by name."""
    actor = context.actor
    if actor.role == "demo":
        return
    order = await context.ledger.orders.get(batch.order)
    assigned = order.print_house if actor.role == "print_house" else order.packer
    if actor.organisation is None or assigned != actor.organisation:
        raise NotAssigned(batch=batch.number, organisation=actor.organisation or "nobody")


async def _check_own_lots(context: ServiceContext, steps: Sequence[RangeTransition]) -> None:
    """Raise `UnknownLot` where stamps are bound to a lot outside of the actor's scope."""
    lots = set()
    for batch in {step.batch for step in steps}:
        spans = await context.ledger.transitions.list_spans(batch)
        lots |= {
            span.lot
            for span in spans
            if span.lot is not None
            and any(
                step.batch == batch and span.lo < step.hi and step.lo < span.hi for step in steps
            )
        }
    for code in sorted(lots):
        await scope.find_lot(context, code)
