"""Traces: from a stamp, lot, carton, place, input or finding back to its origin, or forward.

Whoever sees all events traces over all. The authority of a province traces over what its packers
tell. An organisation traces over its own events, one step back and one step forward: beside its own
events it sees those of others that name it as the party that things came from or went to.
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from ledger.record.mentions import MentionAnswer
from ledger.traces.traced_events import EventScope
from services.context import ServiceContext
from services.permissions import Permission, require_permission
from services.record.mentions import list_party_keys
from services.scope import own_scope
from services.traces.ledger_source import LedgerSource
from services.traces.trace_starts import FoundStart, StartRequest, find_start
from traceability.trace import Trace, TraceDirection, TraceLimits, trace_things
from traceability.trace.thing_names import describe_thing

SHOWN: Final = TraceLimits(things=5_000, events=5_000)
"""Bounds of a trace that people look at."""


PlaceNames = Mapping[str, str]
"""The province of places, by identifier."""


@dataclass(frozen=True, slots=True)
class FoundTrace:
    """A trace with its beginning, and how long it took."""

    start: FoundStart
    trace: Trace
    took_ms: int

    @property
    def is_cut(self) -> bool:
        """Whether there may be more than the trace shows."""
        return self.start.is_cut or bool(self.trace.cuts)


async def trace_item(
    context: ServiceContext,
    request: StartRequest,
    direction: TraceDirection,
    limits: TraceLimits = SHOWN,
) -> FoundTrace:
    """Trace what people name back or forward.

    Raises `Forbidden`, `InvalidInput` for what names nothing, and as the look-up of stamps does.
    """
    require_permission(context, Permission.EVENT_SEE)
    began = time.perf_counter()
    source = LedgerSource(context, await _make_scope(context))
    start = await find_start(source, request)
    trace = await trace_things(source, start.things, direction, limits)
    return FoundTrace(start, trace, round((time.perf_counter() - began) * 1000))


async def _make_scope(context: ServiceContext) -> EventScope:
    own = own_scope(context.actor)
    if own is None:
        return EventScope(province=context.actor.province)
    parties = await list_party_keys(context, own)
    return EventScope(organisation=own, parties=sorted(parties))


async def find_step_answers(
    context: ServiceContext, found: FoundTrace
) -> Mapping[str, Sequence[MentionAnswer]]:
    """The last answer of each party that an event of a trace names, by the event's digits.

    A step without answers is its author's word: silence is no consent.
    """
    events = [one.event for one in found.trace.steps if one.event.tellers]
    named = {(teller, one.id) for one in events for teller in one.tellers}
    last: dict[str, dict[tuple[str, str], MentionAnswer]] = {}
    for (teller, event), answers in (await context.ledger.mentions.list_answers(named)).items():
        for one in answers:
            last.setdefault(event, {})[teller, one.organisation] = one
    return {event: list(answers.values()) for event, answers in last.items()}


async def find_place_provinces(context: ServiceContext, found: FoundTrace) -> PlaceNames:
    """The provinces of the registered places of a trace that the actor may see."""
    named = {place for step in found.trace.steps for place in step.event.places}
    codes = {key: describe_thing(key).text for key in named}
    rows = await context.ledger.registered_codes.get_many(set(codes.values()))
    return {
        key: province
        for key, code in codes.items()
        if code in rows and (province := rows[code].province) is not None
    }
