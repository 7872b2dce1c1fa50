"""A case reads a bounded part of the scans of its stamp, and says how many there are."""

from typing import Any, Final

import pytest
from sqlalchemy import event, text

from ledger import Ledger, ScanRow, schema
from ledger.scans import stamp_scans
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


DAYS: Final = 100
"""Age of the batch."""
SOLD_DAYS: Final = 20
"""Days since its first stamp was scanned."""


async def test_a_case_of_an_old_batch_opens_the_days_since_its_first_scan(ledger: Ledger) -> None:
    """Other batches were scanned on every day since the batch was issued; a late scan is read."""
    if not ledger.changes.can_listen:
        pytest.skip("SQLite has no partitions")

    def scan(batch: int, days_ago: int, *, first: bool = True) -> ScanRow:
        at = NOW - days_ago * schema.DAY_MS
        name = (batch * 1000 + days_ago).to_bytes(16, "big")
        return ScanRow(name, batch, 5, at, "page", "authentic", 0.0, first=first)

    await ledger.scans.append([scan(8, day) for day in range(DAYS)])
    of_stamp = [scan(7, SOLD_DAYS + 3, first=False), scan(7, SOLD_DAYS), scan(7, 1, first=False)]
    await ledger.scans.append(of_stamp)
    asked: list[tuple[str, Any]] = []

    def note(_c: object, _u: object, sql: str, values: Any, _x: object, _m: object) -> None:
        if "FROM scans" in sql:
            asked.append((sql, values))

    async with ledger.scans._store.read() as connection:
        engine = connection.engine.sync_engine
        event.listen(engine, "before_cursor_execute", note)
        found = await ledger.scan_excerpts.read(7, 5)
        event.remove(engine, "before_cursor_execute", note)
        assert found.rows == of_stamp
        [(sql, values)] = asked
        plan = (await connection.exec_driver_sql(f"EXPLAIN {sql}", values)).scalars().all()
        partitions = await connection.scalar(
            text("SELECT count(*) FROM pg_inherits WHERE inhparent = 'scans'::regclass")
        )
    opened = sum(" on scans_" in line for line in plan)
    assert partitions >= DAYS > SOLD_DAYS * 2 >= opened >= SOLD_DAYS, plan
