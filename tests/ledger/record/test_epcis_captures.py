"""Captures: durable, leased, recorded once; named queries and the windows of questions."""

import asyncio
import json
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import func, select, text

from ledger import Ledger, Organisation, open_ledger, schema
from ledger.errors import AlreadyExists, CaptureLost, CapturesFull, QueriesFull, UnknownRow
from ledger.record.epcis_captures import KEPT_MS, MOST_ERRORS, MOST_WAITING, Capture, CaptureStep
from ledger.record.epcis_events import EventFilter, NewEvent
from ledger.record.epcis_queries import MOST_QUERIES
from ledger.record.event_windows import EventWindow
from ledger.record.mention_rows import PARTY_NAMES
from ledger.storage.store import Store
from tests.ledger.list_plans import find_costs

LEASE = 60_000
OWN = f"{PARTY_NAMES}a"
"""The name of who tells."""
WRONG = {"index": 0, "path": "/x", "why": "wrong"}


def event(n: int, *, step: str | None = "packing", name: str = "x:1", **more: Any) -> NewEvent:
    keys = [("item", name), ("location", "x:place"), ("party", "x:b"), ("party", OWN)]
    return NewEvent(f"{n:064x}", "ObjectEvent", n, step, {"n": n}, {}, keys, **more)


async def taken(ledger: Ledger, id_: str = "c1", **changes: Any) -> Capture:
    if not await ledger.organisations.list():
        await ledger.organisations.add(Organisation("a", "packer", "a", province="66"))
    made = Capture(id_, "a", "mai", changes.pop("behaviour", "rollback"), 1_000, 9, **changes)
    return await ledger.epcis_captures.add(made, b"document")


def step(
    *events: NewEvent, position: int = 9, is_last: bool = True, refused: int = 0
) -> CaptureStep:
    return CaptureStep(events, [WRONG] * min(refused, MOST_ERRORS), refused, position, is_last)


async def count(ledger: Ledger) -> int:
    return len(await ledger.epcis_events.find_page(EventFilter(), limit=100))


async def test_a_capture_is_recorded_with_its_end_in_one_transaction(ledger: Ledger) -> None:
    await taken(ledger)
    leased = await ledger.epcis_captures.lease(LEASE)
    assert leased is not None
    capture, document = leased
    assert document == b"document"
    done = await ledger.epcis_captures.record(
        capture, step(event(1), event(2), event(1)), lease_ms=LEASE
    )
    assert (done.state, done.added, done.known, done.position) == ("finished", 2, 1, 9)
    assert [done] == await ledger.epcis_captures.find_page("a", id_="c1", limit=1)
    assert await ledger.epcis_captures.find_page("b", limit=1) == []
    assert await ledger.epcis_captures.lease(LEASE) is None
    assert await count(ledger) == 2


async def test_a_worker_whose_lease_ended_writes_nothing(ledger: Ledger) -> None:
    await taken(ledger, behaviour="proceed")
    first = await ledger.epcis_captures.lease(-1)
    second = await ledger.epcis_captures.lease(LEASE)
    assert first is not None
    assert second is not None
    with pytest.raises(CaptureLost):
        await ledger.epcis_captures.record(first[0], step(event(1)), lease_ms=LEASE)
    assert await count(ledger) == 0
    part = await ledger.epcis_captures.record(
        second[0], step(event(1), position=3, is_last=False, refused=2), lease_ms=LEASE
    )
    assert (part.state, part.position, part.refused) == ("waiting", 3, 2)
    done = await ledger.epcis_captures.record(part, step(event(2), refused=200), lease_ms=LEASE)
    assert (done.added, done.refused, len(done.errors)) == (2, 202, MOST_ERRORS)
    with pytest.raises(CaptureLost):
        await ledger.epcis_captures.record(done, step(event(3)), lease_ms=LEASE)
    assert await count(ledger) == 2


async def count_staged(url: str) -> int:
    store = Store(url)
    async with store.read() as connection:
        counts = [
            await connection.scalar(select(func.count()).select_from(table)) or 0
            for table in (
                schema.epcis_staged_events,
                schema.epcis_staged_keys,
                schema.epcis_staged_errors,
            )
        ]
    await store.close()
    return sum(counts)


async def list_mentions(url: str) -> list[tuple[int, int, str]]:
    """Number, event and state of what names another than the teller."""
    store, table = Store(url), schema.mentions.c
    async with store.read() as connection:
        rows = (await connection.execute(select(schema.mentions).order_by(table.id))).all()
    await store.close()
    assert {one.key for one in rows} == {"x:b"}
    return [(one.id, int(one.event, 16), one.state) for one in rows]


