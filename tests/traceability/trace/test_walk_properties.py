"""Traces of random worlds against a simulation that follows every kilogram in the order of time."""

import asyncio
import random
from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.traceability.trace.event_world import MemorySource, make, pack, unpack
from traceability.trace import Trace, TraceDirection, TraceEvent, TraceStart, trace_things

FIRST = 4
"""Lots that the world begins with."""


@dataclass
class World:
    """Lots with what is in each kilogram of them; cartons with the lots in them."""

    chance: random.Random
    shares: dict[str, dict[str, float]] = field(default_factory=dict)
    """Of each lot, the kilograms of each first lot that it has."""
    made_of: dict[str, set[str]] = field(default_factory=dict)
    """What ever went into a lot, or was the carton that did."""
    inside: dict[str, str] = field(default_factory=dict)
    """The carton or pallet that a thing is in."""
    events: list[TraceEvent] = field(default_factory=list)
    now: int = 0

    def begin(self) -> None:
        for n in range(FIRST):
            self.shares[f"lot{n}"] = {f"lot{n}": 100.0}
            self.made_of[f"lot{n}"] = {f"lot{n}"}

    def act(self) -> None:
        self.now += 10
        self.chance.choice([self.mix, self.mix, self.split, self.pack, self.pack, self.unpack])()

    def mix(self) -> None:
        """Some of several lots or cartons becomes one lot, a new or a known one."""
        inputs = self.chance.sample(sorted(self.shares), k=min(2, len(self.shares)))
        if self.inside and self.chance.random() < 0.5:
            inputs = [self.chance.choice(sorted(set(self.inside.values())))]
        used = sorted({one for each in inputs for one in (each, *self._contents(each))})
        free = [one for one in self.shares if one not in used and one not in self.inside]
        known = bool(free) and self.chance.random() < 0.2
        output = self.chance.choice(free) if known else f"lot{len(self.shares)}"
        share = self.chance.choice([1.0, 0.5])
        self._move(used, output, share)
        self.events.append(make(self.now, inputs, [(output, 1.0)]))

    def split(self) -> None:
        source = self.chance.choice(sorted(self.shares))
        outputs = [f"lot{len(self.shares) + n}" for n in range(2)]
        for output, share in zip(outputs, (0.5, 1.0), strict=True):
            self._move([source], output, share)
        self.events.append(make(self.now, [source], outputs))

    def pack(self) -> None:
        parent = self.chance.choice(["carton0", "carton1", "pallet0"])
        held = list(self.shares) if parent.startswith("carton") else ["carton0", "carton1"]
        free = sorted(one for one in held if one not in self.inside)
        if free:
            child = self.chance.choice(free)
            self.inside[child] = parent
            self.events.append(pack(self.now, parent, child))

    def unpack(self) -> None:
        if self.inside:
            child = self.chance.choice(sorted(self.inside))
            parent = self.inside.pop(child)
            if self.chance.random() < 0.3:
                self.inside = {one: at for one, at in self.inside.items() if at != parent}
                self.events.append(unpack(self.now, parent))
            else:
                self.events.append(unpack(self.now, parent, child))

    def _contents(self, parent: str) -> list[str]:
        inner = [one for one, at in self.inside.items() if at == parent]
        return [deep for one in inner for deep in (one, *self._contents(one))]

    def _move(self, used: list[str], output: str, share: float) -> None:
        to = self.shares.setdefault(output, {})
        origin = self.made_of.setdefault(output, {output})
        for one in used:
            origin |= self.made_of.get(one, {one})
            for first, kg in self.shares.get(one, {}).items():
                to[first] = to.get(first, 0.0) + kg * share
                self.shares[one][first] = kg * (1 - share)


def run_world(seed: int, acts: int) -> World:
    world = World(random.Random(seed))
    world.begin()
    for _ in range(acts):
        world.act()
    return world


def trace(events: list[TraceEvent], key: str, direction: TraceDirection) -> Trace:
    return asyncio.run(trace_things(MemorySource(events), [TraceStart(key)], direction))


@settings(max_examples=30)
@given(seed=st.integers(0, 2**32), acts=st.integers(1, 25))
def test_a_trace_reaches_all_mass_through_split_mix_and_aggregation(seed: int, acts: int) -> None:
    world = run_world(seed, acts)
    for n in range(FIRST):
        first = f"lot{n}"
        forward = trace(world.events, first, TraceDirection.FORWARD)
        assert forward.cuts == ()
        holding = {lot for lot, shares in world.shares.items() if shares.get(first, 0.0) > 0}
        assert holding <= {first, *forward.things}
        reached = sum(world.shares.get(lot, {}).get(first, 0.0) for lot in forward.things)
        assert reached == pytest.approx(100.0)
        made = {lot for lot, origin in world.made_of.items() if first in origin}
        assert set(forward.things) == made


@settings(max_examples=30)
@given(seed=st.integers(0, 2**32), acts=st.integers(1, 25))
def test_back_is_what_went_in_and_nothing_else(seed: int, acts: int) -> None:
    world = run_world(seed, acts)
    for lot, origin in world.made_of.items():
        assert set(trace(world.events, lot, TraceDirection.BACK).things) == origin


@settings(max_examples=15)
@given(seed=st.integers(0, 2**32), acts=st.integers(1, 25))
def test_no_order_of_late_reports_changes_a_trace(seed: int, acts: int) -> None:
    world = run_world(seed, acts)
    told = [*world.events, *world.chance.choices(world.events, k=acts)] if world.events else []
    late = list(dict.fromkeys(told))
    world.chance.shuffle(late)
    for direction in TraceDirection:
        assert trace(late, "lot0", direction) == trace(world.events, "lot0", direction)
