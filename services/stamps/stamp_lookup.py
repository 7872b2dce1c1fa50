"""Stamp lookup: stamps by serial range or code, with their state and history."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from ledger import Batch, RecordedTransition
from services import scope
from services.context import ServiceContext
from services.permissions import (
    TRANSITION_PERMISSIONS,
    Permission,
    has_permission,
    require_permission,
)
from services.ranges import BatchRange, parse_range
from stamps.code import parse_code
from stamps.errors import MalformedCode
from stamps.lifecycle import Transition, source_states
from stamps.serial_range import is_serial_range_form
from stamps.spans import Span
from traceability.stamp_reader import StampReference, read_stamp

MAX_ROWS: Final = 1000
"""Upper bound of spans and of transitions that are returned."""
_SHORTEST_MISREAD: Final = 15
"""Characters from which a text that names nothing is a miswritten code, not a serial range."""


@dataclass(frozen=True, slots=True)
class StampDetails:
    """Stamps of one batch: the spans that they are in, and what happened to them, in order."""

    target: BatchRange
    spans: Sequence[Span]
    transitions: Sequence[RecordedTransition]

    def clipped_spans(self) -> list[Span]:
        """The spans, cut to the stamps that were looked up."""
        lo, hi = self.target.lo, self.target.hi
        return [replace(span, lo=max(span.lo, lo), hi=min(span.hi, hi)) for span in self.spans]


async def find_stamps(context: ServiceContext, text: str) -> BatchRange:
    """The stamps that a serial range, a code, an address or a GS1 element string names.

    Raises `Forbidden`, `MalformedRange`, `MalformedCode`, `UnknownCode`, `UnknownBatch`,
    `SpanOutOfRange`.
    """
    return await StampFinder(context).find(text)


class StampFinder:
    """Finds the stamps that texts name; a batch is asked for once. Raises `Forbidden`."""

    def __init__(self, context: ServiceContext) -> None:
        require_permission(context, Permission.STAMP_SEE)
        self._context = context
        self._batches: dict[int, Batch] = {}

    async def find(self, text: str) -> BatchRange:
        """The stamps that a text names; raises as `find_stamps` does."""
        reference = _find_reference(text)
        if reference is None:
            return await parse_range(self._context, text)
        stamp = self._context.require_issuer().keys.ring.open(parse_code(reference.code))
        batch = self._batches.get(stamp.batch)
        if batch is None:
            batch = await scope.find_batch(self._context, stamp.batch)
            self._batches[stamp.batch] = batch
        batch.check_address(stamp.epoch, reference.gtin)
        return BatchRange(batch, stamp.index, stamp.index + 1)


async def look_up_stamps(context: ServiceContext, text: str) -> StampDetails:
    """The stamps that a serial range or a code names, with spans and transitions.

    Raises as `find_stamps` does.
    """
    target = await find_stamps(context, text)
    transitions = context.ledger.transitions
    number, lo, hi = target.batch.number, target.lo, target.hi
    spans = [s for s in await transitions.list_spans(number) if s.lo < hi and lo < s.hi]
    recorded = [t for t in await transitions.list_history(number) if t.lo < hi and lo < t.hi]
    return StampDetails(target, spans[:MAX_ROWS], recorded[-MAX_ROWS:])


def list_allowed_transitions(
    context: ServiceContext, spans: Sequence[Span], among: Sequence[Transition]
) -> list[Transition]:
    """The transitions of `among` that the actor may request and all spans allow now."""
    states = {span.state for span in spans}
    return [
        transition
        for transition in among
        if has_permission(context.actor, TRANSITION_PERMISSIONS[transition])
        and states <= source_states(transition)
    ]


def names_code(text: str) -> bool:
    """Whether a text names a stamp by its code, and not by its number.

    Raises `MalformedCode` for a long text that is neither.
    """
    return _find_reference(text) is not None


def _find_reference(text: str) -> StampReference | None:
    """The stamp whose code a text gives; None where the text is rather a serial range.

    Raises `MalformedCode` where it is neither and too long for a range.
    """
    if is_serial_range_form(text):
        return None
    reference = read_stamp(text)
    try:
        parse_code(reference.code)
    except MalformedCode:
        if "·" in text or len(text) < _SHORTEST_MISREAD:
            return None
        raise
    return reference
