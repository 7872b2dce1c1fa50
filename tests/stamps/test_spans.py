"""Spans: folding agrees with a model of single stamps; conflicts and recalls."""

from dataclasses import dataclass, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stamps.lifecycle import BINDS_LOT, IllegalTransition, State, Transition, next_state
from stamps.spans import (
    RangeTransition,
    Span,
    SpanOutOfRange,
    TransitionConflict,
    find_flaw,
    fold_transition,
    issue_spans,
    merge_spans,
    plan_transition,
)

COUNT = 24


@dataclass(frozen=True)
class Stamp:
    """One stamp of the model that spans must agree with."""

    state: State = State.ISSUED
    suspended_from: State | None = None
    lot: str | None = None
    reason: str | None = None
    activated_at: int | None = None
    changed_at: int = 0

    def take(self, change: RangeTransition, at: int) -> "Stamp":
        state, suspended_from = next_state(self.state, change.transition, self.suspended_from)
        activates = change.transition is Transition.ACTIVATE
        is_back = change.transition is Transition.DEACTIVATE
        lot = change.lot if change.transition in BINDS_LOT else self.lot
        activated_at = at if activates else self.activated_at
        kept = state in (State.VOID, State.SUSPENDED, State.RECALLED)
        return Stamp(
            state,
            suspended_from,
            None if is_back else lot,
            change.reason if kept else None,
            None if is_back else activated_at,
            at,
        )


def model(stamps: list[Stamp], change: RangeTransition, at: int) -> list[Stamp]:
    """Apply a transition to each stamp of the range; if one refuses, change none."""
    try:
        changed = [stamp.take(change, at) for stamp in stamps[change.lo : change.hi]]
    except IllegalTransition:
        return stamps
    return stamps[: change.lo] + changed + stamps[change.hi :]


@st.composite
def changes(draw: st.DrawFn) -> RangeTransition:
    lo = draw(st.integers(0, COUNT - 1))
    transition = draw(st.sampled_from(list(Transition)))
    return RangeTransition(
        batch=1,
        lo=lo,
        hi=draw(st.integers(lo + 1, COUNT)),
        transition=transition,
        lot=draw(st.sampled_from(["L1", "L2"])) if transition in BINDS_LOT else None,
        reason=draw(st.sampled_from(["stolen", "lost"])),
    )


def without_time(stamp: Stamp) -> Stamp:
    return replace(stamp, changed_at=0)


@given(st.lists(st.tuples(changes(), st.integers(0, 3)), max_size=25))
def test_folding_spans_equals_folding_single_stamps(
    requested: list[tuple[RangeTransition, int]],
) -> None:
    spans, stamps = issue_spans(batch=1, count=COUNT, at=0), [Stamp()] * COUNT
    for change, at in requested:
        before = list(spans)
        try:
            spans = fold_transition(spans, change, at)
        except TransitionConflict as refusal:
            conflicts = refusal.conflicts
            assert spans == before
            assert conflicts
            for lo, hi, state in conflicts:
                assert change.lo <= lo < hi <= change.hi
                assert {stamp.state for stamp in stamps[lo:hi]} == {state}
                with pytest.raises(IllegalTransition):
                    stamps[lo].take(change, at)
        stamps = model(stamps, change, at)
        assert find_flaw(spans, COUNT) is None
        assert merge_spans(spans) == spans
        for span in spans:
            for stamp in stamps[span.lo : span.hi]:
                as_span = Stamp(
                    span.state, span.suspended_from, span.lot, span.reason, span.activated_at, 0
                )
                assert without_time(stamp) == as_span
                assert stamp.changed_at <= span.changed_at


@given(st.lists(changes(), max_size=20))
def test_folding_only_touched_spans_equals_folding_all(requested: list[RangeTransition]) -> None:
    whole, parts = issue_spans(1, COUNT, 0), issue_spans(1, COUNT, 0)
    for at, change in enumerate(requested):
        try:
            whole = fold_transition(whole, change, at)
        except TransitionConflict:
            continue
        touching = [s for s in parts if s.lo <= change.hi and change.lo <= s.hi]
        rest = [s for s in parts if s not in touching]
        parts = sorted(rest + fold_transition(touching, change, at), key=lambda s: s.lo)
        assert parts == whole


def test_ten_million_stamps_printed_in_rolls_merge_into_one_span() -> None:
    spans = issue_spans(1, 10_000_000, at=0)
    for lo in range(0, 10_000_000, 50_000):
        spans = fold_transition(spans, RangeTransition(1, lo, lo + 50_000, Transition.PRINT), at=lo)
    assert [(s.lo, s.hi, s.state) for s in spans] == [(0, 10_000_000, State.PRINTED)]


def test_a_conflict_lists_merged_conflicting_ranges() -> None:
    spans = fold_transition(
        issue_spans(1, 100, 0), RangeTransition(1, 0, 100, Transition.PRINT), at=1
    )
    for lo, lot in ((10, "A"), (20, "B"), (70, "A")):
        spans = fold_transition(
            spans, RangeTransition(1, lo, lo + 10, Transition.ACTIVATE, lot=lot), at=2
        )
    with pytest.raises(TransitionConflict) as refusal:
        fold_transition(spans, RangeTransition(1, 15, 75, Transition.ACTIVATE, lot="C"), at=3)
    assert refusal.value.conflicts == [(15, 30, State.ACTIVATED), (70, 75, State.ACTIVATED)]
    assert str(refusal.value) == (
        "activate is not allowed for 15-29 (activated), 70-74 (activated)"
    )


def test_a_long_conflict_is_truncated_in_the_message_only() -> None:
    spans = issue_spans(1, 100, 0)
    for lo in range(0, 100, 10):
        spans = fold_transition(
            spans, RangeTransition(1, lo, lo + 1, Transition.VOID, "spoiled"), at=1
        )
    with pytest.raises(TransitionConflict, match="and 5 more ranges") as refusal:
        fold_transition(spans, RangeTransition(1, 0, 100, Transition.PRINT), at=2)
    assert len(refusal.value.conflicts) == 10


def test_plan_recall_covers_the_allowed_ranges_of_all_batches() -> None:
    activated = Span(1, 0, 10, State.ACTIVATED, lot="L")
    spans = [
        activated,
        replace(activated, lo=10, hi=20, state=State.CLAIMED),
        replace(activated, lo=20, hi=30, state=State.RECALLED),
        replace(activated, lo=30, hi=40, state=State.SUSPENDED, suspended_from=State.ACTIVATED),
        replace(activated, batch=2, lo=0, hi=5),
    ]
    planned = plan_transition(reversed(spans), Transition.RECALL, "ordered")
    assert planned == [
        RangeTransition(batch, lo, hi, Transition.RECALL, "ordered")
        for batch, lo, hi in [(1, 0, 20), (1, 30, 40), (2, 0, 5)]
    ]


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
def test_a_flawed_partition_is_described(bounds: list[tuple[int, int]], words: str) -> None:
    found = find_flaw([Span(1, lo, hi, State.ISSUED) for lo, hi in bounds], 10)
    assert found is not None
    assert words in found


def test_a_range_outside_the_batch_is_refused_with_the_range_of_the_batch() -> None:
    refusal = SpanOutOfRange(batch=3, lo=5, hi=11, count=10)
    assert (
        str(refusal) == "batch 3 has the stamps 0-9; 5-11 (end excluded) is no serial range of it"
    )
