"""JSON documents of traces."""

from collections.abc import Mapping, Sequence
from typing import Final

from ledger.record.mentions import MentionAnswer
from services.documents.events import MentionAnswerDocument, describe_answer
from services.documents.models import Document, Timestamp
from services.traces.traces import FoundTrace
from stamps.timestamps import format_rfc3339
from traceability.epcis.event_reader import format_event_id
from traceability.trace import Amount, StepKind, TraceStep
from traceability.trace.thing_names import describe_thing

MOST_NAMED: Final = 100
"""Things of one step that are written out."""


class TracedThingDocument(Document):
    """A thing in a trace."""

    id: str
    """`lot:CODE` and `stamps:RANGE` for those of the ledger; else its canonical identifier."""
    kind: str
    """`lot`, `stamps`, `carton`, `place`, `standing`, `input`, `gs1` or `other`."""
    name: str
    """As people read it."""
    quantity: float | None
    unit: str | None


class TraceStepDocument(Document):
    """A step of a trace: an event with what took part in it."""

    round: int
    """Distance from the beginning: 0 for events of what was asked for."""
    kind: str
    """The type of the EPCIS event; `lot`: a lot as described; `binding`: stamps bound to a lot."""
    event: str | None
    """The id of the event; null for what the ledger itself knows."""
    at: Timestamp
    action: str | None
    step: str | None
    """The business step of CBV 2.0."""
    things: list[str]
    """Ids through which the trace reached it."""
    parent: str | None
    """Id of what holds `items`."""
    items: list[TracedThingDocument]
    inputs: list[TracedThingDocument]
    outputs: list[TracedThingDocument]
    left_out: int
    """Things beyond the first hundred of each list."""
    places: list[str]
    organisations: list[str]
    """Who tells it."""
    answers: list[MentionAnswerDocument]
    """The last answer of each party that it names; without any it is its author's word alone."""


class TraceCutDocument(Document):
    """What a trace did not follow."""

    cause: str
    """`depth`, `things`, `events`, `events_of_thing` or `product`."""
    count: int
    examples: list[str]


class TraceDocument(Document):
    """A trace in one direction."""

    direction: str
    """`back` or `forward`."""
    kind: str
    """What the trace begins with."""
    name: str
    is_cut: bool
    """Whether there may be more than is shown."""
    cuts: list[TraceCutDocument]
    reached: list[TracedThingDocument]
    """Everything that was reached, nearest first."""
    steps: list[TraceStepDocument]
    """Nearest first."""
    took_ms: int


def describe_trace(
    found: FoundTrace, answers: Mapping[str, Sequence[MentionAnswer]]
) -> TraceDocument:
    """The document of a trace, with the answers to its events."""
    trace = found.trace
    return TraceDocument(
        direction=trace.direction,
        kind=found.start.kind,
        name=found.start.name,
        is_cut=found.is_cut,
        cuts=[
            TraceCutDocument(cause=one.cause, count=one.count, examples=list(one.examples))
            for one in trace.cuts
        ],
        reached=_describe_things([Amount(key) for key in trace.things]),
        steps=[_describe_step(one, answers.get(one.event.id, ())) for one in trace.steps],
        took_ms=found.took_ms,
    )


def _describe_step(one: TraceStep, answers: Sequence[MentionAnswer]) -> TraceStepDocument:
    event = one.event
    named = (event.items, event.inputs, event.outputs)
    items, inputs, outputs = (_describe_things(some[:MOST_NAMED]) for some in named)
    is_recorded = event.kind not in (StepKind.LOT, StepKind.BINDING)
    return TraceStepDocument(
        round=one.round,
        kind=event.kind,
        event=format_event_id(event.id) if is_recorded else None,
        at=format_rfc3339(event.at),
        action=event.action,
        step=event.step,
        things=list(one.things),
        parent=event.parent,
        items=items,
        inputs=inputs,
        outputs=outputs,
        left_out=sum(max(0, len(some) - MOST_NAMED) for some in named),
        places=[describe_thing(place).text for place in event.places],
        organisations=list(event.tellers),
        answers=[describe_answer(answer) for answer in answers],
    )


def _describe_things(amounts: Sequence[Amount]) -> list[TracedThingDocument]:
    described = []
    for one in amounts:
        name = describe_thing(one.key)
        described.append(
            TracedThingDocument(
                id=one.key, kind=name.kind, name=name.text, quantity=one.quantity, unit=one.unit
            )
        )
    return described
