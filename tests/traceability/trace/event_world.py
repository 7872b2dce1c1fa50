"""Events of a small world for tests, and a source that has them in memory."""

from collections.abc import Iterable, Sequence
from typing import Any

from traceability.trace import FoundEvents, StepKind, TraceEvent
from traceability.trace.trace_event import Amount


class MemorySource:
    """Events in memory, found by what they name."""

    def __init__(self, events: Iterable[TraceEvent]) -> None:
        self.events = list(events)
        self.asked: list[str] = []

    async def find_events(self, keys: Sequence[str]) -> FoundEvents:
        self.asked += keys
        return FoundEvents(
            {
                key: [one for one in self.events if key in (*one.list_keys(), one.transformation)]
                for key in keys
            }
        )


def named(*keys: str | tuple[str, float]) -> tuple[Amount, ...]:
    return tuple(
        Amount(one) if isinstance(one, str) else Amount(one[0], one[1], "KGM", is_class=True)
        for one in keys
    )


def make(at: int, inputs: Sequence[Any], outputs: Sequence[Any], **more: Any) -> TraceEvent:
    return TraceEvent(
        id=f"make-{at}-{inputs}-{outputs}", kind=StepKind.TRANSFORMATION, at=at,
        inputs=named(*inputs), outputs=named(*outputs), **more,
    )  # fmt: skip


def pack(at: int, parent: str, *children: Any, action: str = "ADD") -> TraceEvent:
    return TraceEvent(
        id=f"{action}-{at}-{parent}-{children}", kind=StepKind.AGGREGATION, at=at,
        action=action, parent=parent, items=named(*children),
    )  # fmt: skip


def unpack(at: int, parent: str, *children: Any) -> TraceEvent:
    return pack(at, parent, *children, action="DELETE")


def observe(at: int, *keys: Any) -> TraceEvent:
    return TraceEvent(
        id=f"observe-{at}-{keys}",
        kind=StepKind.OBJECT,
        at=at,
        action="OBSERVE",
        items=named(*keys),
    )