async def test_staged_events_are_recorded_at_once(ledger: Ledger, url: str) -> None:
    captures = ledger.epcis_captures
    await taken(ledger)
    await ledger.epcis_events.record("a", [event(1)], actor="mai")
    leased = await captures.lease(LEASE)
    assert leased is not None
    wrong = event(3, error={"reason": "x"})
    known = event(1, error={"reason": "y"})
    capture = await captures.stage(leased[0], [event(1), event(2), wrong], lease_ms=LEASE)
    capture = await captures.stage(capture, [event(2), known], lease_ms=LEASE)
    assert await count(ledger) == 1
    await ledger.epcis_events.record("a", [event(2)], actor="mai")  # while it was staged
    done = await captures.record_staged(capture)
    assert (done.state, done.added, done.known, done.position) == ("finished", 1, 8, 9)
    found = await ledger.epcis_events.find_page(EventFilter(key="x:1", parts=["item"]), limit=9)
    assert [(one.body["n"], one.declarations) for one in found] == [
        (3, [{"reason": "x"}]),
        (2, []),
        (1, [{"reason": "y"}]),
    ]
    mentions = await list_mentions(url)
    assert mentions == [(1, 1, "withdrawn"), (2, 2, "open"), (3, 3, "withdrawn")]
    [entry] = [one for one in await ledger.audit.list_after(0) if one.details.get("errors")]
    assert (entry.details["events"], entry.details["errors"]) == (1, 2)
    while await captures.delete_left_over():
        pass
    assert await count_staged(url) == 0


