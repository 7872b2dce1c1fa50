"""The walk of a trace over events, back to what things were made of or forward to what was made.

A thing is its identifier in canonical form. The walk goes in rounds; each asks the source for the
events of all things that the round before reached. Rules:

- Events of the thing itself are steps. A transformation leads from outputs back to inputs, and
  from inputs forward to outputs; parts that are told apart are joined by their transformation id.
- What held the thing (a carton, a pallet) is followed while the thing was in it: its events
  happened to the thing, and when it was consumed so was the thing. Its other contents are not
  reached.
- What the thing held is reached: back, what was in it when it was consumed; forward, what was in
  it from then on. Of a thing that the trace begins with, all that was ever in it.
- Nothing goes back in time: a step back considers what happened before, a step forward what
  happened after. A thing that left its carton before the next step took no part in it.

The result follows from the set of events alone, in whatever order they were reported. Bounds cut a
trace, never silently: `Trace.cuts` says what was left out and why.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, NamedTuple, Protocol

from traceability.trace.stays import ALWAYS, FOREVER, Stay, list_stays, select_stays
from traceability.trace.trace_event import CONTAINING, MAKING, TraceEvent, is_followed

_EXAMPLES: Final = 5
"""Things that a cut names."""


class TraceDirection(StrEnum):
    """TraceDirection of a trace."""

    BACK = "back"
    FORWARD = "forward"


class CutCause(StrEnum):
    """Why a trace has not all."""

    DEPTH = "depth"
    THINGS = "things"
    EVENTS = "events"
    EVENTS_OF_THING = "events_of_thing"
    PRODUCT = "product"
    """A product without a lot is not followed."""


@dataclass(frozen=True, slots=True)
class TraceCut:
    """What a trace left out: of how many things it did not follow, and some of them."""

    cause: CutCause
    count: int
    examples: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TraceLimits:
    """Bounds of one trace."""

    depth: int = 100
    """Rounds. A transformation is one, and so is each carton that a thing is put into."""
    things: int = 20_000
    events: int = 20_000


@dataclass(frozen=True, slots=True)
class TraceStep:
    """An event of a trace; `things` are those through which the trace reached it."""

    round: int
    """How far it is from the beginning: 0 for events of what was asked for."""
    event: TraceEvent
    things: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FoundEvents:
    """The events that name things, by thing."""

    events: Mapping[str, Sequence[TraceEvent]]
    cut: frozenset[str] = frozenset()
    """Things of which there are more events."""


class EventSource(Protocol):
    """Where a trace asks for events."""

    async def find_events(self, keys: Sequence[str]) -> FoundEvents:
        """The events that name each of the things, as item, parent, child, input or output."""
        ...


@dataclass(frozen=True, slots=True)
class Trace:
    """The result of a walk."""

    direction: TraceDirection
    steps: tuple[TraceStep, ...]
    """By distance, then by time: back the latest first, forward the earliest first."""
    things: Mapping[str, int]
    """What was reached, with its distance: the beginning, what it was made of or became, what it
    held. What only held it is not among them."""
    cuts: tuple[TraceCut, ...]


class TraceStart(NamedTuple):
    """A thing that a trace begins with, and the time from which on it is followed forward."""

    key: str
    since: int = ALWAYS


class _Visit(NamedTuple):
    key: str
    is_carrier: bool
    """Whether it is followed only because it held something."""
    since: int
    until: int
    probed: int
    """Back: its contents between `probed` and `until` are reached."""


@dataclass(slots=True)
class _Walk:
    source: EventSource
    direction: TraceDirection
    limits: TraceLimits
    loaded: dict[str, list[TraceEvent]] = field(default_factory=dict)
    ids: set[str] = field(default_factory=set)
    stays: dict[str, Mapping[str, list[Stay]]] = field(default_factory=dict)
    done: defaultdict[str, list[_Visit]] = field(default_factory=lambda: defaultdict(list))
    rounds: dict[str, int] = field(default_factory=dict)
    steps: dict[str, tuple[int, TraceEvent, set[str]]] = field(default_factory=dict)
    left_out: defaultdict[CutCause, set[str]] = field(default_factory=lambda: defaultdict(set))

    async def run(self, starts: Iterable[TraceStart]) -> None:
        back = self.direction is TraceDirection.BACK
        visits = {
            _Visit(key, False, ALWAYS if back else since, FOREVER, ALWAYS) for key, since in starts
        }
        number = 0
        while visits:
            if number > self.limits.depth:
                self.left_out[CutCause.DEPTH].update(one.key for one in visits)
                return
            visits = await self._go_on(number, visits)
            number += 1

    async def _go_on(self, number: int, visits: Iterable[_Visit]) -> set[_Visit]:
        """Follow the visits of a round; return those of the next."""
        admitted = [one for one in sorted(visits) if self._admit(one, number)]
        await self._load({one.key for one in admitted})
        await self._load(
            {
                event.parent
                for one in admitted
                for event in self.loaded.get(one.key, ())
                if event.kind in CONTAINING and event.parent not in (None, one.key)
            }  # how long a thing stayed is told by the events of what held it
        )
        following: set[_Visit] = set()
        for one in admitted:
            if one.key in self.loaded and not self._is_covered(one):
                self.done[one.key].append(one)
                following.update(self._follow(one, number))
        return following

    def _admit(self, visit: _Visit, number: int) -> bool:
        """Whether a visit is followed; a thing that is reached is counted even if it is not."""
        known = visit.key in self.rounds
        if not known and len(self.rounds) >= self.limits.things:
            self.left_out[CutCause.THINGS].add(visit.key)
            return False
        if not visit.is_carrier:
            self.rounds.setdefault(visit.key, number)
        if not is_followed(visit.key):
            self.left_out[CutCause.PRODUCT].add(visit.key)
            return False
        return True

    async def _load(self, keys: Iterable[str | None]) -> None:
        new = sorted(key for key in keys if key is not None and key not in self.loaded)
        if not new:
            return
        if len(self.ids) >= self.limits.events:
            self.left_out[CutCause.EVENTS].update(new)
            return
        found = await self.source.find_events(new)
        for key in new:
            events = found.events.get(key, ())
            self.loaded[key] = sorted(events, key=lambda one: (one.at, one.id))
            self.ids.update(one.id for one in events)
        self.left_out[CutCause.EVENTS_OF_THING].update(found.cut)

    def _is_covered(self, visit: _Visit) -> bool:
        """Whether an earlier visit of the thing reached all that this one would."""
        return any(
            one.since <= visit.since
            and one.until >= visit.until
            and (visit.is_carrier or not one.is_carrier)
            and (
                visit.is_carrier
                or self.direction is TraceDirection.FORWARD
                or one.probed <= visit.probed
                or not self._find_stays(visit.key)
            )
            for one in self.done[visit.key]
        )

    def _follow(self, visit: _Visit, number: int) -> Iterator[_Visit]:
        parents: set[str] = set()
        for event in self.loaded[visit.key]:
            if event.kind in CONTAINING and event.parent is not None and event.parent != visit.key:
                parents.add(event.parent)
            if not event.is_timeless and not visit.since <= event.at <= visit.until:
                continue
            if event.kind in MAKING:
                yield from self._follow_making(visit, event, number)
            elif event.kind not in CONTAINING or event.parent != visit.key or not visit.is_carrier:
                self._note(event, visit.key, number)
        yield from self._follow_parents(visit, parents)
        if not visit.is_carrier:
            yield from self._follow_contents(visit)

    def _follow_making(self, visit: _Visit, event: TraceEvent, number: int) -> Iterator[_Visit]:
        back = self.direction is TraceDirection.BACK
        own, others = (event.outputs, event.inputs) if back else (event.inputs, event.outputs)
        is_joint = event.transformation == visit.key
        if not is_joint and all(one.key != visit.key for one in own):
            return
        if is_joint and not others:
            return
        self._note(event, visit.key, number)
        for one in others:
            if event.is_timeless:
                yield _Visit(one.key, False, visit.since, visit.until, visit.probed)
            elif back:
                yield _Visit(one.key, False, ALWAYS, event.at, event.at)
            else:
                yield _Visit(one.key, False, event.at, FOREVER, ALWAYS)
        if event.transformation is not None and not is_joint:
            # All inputs of a transformation take part in all outputs, whichever is told first.
            yield _Visit(event.transformation, True, ALWAYS, FOREVER, ALWAYS)

    def _follow_parents(self, visit: _Visit, parents: Iterable[str]) -> Iterator[_Visit]:
        for parent in parents:
            for stay in select_stays(self._find_stays(parent), visit.key):
                since, until = max(stay.since, visit.since), min(stay.until, visit.until)
                if since <= until:
                    yield _Visit(parent, True, since, until, ALWAYS)

    def _follow_contents(self, visit: _Visit) -> Iterator[_Visit]:
        back = self.direction is TraceDirection.BACK
        for key, stays in self._find_stays(visit.key).items():
            for stay in stays:
                since = max(stay.since, visit.probed if back else visit.since)
                until = min(stay.until, visit.until)
                if since > until:
                    continue
                if back:
                    yield _Visit(key, False, ALWAYS, until, since)
                else:
                    yield _Visit(key, False, since, FOREVER, ALWAYS)

    def _find_stays(self, parent: str) -> Mapping[str, list[Stay]]:
        if parent not in self.stays:
            self.stays[parent] = list_stays(parent, self.loaded.get(parent, ()))
        return self.stays[parent]

    def _note(self, event: TraceEvent, key: str, number: int) -> None:
        first, _, things = self.steps.setdefault(event.id, (number, event, set()))
        if number == first:
            things.add(key)

    def finish(self) -> Trace:
        sign = -1 if self.direction is TraceDirection.BACK else 1
        steps = [TraceStep(number, event, tuple(sorted(things)))
                 for number, event, things in self.steps.values()]  # fmt: skip
        steps.sort(key=lambda one: (one.round, sign * one.event.at, one.event.id))
        cuts = [
            TraceCut(cause, len(keys), tuple(sorted(keys)[:_EXAMPLES]))
            for cause, keys in sorted(self.left_out.items())
            if keys
        ]
        return Trace(self.direction, tuple(steps), dict(self.rounds), tuple(cuts))


async def trace_things(
    source: EventSource,
    starts: Iterable[TraceStart],
    direction: TraceDirection,
    limits: TraceLimits = TraceLimits(),
) -> Trace:
    """Trace things back or forward."""
    walk = _Walk(source, direction, limits)
    await walk.run(starts)
    return walk.finish()
