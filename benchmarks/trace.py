"""Traces over a million events on both engines, and recording events beside bare inserts.

`trace.back.ENGINE` is the 95th percentile of a trace back through a chain of 12 transformations,
`trace.recall.ENGINE` the seconds from an input batch to a proposal of a recall of every stamp;
beside it stands how many stamps. `trace.capture.ENGINE` is events recorded a second, with their
names, hashes and the audit log; its peer writes the same rows with nothing else (`COPY` on
PostgreSQL, `executemany` on SQLite).
"""

import asyncio
import json
import sqlite3
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from statistics import quantiles
from typing import Any, Final, NamedTuple

import psycopg

from benchmarks.figures import Figure
from benchmarks.plan import Plan
from ledger import Batch, Ledger, LotRow, Order, Organisation, open_ledger
from services import Actor, ServiceContext
from services.record.event_record import record_events
from services.traces.trace_recalls import preview_trace_recall
from services.traces.trace_starts import StartRequest
from services.traces.traces import trace_item
from stamps.lifecycle import Transition
from stamps.timestamps import format_rfc3339
from tests.accounts import add_accounts
from tests.servers import PostgresServer
from traceability.diary.entry_events import name_lot
from traceability.trace import TraceDirection

NOW: Final = 1_790_000_000_000
STEPS: Final = 12
_PACKER: Final = "packer"
_STEP: Final = "creating_class_instance"
_INPUT: Final = "https://veritem.vn/input/ridomil/batch/r7"
_AT_ONCE: Final = 20_000
_EVENTS: Final = ("organisation", "id", "at", "recorded_at", "actor", "type", "step", "document")
_KEYS: Final = ("key", "at", "event", "organisation", "part")
Row = tuple[Any, ...]


class TraceWorldSize(NamedTuple):
    """How much is measured."""

    events: int
    lots: int
    """Lots that the input batch leads to."""
    stamps: int
    """Stamps of each lot."""
    captured: int
    rounds: int


FULL: Final = TraceWorldSize(1_000_000, 400, 1_000, 10_000, 200)
QUICK: Final = TraceWorldSize(30_000, 40, 1_000, 1_500, 20)


def run(plan: Plan) -> Iterator[Figure]:
    """Fill a ledger on each engine, trace in it and record events."""
    size = QUICK if plan.quick else FULL
    with tempfile.TemporaryDirectory(prefix="veritem-bench-") as directory:
        path = Path(directory, "ledger.db")
        yield from asyncio.run(_measure(f"sqlite:///{path}", "sqlite", size))
    with PostgresServer() as server:
        yield from asyncio.run(_measure(server.database(), "postgresql", size))


async def _measure(url: str, engine: str, size: TraceWorldSize) -> list[Figure]:
    async with await open_ledger(url, clock=lambda: NOW) as ledger:
        await ledger.migrate()
        await add_accounts(ledger, "an", "binh")
        await ledger.organisations.add(Organisation(_PACKER, "packer", "HTX Krông Pắc"))
        await _bind_stamps(ledger, size)
        for events, keys in _make_rows(size):
            _insert(url, "epcis_events", _EVENTS, events)
            _insert(url, "epcis_keys", _KEYS, keys)
        if engine == "postgresql":
            _analyze(url)
        return [
            await _measure_back(ledger, engine, size),
            await _measure_recall(ledger, engine),
            await _measure_capture(ledger, url, engine, size),
        ]


def _make_context(ledger: Ledger, role: Any = "inspector") -> ServiceContext:
    organisation = _PACKER if role == "packer" else None
    return ServiceContext(ledger, Actor("an", role, organisation), lambda: NOW)


async def _bind_stamps(ledger: Ledger, size: TraceWorldSize) -> None:
    """A batch whose stamps are bound to the lots that the input batch leads to."""
    count = size.lots * size.stamps
    order = await ledger.orders.add(Order("o1", count, "sealed", requested_by="an"))
    await ledger.orders.approve(order.id, actor="binh")
    batch: Batch = await ledger.batches.add(
        order="o1", count=count, grade="sealed", epoch=0, host="VERITEM.VN", actor="an", key="b1"
    )
    transitions, number = ledger.transitions, batch.number
    await transitions.apply(number, 0, count, Transition.PRINT, actor="an", key="p1")
    for n in range(size.lots):
        lot = LotRow(f"L{n}", {"lot": n}, (), organisation=_PACKER)
        await ledger.lots.save(lot)
        lo, hi = n * size.stamps, (n + 1) * size.stamps
        await transitions.apply(
            number, lo, hi, Transition.ACTIVATE, actor="an", key=f"a{n}", lot=f"L{n}"
        )


