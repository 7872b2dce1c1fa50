"""Entries of the diary in the ledger: with their events or not at all, and read by indexes."""

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import func, select

from ledger import Ledger, Organisation, schema
from ledger.diary.entries import LONGEST_WAITING_MS, EntryTakenBack, NewEntry
from ledger.errors import UnknownRow
from ledger.record.epcis_events import EventFilter, NewEvent
from stamps.vietnam_time import DAY_MS
from tests.ledger.list_plans import find_costs
from traceability.diary.entry_kinds import find_entry_kind

ROOT = Path(__file__).parents[3]
ERROR = {"declarationTime": "2026-09-13T00:00:00Z", "reason": "did_not_occur"}


def entry(n: int, kind: str = "input", days: int = 7, place: str = "A") -> NewEntry:
    """An entry of the n-th day."""
    event = NewEvent(f"{n:064x}", "ObjectEvent", n * DAY_MS, "other", {"n": n}, {}, [])
    free_from = (n + days) * DAY_MS if kind == "input" else None
    return NewEntry(event, kind, place=place, lot=f"L{n % 3}", free_from=free_from)


async def count_rows(ledger: Ledger) -> tuple[int, int]:
    """The numbers of entries and of events."""
    async with ledger._store.read() as connection:
        counts = [
            await connection.scalar(select(func.count()).select_from(table))
            for table in (schema.diary_entries, schema.epcis_events)
        ]
    return counts[0] or 0, counts[1] or 0


@pytest.fixture(autouse=True)
async def grower(ledger: Ledger) -> None:
    await ledger.organisations.add(Organisation("g", "grower", "G"))


async def test_an_entry_whose_event_is_known_is_listed_nevertheless(ledger: Ledger) -> None:
    new = entry(1)
    await ledger.epcis_events.record("g", [new.event], actor="mai")
    assert (await ledger.diary_entries.record("g", [new, new], actor="mai")).added == 0
    assert await count_rows(ledger) == (1, 1)


async def test_a_correction_of_an_unknown_entry_records_nothing(ledger: Ledger) -> None:
    await ledger.diary_entries.record("g", [entry(1)], actor="mai")
    for organisation, id_ in (("other", entry(1).event.id), ("g", entry(2).event.id)):
        with pytest.raises(UnknownRow):
            await ledger.diary_entries.take_back(
                organisation, id_, ERROR, corrected=entry(3), actor="mai"
            )
    assert await count_rows(ledger) == (1, 1)
    id_ = entry(1).event.id
    done = await asyncio.gather(
        *(
            ledger.diary_entries.take_back("g", id_, ERROR, corrected=entry(n), actor="mai")
            for n in (5, 6, 7)
        ),
        return_exceptions=True,
    )
    assert sum(isinstance(one, EntryTakenBack) for one in done) == 2
    assert await count_rows(ledger) == (2, 2)
    assert (await ledger.audit.verify()).problems == ()


async def test_treatments_are_those_whose_waiting_period_has_not_ended(ledger: Ledger) -> None:
    entries = [entry(1, days=730), entry(740), entry(745), entry(750), entry(746, place="B")]
    await ledger.diary_entries.record("g", entries, actor="mai")
    found = await ledger.diary_entries.find_treatments(
        ["A"], since=730 * DAY_MS, until=747 * DAY_MS
    )
    assert [row.at // DAY_MS for row in found] == [745, 740, 1]
    longest = find_entry_kind("input").field("waiting_days").most
    assert longest is not None
    assert longest * DAY_MS < LONGEST_WAITING_MS


async def test_the_first_harvest_of_goods_counts(ledger: Ledger) -> None:
    entries = [entry(n, "harvest") for n in (3, 6, 4)] + [entry(1)]
    await ledger.diary_entries.record("g", entries, actor="mai")
    found = await ledger.diary_entries.find_harvests(["L0", "L1", "L2"])
    assert found == {"L0": 3 * DAY_MS, "L1": 4 * DAY_MS}


async def test_what_judges_a_page_is_read_by_indexes(ledger: Ledger) -> None:
    rows = schema.diary_entries.c
    of_place = (rows.place.in_(["A"]), rows.at > 1, rows.at < 9)
    for conditions in (of_place, (*of_place, rows.kind.in_(["harvest"]))):
        query = select(rows.event).where(*conditions).order_by(rows.at.desc(), rows.event.desc())
        async with ledger._store.read() as connection:
            assert not await find_costs(connection, query.limit(50), is_filtered=False)


# A writer that corrects one entry after another; the test kills it in the middle of one.
WRITER = """
import asyncio, sys
from ledger import open_ledger
from tests.ledger.diary.test_diary_entries import ERROR, entry

async def main(url):
    async with await open_ledger(url) as ledger:
        await ledger.diary_entries.record("g", [entry(0)], actor="mai")
        for n in range(3_000):
            await ledger.diary_entries.take_back(
                "g", entry(n).event.id, ERROR, corrected=entry(n + 1), actor="mai"
            )
            print(n, flush=True)

asyncio.run(main(sys.argv[1]))
"""


def start_writer(url: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-c", WRITER, url], stdout=subprocess.PIPE, text=True, cwd=ROOT
    )


async def test_a_killed_correction_leaves_both_entries_or_the_old_one(
    url: str, ledger: Ledger
) -> None:
    process = start_writer(url)
    assert process.stdout is not None
    answered = [process.stdout.readline() for _ in range(3)]
    os.kill(process.pid, signal.SIGKILL)
    answered += process.stdout.read().split()
    process.communicate()
    entries, events = await count_rows(ledger)
    assert entries == events
    assert entries - 1 - len(answered) in (0, 1)
    page = await ledger.epcis_events.find_page(EventFilter(), limit=5_000)
    assert [bool(row.errors) for row in page] == [False] + [True] * (events - 1)
    assert (await ledger.audit.verify()).problems == ()
