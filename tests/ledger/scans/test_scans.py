"""Scans are stored once, returned in time order, and counted by day."""

import asyncio
from datetime import date
from itertools import count

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from ledger import Ledger, ScanCount, ScanRow, schema
from tests.ledger.conftest import NOW

DAY = 86_400_000
SCAN = ScanRow(
    id=bytes(range(16)),
    batch=7,
    index=12,
    at=NOW,
    via="page",
    verdict="authentic",
    score=0.25,
    reasons=("first-scan", "near-market"),
    device=2**64 - 1,
    net=2**63,
    lat=10.33,
    lon=106.03,
    accuracy_m=35.5,
    province="82",
    ward="28456",
    country="VN",
    agent_class="android-chrome",
)
BARE = ScanRow(bytes(16), 7, 12, NOW + 1, "app", "caution", 1.5)


def numbered(n: int, at: int = NOW) -> ScanRow:
    return SCAN._replace(id=n.to_bytes(16, "big"), index=n % 5, at=at)


async def test_a_stored_scan_is_returned_unchanged(ledger: Ledger) -> None:
    assert await ledger.scans.append([BARE, SCAN]) == 2
    assert await ledger.scans.list_of_stamp(7, 12) == [SCAN, BARE]
    assert await ledger.scans.list_of_stamp(7, 13) == []


async def test_first_and_anomalous_scans_are_counted_by_batch_and_day(
    ledger: Ledger,
) -> None:
    rows = [
        numbered(1)._replace(first=True),
        numbered(2)._replace(first=True, anomalous=True),
        numbered(3),
        numbered(4, NOW + DAY)._replace(anomalous=True),
        numbered(5)._replace(batch=8, first=True),
    ]
    await ledger.scans.append(rows[:2])
    await ledger.scans.append(rows)  # again, with more: what was counted is not counted twice
    days = (await ledger.scans.list_batch_days([7]))[7]
    assert [(day.scanned, day.anomalous) for day in days] == [(2, 1), (0, 1)]
    assert days[0].at <= NOW < days[1].at == days[0].at + DAY
    assert [
        (day.scanned, day.anomalous) for day in (await ledger.scans.list_batch_days([7, 8]))[8]
    ] == [(1, 0)]
    assert await ledger.scans.list_batch_days([9]) == {}
    assert (await ledger.scans.list_of_stamp(7, 2))[0].anomalous


async def test_a_day_without_first_scans_tells_nothing_of_its_batch(ledger: Ledger) -> None:
    """It is known, for the scans of the batch are read from it (`ledger.scan_days`)."""
    await ledger.scans.append([numbered(1)])
    await ledger.scans.append([numbered(2), numbered(3, NOW + DAY)])
    assert await ledger.scans.list_batch_days([7]) == {}
    days = schema.batch_days.c
    async with ledger._store.read() as connection:
        stored = await connection.execute(select(days.day, days.scanned, days.anomalous))
        assert [(scanned, anomalous) for _, scanned, anomalous in stored] == [(0, 0), (0, 0)]


async def test_appending_no_rows_does_nothing(ledger: Ledger) -> None:
    assert await ledger.scans.append([]) == 0


async def test_a_repeated_scan_is_stored_once(ledger: Ledger) -> None:
    assert await ledger.scans.append([SCAN, BARE, SCAN]) == 2
    assert await ledger.scans.append([SCAN, numbered(3), BARE]) == 1
    assert await ledger.scans.count() == 3
    day = date(2026, 9, 21)
    assert await ledger.scans.count_by_day(day, day) == [
        ScanCount(day, None, "caution", 1),
        ScanCount(day, "82", "authentic", 2),
    ]


