"""A case reads a bounded part of the scans of its stamp, and says how many there are."""

from typing import Any, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import event, text

from ledger import Ledger, ScanRow, schema
from ledger.scans import scan_days, stamp_scans
from ledger.scans.scan_days import group_days
from stamps.vietnam_time import to_day_number
from tests.ledger.conftest import NOW

MINUTE = 60_000


@pytest.fixture(autouse=True)
def small_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    """Bounds that a few dozen scans exceed."""
    monkeypatch.setattr(stamp_scans, "FIRST_SCANS", 6)
    monkeypatch.setattr(stamp_scans, "LAST_SCANS", 4)
    monkeypatch.setattr(stamp_scans, "MOST_MOMENTS", 2)
    monkeypatch.setattr(stamp_scans, "MOST_COUNTED", 30)


async def add_scans(ledger: Ledger, count: int, index: int = 5) -> list[ScanRow]:
    rows = [
        ScanRow(n.to_bytes(16, "big"), 7, index, NOW + n * MINUTE, "page", "authentic", 0.0)
        for n in range(count)
    ]
    await ledger.scans.append(rows[::-1])
    return rows


@pytest.mark.parametrize("count", [0, 1, 6])
async def test_a_stamp_with_few_scans_shows_all(ledger: Ledger, count: int) -> None:
    rows = await add_scans(ledger, count)
    await add_scans(ledger, 3, index=6)
    found = await ledger.scan_excerpts.read(7, 5, [NOW])
    assert (found.rows, found.total, found.is_complete) == (rows, count, True)


async def test_of_many_scans_the_first_the_last_and_the_evidence_are_read(ledger: Ledger) -> None:
    rows = await add_scans(ledger, 25)
    moments = [rows[9].at, rows[12].at, rows[15].at]
    found = await ledger.scan_excerpts.read(7, 5, moments)
    # The seventh was read to see whether more follow; the third moment is above the bound.
    assert found.rows == [*rows[:7], rows[9], rows[12], *rows[-4:]]
    assert (found.total, found.is_more, found.is_complete) == (25, False, False)


async def test_parts_that_overlap_name_each_scan_once(ledger: Ledger) -> None:
    rows = await add_scans(ledger, 8)
    found = await ledger.scan_excerpts.read(7, 5, [rows[3].at, rows[7].at])
    assert (found.rows, found.is_complete) == (rows, True)


async def test_scans_are_counted_up_to_a_bound(ledger: Ledger) -> None:
    await add_scans(ledger, 31)
    found = await ledger.scan_excerpts.read(7, 5)
    assert (found.total, found.is_more, found.is_complete) == (30, True, False)


DAYS: Final = 40
"""Days on which stamps of another batch were scanned."""


async def test_scans_on_many_days_are_read_as_those_of_one(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The days are read in groups, those of the last scans from the end."""
    monkeypatch.setattr(scan_days, "DAYS_AT_ONCE", 3)
    rows = [
        ScanRow(bytes([n]) * 16, 7, 5, NOW + n * schema.DAY_MS, "page", "authentic", 0.0)
        for n in [*range(7), *range(9, 30, 2)]
    ]
    await ledger.scans.append(rows)
    found = await ledger.scan_excerpts.read(7, 5, [rows[9].at])
    assert found.rows == [*rows[:7], rows[9], *rows[-4:]]
    assert (found.total, found.is_more) == (len(rows), False)
    assert await ledger.scans.list_of_range(7, 5, 6) == rows


async def test_scans_are_read_from_the_days_on_which_the_batch_was_scanned(ledger: Ledger) -> None:
    """The other days are not opened, neither for a case nor for the history of the stamp."""
    if not ledger.changes.can_listen:
        pytest.skip("SQLite has no partitions")

    def scan(batch: int, days_ago: int, *, first: bool = False) -> ScanRow:
        at = NOW - days_ago * schema.DAY_MS
        name = (batch * 1000 + days_ago).to_bytes(16, "big")
        return ScanRow(name, batch, 5, at, "page", "authentic", 0.0, first=first)

    await ledger.scans.append([scan(8, day) for day in range(DAYS)])
    late = scan(7, 30)._replace(anomalous=True)
    of_stamp = [late, scan(7, 20, first=True), scan(7, 1)]
    await ledger.scans.append([of_stamp[1]])
    await ledger.scans.append([of_stamp[0], of_stamp[2]])  # scanned without a network, sent late
    alert = await ledger.alerts.report("batch", 7, None, score=3.0, reasons=["batch"])
    asked: list[tuple[str, Any]] = []

    def note(_c: object, _u: object, sql: str, values: Any, _x: object, _m: object) -> None:
        if "FROM scans" in sql:
            asked.append((sql, values))

    async with ledger._store.read() as connection:
        engine = connection.engine.sync_engine
        event.listen(engine, "before_cursor_execute", note)
        assert (await ledger.scan_excerpts.read(7, 5)).rows == of_stamp
        assert await ledger.scans.list_of_range(7, 0, 9) == of_stamp
        assert await ledger.scans.list_of_range(9, 0, 9) == []
        assert await ledger.alerts.find_stamps(alert, limit=5) == [(7, 5)]
        event.remove(engine, "before_cursor_execute", note)
        plans = [
            (await connection.exec_driver_sql(f"EXPLAIN {sql}", values)).scalars().all()
            for sql, values in asked
        ]
        partitions = await connection.scalar(
            text("SELECT count(*) FROM pg_inherits WHERE inhparent = 'scans'::regclass")
        )
    opened = [sum(" on scans_" in line for line in plan) for plan in plans]
    assert partitions >= DAYS
    # A day of Vietnam is part of two partitions; a batch without scans opens none.
    case, of_range, anomalous = opened
    assert 3 <= case <= 6, plans
    assert 3 <= of_range <= 6, plans
    assert 1 <= anomalous <= 2, plans


@given(st.sets(st.integers(0, 60)), st.integers(1, 8))
@settings(max_examples=50)
def test_the_periods_of_a_batch_are_its_days(days: set[int], at_once: int) -> None:
    groups = group_days(sorted(days), at_once)
    assert [end for group in groups for _, end in group] == sorted(
        end for group in groups for _, end in group
    )
    covered = [
        [to_day_number(at) for begin, end in group for at in range(begin, end, schema.DAY_MS)]
        for group in groups
    ]
    assert [day for group in covered for day in group] == sorted(days)
    assert all(1 <= len(group) <= at_once for group in covered)
