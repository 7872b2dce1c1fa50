"""Spans: the state of a whole batch as a few serial ranges.

A **span** `[lo, hi)` is a serial range of one batch whose stamps share one state and one lot. The
spans of a batch partition it: the first starts at 0, each starts where the one before ends, and the
last ends at the batch's count. `fold_transition` applies a transition of a serial range to spans by
the table of `stamps.lifecycle`: to all of the range, or to nothing.

Neighbours that become alike are merged, so a batch that is printed in two thousand rolls is one
span again. `changed_at` is the latest change of any stamp of the span; it does not keep neighbours
apart.

>>> issued = issue_spans(batch=7, count=100, at=1000)
>>> printed = fold_transition(issued, RangeTransition(7, 0, 60, Transition.PRINT), at=2000)
>>> [(s.lo, s.hi, s.state.value) for s in printed]
[(0, 60, 'printed'), (60, 100, 'issued')]
>>> activation = RangeTransition(7, 50, 70, Transition.ACTIVATE, lot="L1")
>>> fold_transition(printed, activation, at=3000)
Traceback (most recent call last):
...
stamps.spans.TransitionConflict: activate is not allowed for 60-69 (issued)
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Final

from stamps.errors import VeritemError
from stamps.lifecycle import BINDS_LOT, State, Transition, next_state, source_states

_KEEPS_REASON: Final = frozenset({State.VOID, State.SUSPENDED, State.RECALLED})
_NAMED_CONFLICTS: Final = 5


class SpanOutOfRange(VeritemError):
    """`[lo, hi)` is empty, reversed, or reaches beyond the `count` stamps of the batch."""

    code = "span-out-of-range"
    message = (
        "batch {batch} has the stamps 0-{last}; {lo}-{hi} (end excluded) is no serial range of it"
    )

    def __init__(self, *, batch: int, lo: int, hi: int, count: int) -> None:
        super().__init__(batch=batch, lo=lo, hi=hi, count=count, last=count - 1)


class TransitionConflict(VeritemError):
    """Part of the serial range is in a state that refuses the transition; nothing changed.

    `conflicts` has these parts in order: `[(lo, hi, state), …]`.
    """

    code = "transition-conflict"
    message = "{transition} is not allowed for {ranges}"

    def __init__(
        self, *, transition: Transition, conflicts: Sequence[tuple[int, int, State]]
    ) -> None:
        named = [f"{lo}-{hi - 1} ({state})" for lo, hi, state in conflicts[:_NAMED_CONFLICTS]]
        more = len(conflicts) - len(named)
        ranges = ", ".join(named) + (f" and {more} more ranges" if more else "")
        super().__init__(transition=transition, conflicts=list(conflicts), ranges=ranges)


@dataclass(frozen=True, slots=True)
class Span:
    """A serial range of stamps in one state and lot. Times are milliseconds, UTC."""

    batch: int
    lo: int
    hi: int
    state: State
    suspended_from: State | None = None
    """The state that a release returns to; None unless suspended."""
    lot: str | None = None
    reason: str | None = None
    """Why it is void, suspended or recalled; None in the other states."""
    activated_at: int | None = None
    """When the packer put it on produce: the time of the act, not of its record."""
    changed_at: int = 0

    def __len__(self) -> int:
        return self.hi - self.lo


@dataclass(frozen=True, slots=True)
class RangeTransition:
    """A requested transition of the stamps `[lo, hi)` of one batch.

    `reason` is one of `stamps.lifecycle.REASONS[transition]`; only transitions of
    `stamps.lifecycle.BINDS_LOT` name a `lot`.
    """

    batch: int
    lo: int
    hi: int
    transition: Transition
    reason: str | None = None
    lot: str | None = None
    acted_at: int | None = None
    """When an activation was done, if it is recorded later (ms, UTC); None for the others."""


def issue_spans(batch: int, count: int, at: int) -> list[Span]:
    """Return the spans of a batch that was just issued: one for all its stamps."""
    return [Span(batch, 0, count, State.ISSUED, changed_at=at)]


def fold_transition(spans: Sequence[Span], requested: RangeTransition, at: int) -> list[Span]:
    """Return the spans that follow from a transition at time `at`; `spans` is not altered.

    `spans` are consecutive spans of the batch that cover at least the requested range: the whole
    batch, or only those that touch the range.

    Raises:
        TransitionConflict: the lifecycle refuses the transition for part of the range.
    """
    allowed = source_states(requested.transition)
    conflicts = [
        (max(s.lo, requested.lo), min(s.hi, requested.hi), s.state)
        for s in spans
        if s.lo < requested.hi and requested.lo < s.hi and s.state not in allowed
    ]
    if conflicts:
        raise TransitionConflict(
            transition=requested.transition, conflicts=_join_conflicts(conflicts)
        )
    following: list[Span] = []
    for span in spans:
        if span.hi <= requested.lo or requested.hi <= span.lo:
            following.append(span)
            continue
        lo, hi = max(span.lo, requested.lo), min(span.hi, requested.hi)
        if span.lo < lo:
            following.append(replace(span, hi=lo))
        following.append(_follow(replace(span, lo=lo, hi=hi), requested, at))
        if hi < span.hi:
            following.append(replace(span, lo=hi))
    return merge_spans(following)


def merge_spans(spans: Iterable[Span]) -> list[Span]:
    """Merge neighbours that differ in nothing but their bounds and `changed_at`."""
    merged: list[Span] = []
    for span in spans:
        if merged and _are_alike(merged[-1], span):
            last = merged[-1]
            merged[-1] = replace(last, hi=span.hi, changed_at=max(last.changed_at, span.changed_at))
        else:
            merged.append(span)
    return merged


def plan_transition(
    spans: Iterable[Span], transition: Transition, reason: str | None = None
) -> list[RangeTransition]:
    """Return the fewest range transitions that take all of `spans` that `transition` allows.

    A recall by lot or by batch is planned like this; spans in other states stay as they are.
    """
    allowed = source_states(transition)
    planned: list[RangeTransition] = []
    for span in sorted(spans, key=lambda s: (s.batch, s.lo)):
        if span.state not in allowed:
            continue
        if planned and (planned[-1].batch, planned[-1].hi) == (span.batch, span.lo):
            planned[-1] = replace(planned[-1], hi=span.hi)
        else:
            planned.append(RangeTransition(span.batch, span.lo, span.hi, transition, reason))
    return planned


def find_flaw(spans: Sequence[Span], count: int) -> str | None:
    """Return why `spans` is no partition of `[0, count)`, or None when it is one."""
    if not spans or spans[0].lo != 0:
        return "the first span does not start at stamp 0"
    if any(s.lo >= s.hi for s in spans):
        return "a span is empty"
    for left, right in pairwise(spans):
        if left.hi != right.lo:
            return f"a span ends at {left.hi} and the next starts at {right.lo}"
    if spans[-1].hi != count:
        return f"the last span ends at {spans[-1].hi}, the batch has {count} stamps"
    return None


def _follow(span: Span, requested: RangeTransition, at: int) -> Span:
    transition = requested.transition
    state, suspended_from = next_state(span.state, transition, span.suspended_from)
    return replace(
        span,
        state=state,
        suspended_from=suspended_from,
        lot=_follow_lot(span, requested),
        reason=requested.reason if state in _KEEPS_REASON else None,
        activated_at=_follow_activation(span, requested, at),
        changed_at=at,
    )


def _follow_lot(span: Span, requested: RangeTransition) -> str | None:
    if requested.transition is Transition.DEACTIVATE:
        return None
    return requested.lot if requested.transition in BINDS_LOT else span.lot


def _follow_activation(span: Span, requested: RangeTransition, at: int) -> int | None:
    """The time of the act, which may be before the time of its record."""
    if requested.transition is Transition.DEACTIVATE:
        return None
    if requested.transition is Transition.ACTIVATE:
        return at if requested.acted_at is None else requested.acted_at
    return span.activated_at


def _are_alike(left: Span, right: Span) -> bool:
    return left.hi == right.lo and left == replace(
        right, lo=left.lo, hi=left.hi, changed_at=left.changed_at
    )


def _join_conflicts(conflicts: list[tuple[int, int, State]]) -> list[tuple[int, int, State]]:
    joined: list[tuple[int, int, State]] = []
    for lo, hi, state in conflicts:
        if joined and joined[-1][1] == lo and joined[-1][2] is state:
            joined[-1] = (joined[-1][0], hi, state)
        else:
            joined.append((lo, hi, state))
    return joined
