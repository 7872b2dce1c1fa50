"""Events as traces ask for them: by many things at once, in scope, bounded, errors left out."""

from typing import Any

import pytest

from ledger import Ledger
from ledger.record.epcis_events import NewEvent
from ledger.storage.store import Store
from ledger.traces import traced_events
from ledger.traces.traced_events import EventScope, select_names
from tests.ledger.list_plans import find_costs
from tests.ledger.record.test_epcis_events import ERROR, add_packers, event

PARTS = ("item", "input", "output", "parent", "transformation")


async def find(ledger: Ledger, *keys: str, **scope: Any) -> dict[str, list[tuple[int, str]]]:
    found = await ledger.event_traces.find_events(keys, PARTS, EventScope(**scope))
    return {
        key: sorted((one.at, "".join(one.organisations)) for one in events)
        for key, events in found.by_key.items()
    }


def shipped(n: int, to: str) -> NewEvent:
    keys = [("item", "x:1"), ("party", to)]
    return NewEvent(f"{n:064x}", "ObjectEvent", n, "shipping", {"n": n}, {}, keys)


async def test_events_of_many_things_are_found_at_once(ledger: Ledger) -> None:
    await add_packers(ledger, "a", "b")
    await ledger.epcis_events.record("a", [event(1, "x:1", "x:2"), event(2, "x:2")], actor="mai")
    await ledger.epcis_events.record("b", [event(1, "x:1", "x:2")], actor="lan")
    assert await find(ledger, "x:1", "x:2", "x:3") == {
        "x:1": [(1, "ab")],
        "x:2": [(1, "ab"), (2, "a")],
    }


async def test_an_event_that_its_teller_declared_an_error_is_left_out(ledger: Ledger) -> None:
    await add_packers(ledger, "a", "b")
    for who in "ab":
        await ledger.epcis_events.record(who, [event(1)], actor=who)
    await ledger.epcis_events.record("a", [event(1, error=ERROR)], actor="a")
    assert await find(ledger, "x:1") == {"x:1": [(1, "b")]}
    await ledger.epcis_events.record("b", [event(1, error=ERROR)], actor="b")
    assert await find(ledger, "x:1") == {}


async def test_an_organisation_sees_its_own_and_what_names_it(ledger: Ledger) -> None:
    await add_packers(ledger, "a", "b")
    await ledger.epcis_events.record("a", [event(1)], actor="a")
    await ledger.epcis_events.record("b", [event(2), shipped(3, "party:a")], actor="b")
    assert await find(ledger, "x:1", organisation="a") == {"x:1": [(1, "a")]}
    own = await find(ledger, "x:1", organisation="a", parties=["party:a", "party:z"])
    assert own == {"x:1": [(1, "a"), (3, "b")]}
    assert await find(ledger, "x:1", organisation="c", parties=["party:c"]) == {}
    assert await find(ledger, "x:1", province="b") == {"x:1": [(2, "b"), (3, "b")]}


async def test_a_thing_with_very_many_events_is_cut_and_hides_no_other(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(traced_events, "MOST_KEYS", 4)
    await add_packers(ledger, "a")
    crowd = [event(n, "x:crowd") for n in range(9)]
    rest = [event(100 + n, f"x:{n}") for n in range(7)]
    await ledger.epcis_events.record("a", [*crowd, *rest], actor="mai")
    keys = ["x:crowd", *(f"x:{n}" for n in range(7))]
    found = await ledger.event_traces.find_events(keys, PARTS, EventScope())
    assert found.cut == {"x:crowd"}
    assert [one.at for one in found.by_key["x:crowd"]] == [0, 1, 2, 3]
    assert all(len(found.by_key[f"x:{n}"]) == 1 for n in range(7))


@pytest.mark.parametrize(
    "scope",
    [
        EventScope(),
        EventScope(organisation="a"),
        EventScope(organisation="a", parties=["x:9", "x:8"]),
    ],
    ids=["all", "own", "addressed"],
)
@pytest.mark.parametrize("things", [1, 500])
async def test_names_are_found_by_their_index(
    ledger: Ledger, url: str, scope: EventScope, things: int
) -> None:
    store = Store(url)
    query = select_names([f"x:{n}" for n in range(things)], PARTS, scope, limit=2001)
    async with store.read() as connection:
        assert await find_costs(connection, query, is_filtered=False) == []
    await store.close()
