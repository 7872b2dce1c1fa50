"""Which results a record quotes, and how it is read again."""

from datetime import date

from traceability.diary.entries import Entry
from traceability.diary.lot_results import (
    MOST_TESTS,
    LotResult,
    LotResults,
    read_results,
    select_results,
)

DAY = date(2026, 9, 12)


def make(n: int, value: float, note: str | None = None) -> LotResult:
    values = {
        "at": f"2026-09-{n % 28 + 1:02}",
        "lot": "L1",
        "value": value,
        "limit": 1,
        "report": "r",
    }
    if note is not None:
        values["note"] = note
    return LotResult(f"{n:064}", "lab", "Lab", Entry("test", values))


def test_results_above_their_limit_are_never_left_out_for_others() -> None:
    within = [make(n, 1) for n in range(MOST_TESTS + 5)]
    above = [make(100 + n, 1.01) for n in range(3)]
    selected = select_results([*within, *above], harvested=DAY, packed=DAY)
    assert {one.event for one in selected.above} == {one.event for one in above}
    assert (len(selected.tests), selected.tests_left_out) == (MOST_TESTS, 8)
    assert select_results([*above, *reversed(within)], harvested=DAY, packed=DAY) == selected


def test_a_record_is_read_as_it_was_written_without_notes() -> None:
    selected = select_results([make(1, 2, "gọi anh Ba"), make(2, 0)], harvested=None, packed=None)
    document = selected.to_document()
    assert "anh Ba" not in str(document)
    read = read_results(document)
    assert read.to_document() == document
    assert read.events == selected.events
    assert read_results({}) == LotResults()
    assert LotResults().to_document() == {}
