"""A case reads a bounded part of the scans of its stamp, and says how many there are."""

import pytest

from ledger import Ledger, ScanRow, stamp_scans
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
