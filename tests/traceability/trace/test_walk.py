"""Traces back and forward: through transformations and cartons, in the order of time."""

from typing import Any

import pytest

from tests.traceability.trace.event_world import MemorySource, make, observe, pack, unpack
from traceability.trace import (
    CutCause,
    Trace,
    TraceDirection,
    TraceEvent,
    TraceLimits,
    TraceStart,
    trace_things,
)


async def walk(told: list[TraceEvent], key: str, direction: str, **limits: Any) -> Trace:
    return await trace_things(
        MemorySource(told), [TraceStart(key)], TraceDirection(direction), TraceLimits(**limits)
    )


async def reach(events: list[TraceEvent], key: str, direction: str) -> set[str]:
    return set((await walk(events, key, direction)).things) - {key}


MILL = [make(1, ["seed"], ["rice"]), make(2, ["rice", "salt"], ["cake"]), observe(3, "cake")]


async def test_a_trace_follows_inputs_back_and_outputs_forward() -> None:
    back = await walk(MILL, "cake", "back")
    assert [(one.round, one.event.at, one.things) for one in back.steps] == [
        (0, 3, ("cake",)),
        (0, 2, ("cake",)),
        (1, 1, ("rice",)),
    ]
    assert back.things == {"cake": 0, "rice": 1, "salt": 1, "seed": 2}
    assert await reach(MILL, "salt", "forward") == {"cake"}
    assert await reach(MILL, "seed", "forward") == {"rice", "cake"}
    assert await reach(MILL, "salt", "back") == set()


async def test_what_happened_later_or_before_took_no_part() -> None:
    events = [make(1, ["a"], ["b"]), make(5, ["x"], ["a"]), make(6, ["a"], ["c"])]
    assert await reach(events, "b", "back") == {"a"}
    assert await reach(events, "c", "back") == {"a", "x"}
    assert await reach(events, "x", "forward") == {"a", "c"}


CARTON = [
    pack(1, "carton", "left", "stays"),
    unpack(3, "carton", "left"),
    make(5, ["carton"], ["juice"]),
    pack(7, "carton", "late"),
]


async def test_a_thing_that_left_its_carton_is_not_in_what_is_made_of_it() -> None:
    assert await reach(CARTON, "juice", "back") == {"carton", "stays"}
    assert await reach(CARTON, "stays", "forward") == {"juice"}
    assert await reach(CARTON, "left", "forward") == set()
    assert await reach(CARTON, "late", "forward") == set()
    assert await reach(CARTON, "carton", "back") == {"left", "stays", "late"}


async def test_a_carton_that_was_used_twice_gave_what_it_had_each_time() -> None:
    events = [
        pack(1, "carton", "early"),
        make(2, ["carton"], ["a"]),
        unpack(3, "carton"),
        pack(4, "carton", "late"),
        make(5, ["carton"], ["b"]),
        make(6, ["a"], ["c"]),
        make(7, ["b", "c"], ["z"]),
    ]
    assert await reach(events, "z", "back") == {"a", "b", "c", "carton", "early", "late"}
    assert await reach(events, "a", "back") == {"carton", "early"}


async def test_events_of_a_carton_are_events_of_what_it_holds_at_the_time() -> None:
    events = [*CARTON[:2], pack(2, "pallet", "carton"), observe(2, "pallet"), observe(4, "carton")]
    left = await walk(events, "left", "forward")
    assert [one.event.at for one in left.steps] == [1, 3, 2, 2]
    stays = await walk(events, "stays", "forward")
    assert sorted(one.event.at for one in stays.steps) == [1, 2, 2, 4]
    assert set(stays.things) == {"stays"}


async def test_what_left_a_tainted_carton_stays_reached() -> None:
    events = [make(1, ["bad"], ["carton"]), *(pack(2, "carton", "x"), unpack(3, "carton", "x"))]
    assert await reach([*events, make(4, ["x"], ["y"])], "bad", "forward") == {"carton", "x", "y"}


