"""Stays: when things were in a parent (a carton, a pallet, a vehicle).

`ADD` begins a stay and `DELETE` ends it; one without children ends all. `OBSERVE` says that a thing
is in its parent, so it begins a stay if none was told. A `DELETE` before any `ADD` says that the
thing was in the parent before, since when is not told. Of a class or lot as much stays as was added
and not taken out: a part that is taken out of what nobody measured leaves the rest in, and what is
taken out without a quantity is all of it. Stamps are serial ranges: of a range that was put in, a
part may leave.
"""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final, NamedTuple

from traceability.trace.thing_names import name_stamps, parse_stamps
from traceability.trace.trace_event import CONTAINING, Amount, TraceEvent

ALWAYS: Final = -(2**62)
"""A time before all events."""
FOREVER: Final = 2**62
"""A time after all events."""
_REST: Final = 1e-9
_ORDER: Final = {"DELETE": 0, "ADD": 1, "OBSERVE": 2}


class Stay(NamedTuple):
    """From when until when a thing was in its parent (ms), both included."""

    since: int
    until: int


@dataclass(slots=True)
class _Presence:
    since: int | None = None
    amounts: dict[str | None, float | None] = field(default_factory=dict)
    """How much is in by unit; None: not told."""
    stays: list[Stay] = field(default_factory=list)

    def put_in(self, one: Amount, at: int, *, is_observed: bool) -> None:
        if self.since is None:
            self.since = at
        elif is_observed:
            return
        before = self.amounts.get(one.unit, 0.0)
        unknown = not one.is_class or one.quantity is None or before is None
        self.amounts[one.unit] = None if unknown else (before or 0.0) + (one.quantity or 0.0)

    def take_out(self, one: Amount | None, at: int) -> None:
        if one is not None and self.since is None:
            if not self.stays:
                self.stays.append(Stay(ALWAYS, at))
            return
        if one is not None and self._keep_rest(one):
            return
        self.end(at)

    def end(self, at: int) -> None:
        if self.since is not None:
            self.stays.append(Stay(self.since, at))
        self.since = None
        self.amounts.clear()

    def _keep_rest(self, one: Amount) -> bool:
        """Take a part out; whether something is left."""
        if not one.is_class or one.quantity is None:
            return False
        before = self.amounts.get(one.unit, 0.0)
        if before is None:
            return True
        self.amounts[one.unit] = before - one.quantity
        return any(rest is None or rest > _REST for rest in self.amounts.values())


def list_stays(parent: str, events: Iterable[TraceEvent]) -> Mapping[str, list[Stay]]:
    """The stays of each thing in a parent, by the events that name the parent."""
    told = [one for one in events if one.kind in CONTAINING and one.parent == parent]
    told.sort(key=lambda one: (one.at, _ORDER.get(one.action or "", 3), one.id))
    bounds = _find_bounds(told)
    found: dict[str, _Presence] = {}
    for event in told:
        if event.action == "DELETE" and not event.items:
            for presence in found.values():
                presence.end(event.at)
        for one in _split_stamps(event.items, bounds):
            presence = found.setdefault(one.key, _Presence())
            if event.action == "DELETE":
                presence.take_out(one, event.at)
            else:
                presence.put_in(one, event.at, is_observed=event.action == "OBSERVE")
    return {
        key: [*one.stays, *([] if one.since is None else [Stay(one.since, FOREVER)])]
        for key, one in found.items()
    }


def select_stays(stays: Mapping[str, Sequence[Stay]], key: str) -> Iterator[Stay]:
    """The stays of a thing, or of what is in a range of stamps."""
    asked = parse_stamps(key)
    if asked is None:
        yield from stays.get(key, ())
        return
    for other, some in stays.items():
        held = parse_stamps(other)
        if held and held.batch == asked.batch and held.lo < asked.hi and asked.lo < held.hi:
            yield from some


def _find_bounds(events: Iterable[TraceEvent]) -> Mapping[int, Sequence[int]]:
    """Where the ranges of stamps in some events begin and end, by batch."""
    bounds: defaultdict[int, set[int]] = defaultdict(set)
    for event in events:
        for one in event.items:
            if (stamps := parse_stamps(one.key)) is not None:
                bounds[stamps.batch].update((stamps.lo, stamps.hi))
    return {batch: sorted(some) for batch, some in bounds.items()}


def _split_stamps(items: Iterable[Amount], bounds: Mapping[int, Sequence[int]]) -> Iterator[Amount]:
    """Split ranges of stamps so that each is in the parent as a whole or not at all."""
    for one in items:
        stamps = parse_stamps(one.key)
        if stamps is None:
            yield one
            continue
        batch, lo, hi = stamps
        cuts = bounds[batch][bisect_left(bounds[batch], lo) : bisect_right(bounds[batch], hi)]
        for left, right in pairwise(cuts):
            yield Amount(name_stamps(batch, left, right))
