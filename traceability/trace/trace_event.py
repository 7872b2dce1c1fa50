"""Events as a trace follows them: when, what went in, what came out, what held what.

EPCIS events of organisations are read from the form in which they are recorded. What the ledger
itself knows of lots and stamps has the same shape, with kinds of its own.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, Final

from traceability.epcis.event_reader import normalize_key
from traceability.epcis.transition_events import VOCABULARY
from traceability.trace.thing_names import parse_stamps

_CLASS: Final = re.compile(r"https://id\.gs1\.org/01/\d{14}")


class StepKind(StrEnum):
    """What kind of step an event is."""

    OBJECT = "ObjectEvent"
    AGGREGATION = "AggregationEvent"
    TRANSACTION = "TransactionEvent"
    TRANSFORMATION = "TransformationEvent"
    ASSOCIATION = "AssociationEvent"
    LOT = "lot"
    """A lot as its organisation describes it."""
    BINDING = "binding"
    """Stamps that are bound to a lot."""


CONTAINING: Final = frozenset({StepKind.AGGREGATION, StepKind.ASSOCIATION})
"""Kinds in which a parent holds children."""
MAKING: Final = frozenset({StepKind.TRANSFORMATION, StepKind.BINDING})
"""Kinds in which outputs are made of inputs."""


@dataclass(frozen=True, slots=True)
class Amount:
    """A thing by its identifier, and how much of it where it is a class or a lot."""

    key: str
    quantity: float | None = None
    """None: one thing, or a quantity that is not told."""
    unit: str | None = None
    is_class: bool = False
    """Whether it is named as a class or lot of which there may be more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TraceEvent:
    """A step of a trace. `key` is an identifier in its canonical form."""

    id: str
    kind: StepKind
    at: int
    """When it happened (ms, UTC)."""
    tellers: tuple[str, ...] = ()
    """The organisations that tell it, sorted."""
    action: str | None = None
    step: str | None = None
    entry: str | None = None
    """The kind of the entry of a diary that it was written as."""
    items: tuple[Amount, ...] = ()
    """The things of an object event, or the children of a parent."""
    parent: str | None = None
    inputs: tuple[Amount, ...] = ()
    outputs: tuple[Amount, ...] = ()
    places: tuple[str, ...] = ()
    transformation: str | None = None
    """What joins the parts of a transformation that are told apart."""
    is_timeless: bool = False
    """Whether it holds at any time: stamps vouch for their lot whenever they were bound."""

    def list_keys(self) -> list[str]:
        """The identifiers of all things that it names, each once."""
        named = [one.key for one in (*self.inputs, *self.outputs, *self.items)]
        if self.parent is not None:
            named.insert(0, self.parent)
        return list(dict.fromkeys(named))


def read_trace_event(
    id_: str, at: int, body: Mapping[str, Any], tellers: Sequence[str]
) -> TraceEvent:
    """The step of an EPCIS event that was checked when it was recorded."""
    children = "childEPCs" in body or "childQuantityList" in body
    prefix = ("childEPCs", "childQuantityList") if children else ("epcList", "quantityList")
    parent, transformation = body.get("parentID"), body.get("transformationID")
    places = [(body.get(field) or {}).get("id") for field in ("readPoint", "bizLocation")]
    step: str | None = body.get("bizStep")
    return TraceEvent(
        id=id_,
        kind=StepKind(body["type"]),
        at=at,
        tellers=tuple(sorted(tellers)),
        action=body.get("action"),
        step=None if step is None else step.rpartition("BizStep-")[2].rpartition(":")[2],
        entry=_get_text(body, "veritem:entry"),
        items=_read_amounts(body, *prefix),
        parent=None if parent is None else normalize_key(parent),
        inputs=_read_amounts(body, "inputEPCList", "inputQuantityList"),
        outputs=_read_amounts(body, "outputEPCList", "outputQuantityList"),
        places=tuple(dict.fromkeys(normalize_key(place) for place in places if place)),
        transformation=None if transformation is None else normalize_key(transformation),
    )


def list_stamp_ranges(body: Mapping[str, Any], prefixes: Mapping[str, str]) -> list[str]:
    """The serial ranges of stamps that an event of ours names beside their classes, as things."""
    if prefixes.get("veritem") != VOCABULARY:
        return []
    told = body.get("veritem:stamps") or ()
    named = [f"stamps:{one}" for one in ([told] if isinstance(told, str) else told)]
    return [one for one in named if parse_stamps(one) is not None]


def name_ranges(event: TraceEvent, ranges: Sequence[str]) -> TraceEvent:
    """The event with serial ranges in place of the classes of its items."""
    singles = [one for one in event.items if not one.is_class]
    return replace(event, items=(*singles, *map(Amount, ranges)))


def rename_things(event: TraceEvent, names: Mapping[str, str]) -> TraceEvent:
    """The event with other names for some things."""
    if names.keys().isdisjoint(event.list_keys()):
        return event

    def rename(amounts: tuple[Amount, ...]) -> tuple[Amount, ...]:
        return tuple(replace(one, key=names.get(one.key, one.key)) for one in amounts)

    return replace(
        event,
        items=rename(event.items),
        parent=None if event.parent is None else names.get(event.parent, event.parent),
        inputs=rename(event.inputs),
        outputs=rename(event.outputs),
    )


def is_followed(key: str) -> bool:
    """Whether a trace goes on from a thing: a product alone is everything that was ever made of it.

    >>> is_followed("https://id.gs1.org/01/08935000000014/10/L1")
    True
    >>> is_followed("https://id.gs1.org/01/08935000000014")
    False
    """
    return _CLASS.fullmatch(key) is None


def _get_text(body: Mapping[str, Any], field: str) -> str | None:
    value = body.get(field)
    return value if isinstance(value, str) else None


def _read_amounts(body: Mapping[str, Any], singles: str, quantities: str) -> tuple[Amount, ...]:
    amounts = [Amount(normalize_key(key)) for key in body.get(singles) or ()]
    amounts += [
        Amount(normalize_key(one["epcClass"]), one.get("quantity"), one.get("uom"), is_class=True)
        for one in body.get(quantities) or ()
    ]
    return tuple(amounts)