async def test_counts_use_days_in_vietnam(ledger: Ledger) -> None:
    midnight = 20_718 * DAY - 7 * 3_600_000  # 2026-09-22 00:00 in Hanoi
    await ledger.scans.append([numbered(1, midnight - 1), numbered(2, midnight)])
    await ledger.scans.append([numbered(3, midnight + DAY - 1)])
    counted = await ledger.scans.count_by_day(date(2026, 9, 1), date(2026, 9, 30))
    assert [(c.day, c.scans) for c in counted] == [(date(2026, 9, 21), 1), (date(2026, 9, 22), 2)]
    assert await ledger.scans.count_by_day(date(2026, 10, 1), date(2026, 10, 2)) == []


async def test_late_scans_are_returned_in_time_order(ledger: Ledger) -> None:
    rows = [SCAN._replace(id=n.to_bytes(16, "big"), at=NOW - n * DAY) for n in range(9)]
    assert await ledger.scans.append(rows) == 9
    assert [row.at for row in await ledger.scans.list_of_stamp(7, 12)] == sorted(
        row.at for row in rows
    )


async def test_scans_of_a_range_include_its_stamps_only(ledger: Ledger) -> None:
    await ledger.scans.append([numbered(n, NOW - n) for n in range(20)])
    found = await ledger.scans.list_of_range(7, 1, 3)
    assert [row.index for row in found] == [2, 1] * 4
    assert found == sorted(found, key=lambda row: row.at)
    assert await ledger.scans.list_of_range(7, 5, 9) == []


async def test_scans_of_a_range_are_in_time_order(ledger: Ledger) -> None:
    rows = [numbered(n, NOW - n) for n in range(20)]  # of the stamps 0-4
    await ledger.scans.append(rows)
    of_run = await ledger.scans.list_of_range(7, 1, 3)
    assert of_run == [row for row in reversed(rows) if 1 <= row.index < 3]
    assert await ledger.scans.list_of_range(8, 0, 100) == []


async def test_concurrent_recorders_store_each_scan_once(ledger: Ledger) -> None:
    parts = [[numbered(n) for n in range(low, low + 40)] for low in range(0, 200, 20)]
    kept = await asyncio.gather(*(ledger.scans.append(part[::-1]) for part in parts))
    assert sum(kept) == await ledger.scans.count() == 220


async def test_a_malformed_row_rolls_its_append_back(ledger: Ledger) -> None:
    bad = BARE._replace(verdict=None)  # type: ignore[arg-type]  # what a faulty caller may send
    with pytest.raises(Exception, match=r"(?i)null"):
        await ledger.scans.append([SCAN, bad])
    assert await ledger.scans.count() == 0


words = st.text(st.characters(codec="utf-8", exclude_characters="\x00,"), min_size=1, max_size=9)
_numbers = count()
optional_hash = st.none() | st.integers(0, 2**64 - 1)
rows = st.builds(
    ScanRow,
    id=st.binary(min_size=16, max_size=16),
    batch=st.just(1),
    index=st.integers(0, 2**24 - 1),
    at=st.integers(NOW, NOW + 2 * DAY),
    via=words,
    verdict=words,
    score=st.floats(allow_nan=False, allow_infinity=False),
    reasons=st.lists(words, max_size=3).map(tuple),
    device=optional_hash,
    net=optional_hash,
    lat=st.none() | st.floats(-90, 90),
    lon=st.none() | st.floats(-180, 180),
    accuracy_m=st.none() | st.floats(0, 1e7),
    province=st.none() | words,
    ward=st.none() | words,
    country=st.none() | words,
    agent_class=st.none() | words,
    first=st.booleans(),
    anomalous=st.booleans(),
    weight=st.none() | words,
    signed=st.none() | words,
)


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(st.lists(rows, max_size=8, unique_by=lambda row: row.id))
async def test_any_scan_is_returned_unchanged(ledger: Ledger, some: list[ScanRow]) -> None:
    # All examples share one ledger, and it keeps the first scan of a name.
    some = [row._replace(id=next(_numbers).to_bytes(8, "big") + row.id[8:]) for row in some]
    await ledger.scans.append(some)
    for row in some:
        assert row in await ledger.scans.list_of_stamp(row.batch, row.index)