async def test_all_leave_a_parent_that_is_emptied_and_parts_of_a_lot_do_not() -> None:
    emptied = [pack(1, "p", "a", ("lot", 5.0)), unpack(2, "p"), make(3, ["p"], ["z"])]
    assert await reach(emptied, "z", "back") == {"p"}
    part = [pack(1, "p", ("lot", 5.0)), unpack(2, "p", ("lot", 3.0)), make(3, ["p"], ["z"])]
    assert await reach(part, "z", "back") == {"p", "lot"}
    rest = [*part[:2], unpack(2, "p", ("lot", 2.0)), part[2]]
    assert await reach(rest, "z", "back") == {"p"}
    seen = [pack(2, "p", "a", action="OBSERVE"), make(3, ["p"], ["z"])]
    assert await reach(seen, "z", "back") == {"p", "a"}
    taken_out = [make(1, ["p"], ["y"]), unpack(2, "p", "a"), make(3, ["p"], ["z"])]
    assert await reach(taken_out, "a", "forward") == {"y"}


async def test_parts_of_a_transformation_are_joined_by_its_id() -> None:
    events = [
        make(1, [], ["wine"], transformation="t:1"),
        make(2, ["grape"], [], transformation="t:1"),
        make(3, ["sugar"], [], transformation="t:1"),
        make(4, ["other"], ["jam"], transformation="t:2"),
    ]
    assert await reach(events, "wine", "back") == {"grape", "sugar"}
    assert await reach(events, "sugar", "forward") == {"wine"}


async def test_a_circle_of_events_ends() -> None:
    events = [make(1, ["a"], ["b"]), make(1, ["b"], ["a"]), pack(1, "a", "b"), pack(1, "b", "a")]
    assert await reach(events, "a", "forward") == {"b"}
    assert await reach(events, "a", "back") == {"b"}


async def test_a_product_without_a_lot_is_named_and_not_followed() -> None:
    product = "https://id.gs1.org/01/08935000000014"
    events = [make(1, [product, "water"], ["soup"]), make(1, ["x"], [product])]
    back = await walk(events, "soup", "back")
    assert set(back.things) == {"soup", product, "water"}
    [cut] = back.cuts
    assert (cut.cause, cut.count, cut.examples) == (CutCause.PRODUCT, 1, (product,))


CHAIN = [make(n, [f"x{n}"], [f"x{n + 1}"]) for n in range(20)]
FAN = [make(1, ["x"], [f"y{n:02}" for n in range(20)])]


@pytest.mark.parametrize(
    ("events", "start", "limits", "cause", "count", "reached"),
    [
        (CHAIN, "x0", {"depth": 3}, CutCause.DEPTH, 1, 4),
        (FAN, "x", {"things": 5}, CutCause.THINGS, 16, 5),
        (CHAIN, "x0", {"events": 3}, CutCause.EVENTS, 1, 4),
    ],
)
async def test_a_cut_is_told_with_its_cause(
    events: list[TraceEvent],
    start: str,
    limits: dict[str, int],
    cause: CutCause,
    count: int,
    reached: int,
) -> None:
    trace = await walk(events, start, "forward", **limits)
    assert [(cut.cause, cut.count) for cut in trace.cuts] == [(cause, count)]
    assert len(trace.things) == reached


async def test_each_thing_is_asked_for_once() -> None:
    source = MemorySource([make(n, ["a"], [f"b{n}"]) for n in range(9)] + CARTON)
    await trace_things(source, [TraceStart("a"), TraceStart("stays")], TraceDirection.FORWARD)
    assert len(source.asked) == len(set(source.asked))


async def test_ranges_of_stamps_are_in_a_carton_in_part() -> None:
    events = [
        pack(1, "carton", "stamps:7·0-479"),
        unpack(3, "carton", "stamps:7·0-9"),
        observe(5, "carton"),
        make(6, ["carton"], ["x"]),
    ]
    assert await reach(events, "x", "back") == {"carton", "stamps:7·10-479"}
    assert await reach(events, "carton", "back") == {"stamps:7·0-9", "stamps:7·10-479"}
