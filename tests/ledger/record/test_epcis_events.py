"""Events of organisations: each once, in whatever order reports come, found by what they name."""

import asyncio
import random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from ledger import Ledger, Organisation, open_ledger, schema
from ledger.errors import UnknownRow
from ledger.record.epcis_events import EventFilter, EventRow, NewEvent, RecordedEvents
from ledger.storage.row_lists import is_one_of
from ledger.storage.store import Store
from tests.ledger.list_plans import find_costs

ITEMS = ("item", "parent", "input", "output")
ERROR = {"declarationTime": "2026-09-13T00:00:00Z"}


def event(n: int, *names: str, error: Any = None, part: str = "item") -> NewEvent:
    keys = [(part, name) for name in names] or [(part, "x:1")]
    return NewEvent(f"{n:064x}", "ObjectEvent", n, "packing", {"n": n}, {}, keys, error)


async def add_packers(ledger: Ledger, *ids: str) -> None:
    for id_ in ids:
        await ledger.organisations.add(Organisation(id_, "packer", id_, province=id_))


async def find(ledger: Ledger, **wanted: Any) -> list[tuple[str, int]]:
    rows = await ledger.epcis_events.find_page(EventFilter(**wanted), limit=100)
    return [(row.organisation, row.at) for row in rows]


async def test_an_event_that_comes_again_adds_nothing(ledger: Ledger) -> None:
    await add_packers(ledger, "a")
    events = [event(1), event(2, error=ERROR), event(1)]
    first = await ledger.epcis_events.record("a", events, actor="mai", at=5)
    again = await ledger.epcis_events.record("a", events, actor="lan", at=6)
    assert (first, again) == (RecordedEvents(2, 2, 1), RecordedEvents(2, 0, 0))
    rows = await ledger.epcis_events.find_page(EventFilter(), limit=9)
    assert [(row.at, row.actor, row.recorded_at, len(row.errors)) for row in rows] == [
        (2, "mai", 5, 1),
        (1, "mai", 5, 0),
    ]
    acts = [one for one in await ledger.audit.list_after(0) if one.action == "event.record"]
    assert len(acts) == 1
    assert (await ledger.audit.verify()).problems == ()


async def test_reports_at_the_same_time_record_each_event_once(ledger: Ledger) -> None:
    await add_packers(ledger, "a")
    events = [event(n) for n in range(20)]
    recorded = await asyncio.gather(
        *(ledger.epcis_events.record("a", events[n : n + 10], actor="mai") for n in range(10))
    )
    assert sum(one.added for one in recorded) == len(await find(ledger)) == 19


async def test_the_same_event_of_two_organisations_is_a_statement_of_each(ledger: Ledger) -> None:
    await add_packers(ledger, "a", "b")
    for who in "ab":
        await ledger.epcis_events.record(who, [event(1)], actor=who)
    assert await find(ledger, id=event(1).id) == [("b", 1), ("a", 1)]
    assert await find(ledger, organisation="a") == [("a", 1)]
    assert await find(ledger, province="b") == [("b", 1)]


async def test_events_are_found_by_what_they_name_and_when(ledger: Ledger) -> None:
    await add_packers(ledger, "a")
    events = [event(1, "x:1", "x:2"), event(2, "x:2"), event(3, "x:2", part="location")]
    both = NewEvent("f" * 64, "ObjectEvent", 4, None, {}, {}, [("input", "x:9"), ("output", "x:9")])
    await ledger.epcis_events.record("a", [*events, both], actor="mai")
    assert await find(ledger, key="x:2", parts=ITEMS) == [("a", 2), ("a", 1)]
    assert await find(ledger, key="x:2", parts=["location"]) == [("a", 3)]
    assert await find(ledger, key="x:9", parts=ITEMS) == [("a", 4)]
    assert await find(ledger, since=2, until=4) == [("a", 3), ("a", 2)]


async def test_pages_hold_each_event_once(ledger: Ledger) -> None:
    await add_packers(ledger, "a", "b")
    for who in "ab":
        await ledger.epcis_events.record(who, [event(n // 3) for n in range(9)], actor=who)
    for wanted in (EventFilter(), EventFilter(key="x:1", parts=ITEMS)):
        found: list[EventRow] = []
        while True:
            last = None if not found else (found[-1].at, found[-1].id, found[-1].organisation)
            page = await ledger.epcis_events.find_page(wanted, after=last, limit=2)
            if not page:
                break
            found += page
        whole = await ledger.epcis_events.find_page(wanted, limit=100)
        assert found == whole
        assert len(whole) == 6


async def test_an_organisation_that_does_not_exist_tells_nothing(ledger: Ledger) -> None:
    with pytest.raises(UnknownRow):
        await ledger.epcis_events.record("nobody", [event(1)], actor="mai")


@pytest.mark.parametrize(
    "wanted",
    [
        EventFilter(),
        EventFilter(organisation="a"),
        EventFilter(organisation="a", id="0" * 64),
        EventFilter(since=1, until=2),
        EventFilter(key="x:1", parts=ITEMS),
    ],
    ids=["all", "own", "one", "days", "item"],
)
@pytest.mark.parametrize("after", [None, (5, "0" * 64, "a")])
async def test_no_question_reads_or_sorts_a_whole_table(
    ledger: Ledger, url: str, wanted: EventFilter, after: Any
) -> None:
    store = Store(url)
    async with store.read() as connection:
        query = wanted.select(after, 11)
        assert await find_costs(connection, query, is_filtered=False) == []
    await store.close()


@pytest.mark.parametrize("organisations", [1, 3, 500])
async def test_the_events_of_a_page_are_read_by_their_primary_key(
    ledger: Ledger, url: str, organisations: int
) -> None:
    pairs = [(f"p{n % organisations}", f"{n:064x}") for n in range(500)]
    store = Store(url)
    async with store.read() as connection:
        for columns in (
            (schema.epcis_events.c.organisation, schema.epcis_events.c.id),
            (schema.epcis_errors.c.organisation, schema.epcis_errors.c.event),
        ):
            query = select(*columns).where(is_one_of(connection, *columns, pairs))
            assert await find_costs(connection, query, is_filtered=False) == []
    await store.close()


@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
@given(seed=st.integers(0, 2**32), count=st.integers(1, 12))
def test_no_order_of_late_and_doubled_reports_loses_or_doubles_an_event(
    sqlite_url: str, seed: int, count: int
) -> None:
    """Any sequence of reports that covers all events ends in the same record."""
    order = random.Random(seed)
    base = seed * 1000
    events = [event(base + n, error=ERROR if n % 3 == 0 else None) for n in range(count)]
    plain = [event(base + n) for n in range(count)]  # before somebody declared the error
    told = [*events, *order.choices(events + plain, k=count)]
    order.shuffle(told)

    async def report() -> None:
        async with await open_ledger(sqlite_url) as ledger:
            organisation = f"p{seed}"
            await ledger.organisations.add(Organisation(organisation, "packer", "x"))
            rest = list(told)
            while rest:
                size = order.randint(1, 4)
                report, rest = rest[:size], rest[size:]
                await ledger.epcis_events.record(organisation, report, actor="mai")
            wanted = EventFilter(organisation=organisation)
            rows = await ledger.epcis_events.find_page(wanted, limit=100)
            found = sorted((row.id, row.body["n"], len(row.errors)) for row in rows)
            assert found == sorted(
                (one.id, one.body["n"], int(one.error is not None)) for one in events
            )

    asyncio.run(report())