async def test_what_a_killed_worker_staged_is_deleted(
    ledger: Ledger, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ledger.record.staged_events._DELETED_AT_ONCE", 2)
    captures = ledger.epcis_captures
    await taken(ledger)
    first = await captures.lease(-1)
    assert first is not None
    killed = await captures.stage(first[0], [event(n) for n in range(5)], lease_ms=-1)
    second = await captures.lease(LEASE)
    assert second is not None
    for writing in (
        captures.stage(killed, [event(9)], lease_ms=LEASE),
        captures.record_staged(killed),
        captures.unstage(killed, lease_ms=LEASE),
    ):
        with pytest.raises(CaptureLost):
            await writing
    assert await captures.delete_left_over() is False  # it still waits
    capture = await captures.unstage(second[0], lease_ms=LEASE)
    assert await count_staged(url) == 0
    capture = await captures.stage(capture, [event(7)], lease_ms=LEASE)
    assert (await captures.record_staged(capture)).added == 1
    assert await count(ledger) == 1


async def test_a_lease_that_was_given_back_is_taken_at_once(ledger: Ledger) -> None:
    await taken(ledger)
    leased = await ledger.epcis_captures.lease(LEASE)
    assert leased is not None
    assert await ledger.epcis_captures.lease(LEASE) is None
    await ledger.epcis_captures.release(leased[0])
    assert await ledger.epcis_captures.lease(LEASE) is not None


async def test_other_writers_wait_only_for_the_end_of_a_capture(postgres_url: str) -> None:
    """What takes time, the rows and their indexes, is written before the writer's lock."""
    locked = (
        "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'chain_heads'::regclass"
    )
    written = (
        "SELECT count(*) FROM pg_locks WHERE relation = 'epcis_keys'::regclass"
        " AND mode = 'RowExclusiveLock'"
    )
    async with await open_ledger(postgres_url, otp_keys=lambda: [bytes(32)]) as ledger:
        await taken(ledger)
        leased = await ledger.epcis_captures.lease(LEASE)
        assert leased is not None
        capture = await ledger.epcis_captures.stage(leased[0], [event(1)], lease_ms=LEASE)
        store = Store(postgres_url)
        async with store.write() as connection:
            recording = asyncio.create_task(ledger.epcis_captures.record_staged(capture))
            for _ in range(1000):
                if await connection.scalar(text(locked)):
                    break
                await asyncio.sleep(0.01)
            assert await connection.scalar(text(written)) == 1
        assert (await recording).added == 1
        await store.close()


async def test_an_organisation_has_few_captures_waiting(ledger: Ledger) -> None:
    for n in range(MOST_WAITING):
        await taken(ledger, f"c{n}")
    with pytest.raises(CapturesFull):
        await taken(ledger, "more")
    with pytest.raises(UnknownRow):
        await ledger.epcis_captures.add(Capture("d", "nobody", "x", "rollback", 1, 1), b"")


async def test_an_old_capture_is_deleted_and_its_events_stay(ledger: Ledger) -> None:
    await taken(ledger)
    leased = await ledger.epcis_captures.lease(LEASE)
    assert leased is not None
    done = await ledger.epcis_captures.record(leased[0], step(event(1)), lease_ms=LEASE)
    assert done.finished_at is not None
    ledger.epcis_captures._clock = lambda: (done.finished_at or 0) + KEPT_MS
    assert await ledger.epcis_captures.delete_old() == 0
    ledger.epcis_captures._clock = lambda: (done.finished_at or 0) + KEPT_MS + 1
    assert await ledger.epcis_captures.delete_old() == 1
    assert await count(ledger) == 1


async def test_a_name_of_a_query_is_its_owners(ledger: Ledger) -> None:
    queries = ledger.epcis_queries
    made = await queries.add("a", "mine", {"EQ_action": "ADD"}, actor="mai")
    assert await queries.get("a", "mine") == made
    assert await queries.list("b") == []
    with pytest.raises(AlreadyExists):
        await queries.add("a", "mine", {}, actor="mai")
    with pytest.raises(UnknownRow):
        await queries.remove("b", "mine", actor="lan")
    await queries.remove("a", "mine", actor="mai")
    acts = [one.action for one in await ledger.audit.list_after(0)]
    assert acts == ["event_query.add", "event_query.remove"]
    for n in range(MOST_QUERIES):
        await queries.add("a", f"q{n}", {}, actor="mai")
    with pytest.raises(QueriesFull):
        await queries.add("a", "more", {}, actor="mai")


async def numbers(ledger: Ledger, **asked: Any) -> list[int]:
    found = await ledger.event_windows.read(EventWindow(**asked), after=None, limit=50)
    return [one.row.body["n"] for one in found]


async def test_a_question_is_led_by_what_an_index_answers(ledger: Ledger) -> None:
    await taken(ledger)
    stated = "urn:uuid:7"
    told = [event(1), event(2, step="shipping"), event(3, name="x:2"), event(4, step=None)]
    told[3] = replace(told[3], keys=[("stated_id", stated)], stated_id=stated)
    await ledger.epcis_events.record("a", told[:2], actor="mai", at=20)
    await ledger.epcis_events.record("a", told[2:], actor="mai", at=10)
    assert await numbers(ledger) == [4, 3, 2, 1]
    assert await numbers(ledger, is_descending=False, since=2, until=4) == [2, 3]
    assert await numbers(ledger, sort="recorded_at", since=15) == [2, 1]
    assert await numbers(ledger, lead="step", values=["packing", "shipping"]) == [3, 2, 1]
    both = {"lead": "key", "values": ["x:1", "x:2", "x:place"], "parts": ["item", "location"]}
    assert await numbers(ledger, **both) == [3, 2, 1]
    ids = {"lead": "id", "values": [f"{1:064x}", stated], "parts": ["stated_id"]}
    assert await numbers(ledger, **ids) == [4, 1]
    assert await numbers(ledger, organisation="b") == []
    assert await numbers(ledger, province="66", lead="step", values=["shipping"]) == [2]


@pytest.mark.parametrize(
    "wanted",
    [
        EventWindow(),
        EventWindow(organisation="a", is_descending=False, since=1),
        EventWindow(sort="recorded_at", until=9),
        EventWindow(organisation="a", sort="recorded_at"),
        EventWindow(lead="step", values=["packing", "shipping"]),
        EventWindow(lead="step", values=["packing"], organisation="a"),
        EventWindow(lead="key", values=["x:1", "x:2"], parts=["item"]),
        EventWindow(lead="id", values=["0" * 64], organisation="a"),
        EventWindow(lead="id", values=["urn:uuid:1"], parts=["stated_id"]),
    ],
    ids=["all", "own", "new", "own new", "steps", "own step", "items", "id", "stated id"],
)
async def test_no_window_reads_or_sorts_a_whole_table(
    ledger: Ledger, url: str, wanted: EventWindow
) -> None:
    store = Store(url)
    async with store.read() as connection:
        for after in (None, (5, "0" * 64, "a")):
            query = wanted._select_one(min(wanted.values, default=""), after, 11)
            assert await find_costs(connection, query, is_filtered=False) == []
    await store.close()


async def test_errors_are_kept_as_they_were_told(ledger: Ledger) -> None:
    made = await taken(ledger, errors=(WRONG,))
    [found] = await ledger.epcis_captures.find_page(None, limit=9)
    assert json.dumps(found.errors) == json.dumps(made.errors)