def _make_rows(size: TraceWorldSize) -> Iterator[tuple[list[Row], list[Row]]]:
    """Chains of 12 transformations; at the last, one in so many makes a lot with stamps."""
    events: list[Row] = []
    keys: list[Row] = []
    chains = size.events // STEPS
    every = max(1, chains // size.lots)
    for chain in range(chains):
        is_sprayed = chain % every == 0 and chain // every < size.lots
        for step in range(STEPS):
            first = _INPUT if is_sprayed and step == 0 else f"urn:x:{chain}:{step}"
            last = is_sprayed and step == STEPS - 1
            made = name_lot(f"L{chain // every}") if last else f"urn:x:{chain}:{step + 1}"
            event, named = _make_event(chain * STEPS + step, first, made)
            events.append(event)
            keys += named
        if len(events) >= _AT_ONCE:
            yield events, keys
            events, keys = [], []
    yield events, keys


def _make_event(number: int, taken: str, made: str) -> tuple[Row, list[Row]]:
    at, id_ = NOW - 10**9 + number * 100, f"{number:064x}"
    body = {
        "type": "TransformationEvent",
        "eventTime": format_rfc3339(at),
        "eventTimeZoneOffset": "+07:00",
        "bizStep": _STEP,
        "inputQuantityList": [{"epcClass": taken, "quantity": 10, "uom": "KGM"}],
        "outputQuantityList": [{"epcClass": made, "quantity": 9, "uom": "KGM"}],
    }
    document = json.dumps({"event": body, "context": {}})
    event = (_PACKER, id_, at, NOW, "an", "TransformationEvent", _STEP, document)
    return event, [(taken, at, id_, _PACKER, "input"), (made, at, id_, _PACKER, "output")]


def _insert(url: str, table: str, columns: Sequence[str], rows: Sequence[Row]) -> None:
    """Write rows as fast as the engine takes them."""
    names = ", ".join(columns)
    if url.startswith("sqlite"):
        marks = ", ".join("?" * len(columns))
        insert = f"INSERT INTO {table} ({names}) VALUES ({marks})"  # noqa: S608 - our names
        with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as file, file:
            file.executemany(insert, rows)
        return
    copying = f"COPY {table} ({names}) FROM STDIN"
    with psycopg.connect(url) as server, server.cursor() as cursor, cursor.copy(copying) as copy:
        for row in rows:
            copy.write_row(row)


def _analyze(url: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("ANALYZE")


async def _measure_back(ledger: Ledger, engine: str, size: TraceWorldSize) -> Figure:
    context = _make_context(ledger)
    chains = size.events // STEPS
    times = []
    for n in range(size.rounds):
        asked = StartRequest(f"urn:x:{(n * 7919 + 1) % chains}:{STEPS}")
        start = time.perf_counter()
        await trace_item(context, asked, TraceDirection.BACK)
        times.append((time.perf_counter() - start) * 1000)
    return Figure(f"trace.back.{engine}", quantiles(times, n=20)[-1], "ms p95")


async def _measure_recall(ledger: Ledger, engine: str) -> Figure:
    start = time.perf_counter()
    preview = await preview_trace_recall(_make_context(ledger), StartRequest(_INPUT))
    seconds = time.perf_counter() - start
    return Figure(f"trace.recall.{engine}", seconds, "s", {"stamps": preview.reach.stamps})


async def _measure_capture(ledger: Ledger, url: str, engine: str, size: TraceWorldSize) -> Figure:
    """Record documents of 500 events, and write the same rows bare under other ids."""
    context = _make_context(ledger, "packer")
    ours = bare = 0.0
    for start in range(0, size.captured, 500):
        made = [
            _make_event(2 * size.events + n, f"urn:y:{n}", f"urn:y:{n + 1}")
            for n in range(start, start + 500)
        ]
        bodies = [json.loads(event[-1])["event"] for event, _ in made]
        began = time.perf_counter()
        await record_events(context, {"@context": (), "epcisBody": {"eventList": bodies}})
        ours += time.perf_counter() - began
        began = time.perf_counter()
        _insert(url, "epcis_events", _EVENTS, [event for event, _ in made])
        _insert(url, "epcis_keys", _KEYS, [key for _, named in made for key in named])
        bare += time.perf_counter() - began
    rates = {"ours": size.captured / ours, "bare": size.captured / bare}
    return Figure(
        f"trace.capture.{engine}", rates["ours"], "events/s",
        {"bare_insert": rates["bare"]}, {"bare_insert": rates["ours"] / rates["bare"]},
    )  # fmt: skip
