"""Spans say the same as a list of stamps would, in a handful of rows."""

from dataclasses import dataclass, replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stamps.lifecycle import IllegalTransition, State, Transition, next_state
from stamps.spans import (
    Change,
    Span,
    SpanOutOfRange,
    TransitionConflict,
    find_flaw,
    find_ranges,
    fold_transition,
    issue_spans,
    merge_spans,
)

COUNT = 24


@dataclass(frozen=True)
class Stamp:
    """One stamp on its own: the plain model that spans must agree with."""

    state: State = State.ISSUED
    before: State | None = None
    lot: str | None = None
    reason: str | None = None
    activated_at: int | None = None
    changed_at: int = 0

    def take(self, change: Change) -> "Stamp":
        state, before = next_state(self.state, change.transition, self.before)
        activates = change.transition is Transition.ACTIVATE
        kept = state in (State.VOID, State.SUSPENDED, State.RECALLED)
        return Stamp(
            state,
            before,
            change.lot if activates else self.lot,
            change.reason if kept else None,
            change.at if activates else self.activated_at,
            change.at,
        )


def model(stamps: list[Stamp], change: Change) -> list[Stamp]:
    """All of the run one by one, or the list as it was."""
    try:
        moved = [stamp.take(change) for stamp in stamps[change.lo : change.hi]]
    except IllegalTransition:
        return stamps
    return stamps[: change.lo] + moved + stamps[change.hi :]


@st.composite
def changes(draw: st.DrawFn) -> Change:
    lo = draw(st.integers(0, COUNT - 1))
    transition = draw(st.sampled_from(list(Transition)))
    return Change(
        transition,
        lo,
        draw(st.integers(lo + 1, COUNT)),
        at=draw(st.integers(0, 3)),
        lot=draw(st.sampled_from(["L1", "L2"])) if transition is Transition.ACTIVATE else None,
        reason=draw(st.sampled_from(["stolen", "lost"])),
    )


def without_time(stamp: Stamp) -> Stamp:
    return replace(stamp, changed_at=0)


@settings(max_examples=300)
@given(st.lists(changes(), max_size=25))
def test_folding_moves_is_replaying_them_stamp_by_stamp(asked: list[Change]) -> None:
    spans, stamps = issue_spans(batch=1, count=COUNT, at=0), [Stamp()] * COUNT
    for change in asked:
        held = list(spans)
        try:
            spans = fold_transition(spans, change)
        except TransitionConflict as refusal:
            conflicts = refusal.conflicts
            assert spans == held
            assert conflicts
            for lo, hi, state in conflicts:
                assert change.lo <= lo < hi <= change.hi
                assert {stamp.state for stamp in stamps[lo:hi]} == {state}
                with pytest.raises(IllegalTransition):
                    stamps[lo].take(change)
        stamps = model(stamps, change)
        assert find_flaw(spans, COUNT) is None
        assert merge_spans(spans) == spans
        for span in spans:
            for stamp in stamps[span.lo : span.hi]:
                as_span = Stamp(
                    span.state, span.before, span.lot, span.reason, span.activated_at, 0
                )
                assert without_time(stamp) == as_span
                assert stamp.changed_at <= span.changed_at


@settings(max_examples=150)
@given(st.lists(changes(), max_size=20))
def test_folding_only_the_spans_that_touch_is_folding_all(asked: list[Change]) -> None:
    whole, parts = issue_spans(1, COUNT, 0), issue_spans(1, COUNT, 0)
    for change in asked:
        try:
            whole = fold_transition(whole, change)
        except TransitionConflict:
            continue
        touching = [s for s in parts if s.lo <= change.hi and change.lo <= s.hi]
        rest = [s for s in parts if s not in touching]
        parts = sorted(rest + fold_transition(touching, change), key=lambda s: s.lo)
        assert parts == whole


def test_a_batch_of_ten_million_printed_in_rolls_is_one_span_again() -> None:
    spans = issue_spans(1, 10_000_000, at=0)
    for lo in range(0, 10_000_000, 50_000):
        spans = fold_transition(spans, Change(Transition.PRINT, lo, lo + 50_000, at=lo))
    assert [(s.lo, s.hi, s.state) for s in spans] == [(0, 10_000_000, State.PRINTED)]


def test_a_conflict_names_the_runs_in_the_way_and_joins_what_is_one() -> None:
    spans = fold_transition(issue_spans(1, 100, 0), Change(Transition.PRINT, 0, 100, 1))
    for lo, lot in ((10, "A"), (20, "B"), (70, "A")):
        spans = fold_transition(spans, Change(Transition.ACTIVATE, lo, lo + 10, 2, lot=lot))
    with pytest.raises(TransitionConflict) as refusal:
        fold_transition(spans, Change(Transition.ACTIVATE, 15, 75, 3, lot="C"))
    assert refusal.value.conflicts == [(15, 30, State.ACTIVATED), (70, 75, State.ACTIVATED)]
    assert str(refusal.value) == (
        "activate is not allowed for 15-29 (activated), 70-74 (activated)"
    )


def test_a_long_conflict_is_cut_short_in_words_but_whole_in_evidence() -> None:
    spans = issue_spans(1, 100, 0)
    for lo in range(0, 100, 10):
        spans = fold_transition(spans, Change(Transition.VOID, lo, lo + 1, 1, reason="spoiled"))
    with pytest.raises(TransitionConflict, match="and 5 more runs") as refusal:
        fold_transition(spans, Change(Transition.PRINT, 0, 100, 2))
    assert len(refusal.value.conflicts) == 10


def test_a_recall_finds_the_runs_that_may_move_across_batches() -> None:
    activated = Span(1, 0, 10, State.ACTIVATED, lot="L")
    spans = [
        activated,
        replace(activated, lo=10, hi=20, state=State.CLAIMED),
        replace(activated, lo=20, hi=30, state=State.RECALLED),
        replace(activated, lo=30, hi=40, state=State.SUSPENDED, before=State.ACTIVATED),
        replace(activated, batch=2, lo=0, hi=5),
    ]
    assert find_ranges(reversed(spans), Transition.RECALL) == [(1, 0, 20), (1, 30, 40), (2, 0, 5)]


@pytest.mark.parametrize(
    ("bounds", "words"),
    [
        ([], "does not start at stamp 0"),
        ([(1, 10)], "does not start at stamp 0"),
        ([(0, 4), (5, 10)], "ends at 4 and the next starts at 5"),
        ([(0, 6), (5, 10)], "ends at 6 and the next starts at 5"),
        ([(0, 5), (5, 5), (5, 10)], "empty"),
        ([(0, 9)], "ends at 9, the batch has 10"),
    ],
)
def test_what_is_no_partition_is_told(bounds: list[tuple[int, int]], words: str) -> None:
    told = find_flaw([Span(1, lo, hi, State.ISSUED) for lo, hi in bounds], 10)
    assert told is not None
    assert words in told


def test_a_run_out_of_range_says_what_the_batch_has() -> None:
    refusal = SpanOutOfRange(batch=3, lo=5, hi=11, count=10)
    assert str(refusal) == "batch 3 has the stamps 0-9; 5-11 (end excluded) is no run of them"
