"""Recalls by trace: every stamp that a trace forward reached, proposed by one person.

The trace is made anew for the proposal. What it reached is written down: lots as wholes, and the
stamps that it reached without their lot, such as those in a carton. That is what the second person
decides on and what happens; of these stamps, those are recalled that can be at that time. A trace
that was cut may miss stamps; the proposal says so.
"""

from dataclasses import dataclass

from ledger import Proposal, RecallReach, RecallTarget
from ledger.stamps.recall_reach import MOST_LOTS
from services.context import ServiceContext
from services.errors import InvalidInput
from services.permissions import Permission, require_permission
from services.stamps.recalls import propose_target
from services.traces.trace_starts import StartRequest
from services.traces.traces import FoundTrace, trace_item
from stamps.stamp_ranges import StampRange, join_ranges
from traceability.trace import CutCause, Trace, TraceDirection, TraceLimits
from traceability.trace.thing_names import parse_lot, parse_stamps

WHOLE = TraceLimits(things=50_000, events=50_000)
"""Bounds of a trace that a recall is made of."""
MOST_RANGES = 5_000
"""Serial ranges of one recall: all of them are recalled in one transaction."""


@dataclass(frozen=True, slots=True)
class TraceReach:
    """What a recall of everything that a trace reached would recall."""

    found: FoundTrace
    reach: RecallReach
    is_cut: bool
    """Whether there may be stamps that the trace did not reach."""


async def preview_trace_recall(context: ServiceContext, request: StartRequest) -> TraceReach:
    """Return what a recall of everything that was made of something would reach; nothing changes.

    Raises `Forbidden`, and as `trace_item` does.
    """
    require_permission(context, Permission.RECALL)
    found = await trace_item(context, request, TraceDirection.FORWARD, WHOLE)
    target = _make_target(found)
    reach = await context.ledger.recall_reaches.measure(target, province=context.actor.province)
    return TraceReach(found, reach, target.is_cut)


async def propose_trace_recall(
    context: ServiceContext, request: StartRequest, *, reason: str | None, key: str
) -> Proposal:
    """Propose to recall every stamp that a trace forward reaches.

    Raises as `preview_trace_recall` and `services.stamps.recalls.propose_recall` do.
    """
    require_permission(context, Permission.RECALL)
    found = await trace_item(context, request, TraceDirection.FORWARD, WHOLE)
    target = _make_target(found)
    if not target.lots and not target.ranges:
        raise InvalidInput(field="item", why="leads to no lot and no stamp", expected="reached")
    return await propose_target(
        context, target, f"trace:{found.start.name}", reason=reason, key=key
    )


def _make_target(found: FoundTrace) -> RecallTarget:
    lots = sorted(code for key in found.trace.things if (code := parse_lot(key)) is not None)
    if len(lots) > MOST_LOTS:
        raise InvalidInput(
            field="item", why=f"leads to more than {MOST_LOTS:,} lots", most=MOST_LOTS
        )
    ranges = _list_ranges(found.trace)
    if len(ranges) > MOST_RANGES:
        raise InvalidInput(
            field="item", why=f"leads to more than {MOST_RANGES:,} ranges", most=MOST_RANGES
        )
    is_cut = found.start.is_cut or any(
        cut.cause is not CutCause.PRODUCT for cut in found.trace.cuts
    )
    return RecallTarget(
        traced=found.start.name, lots=tuple(lots), ranges=tuple(ranges), is_cut=is_cut
    )


def _list_ranges(trace: Trace) -> list[StampRange]:
    """The stamps that a trace reached without their lot, joined to as few ranges as possible."""
    of_lots = {
        one.key
        for step in trace.steps
        if any(amount.key in trace.things and parse_lot(amount.key) for amount in step.event.inputs)
        for one in step.event.outputs
    }
    reached = [
        stamps for key in trace.things if (stamps := parse_stamps(key)) and key not in of_lots
    ]
    return join_ranges(reached)
