"""Spans: the life of a batch as a handful of runs.

A **span** `[lo, hi)` is a run of stamps of one batch that share one state and one lot. The spans
of a batch always partition it: they start at 0, follow each other without gap or overlap, and end
at its count. A **change** is one transition asked of a run of stamps; `fold_transition` applies it by the law of
`stamps.lifecycle`, all of it or nothing.

Two neighbours that became alike are merged, so a batch printed in two thousand rolls is one span
again. `changed_at` is when any stamp of the span last changed and keeps no neighbours apart.

>>> whole = issue_spans(batch=7, count=100, at=1000)
>>> printed = fold_transition(whole, Change(Transition.PRINT, 0, 60, at=2000))
>>> [(s.lo, s.hi, s.state.value) for s in printed]
[(0, 60, 'printed'), (60, 100, 'issued')]
>>> fold_transition(printed, Change(Transition.ACTIVATE, 50, 70, at=3000, lot="L1"))
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
    """`[lo, hi)` is empty, turned round, or reaches beyond the `count` stamps of the batch."""

    code = "span-out-of-range"
    message = "batch {batch} has the stamps 0-{last}; {lo}-{hi} (end excluded) is no run of them"

    def __init__(self, *, batch: int, lo: int, hi: int, count: int) -> None:
        super().__init__(batch=batch, lo=lo, hi=hi, count=count, last=count - 1)


class TransitionConflict(VeritemError):
    """Part of the run is not in a state that allows the transition, so nothing moved.

    `conflicts` names the sub-runs that stand in the way: `[(lo, hi, state), …]`, in order.
    """

    code = "transition-conflict"
    message = "{transition} is not allowed for {runs}"

    def __init__(
        self, *, transition: Transition, conflicts: Sequence[tuple[int, int, State]]
    ) -> None:
        named = [f"{lo}-{hi - 1} ({state})" for lo, hi, state in conflicts[:_NAMED_CONFLICTS]]
        more = len(conflicts) - len(named)
        runs = ", ".join(named) + (f" and {more} more runs" if more else "")
        super().__init__(transition=transition, conflicts=list(conflicts), runs=runs)


@dataclass(frozen=True, slots=True)
class Span:
    """A run of stamps in one state and lot. Times are milliseconds since the epoch, UTC."""

    batch: int
    lo: int
    hi: int
    state: State
    before: State | None = None
    """The state that a release returns to; only while suspended."""
    lot: str | None = None
    reason: str | None = None
    """Why it is void, suspended or recalled; None in the other states."""
    activated_at: int | None = None
    changed_at: int = 0

    def __len__(self) -> int:
        return self.hi - self.lo


@dataclass(frozen=True, slots=True)
class Change:
    """One transition asked of the stamps `[lo, hi)`, at a time in milliseconds."""

    transition: Transition
    lo: int
    hi: int
    at: int
    lot: str | None = None
    reason: str | None = None


def issue_spans(batch: int, count: int, at: int) -> list[Span]:
    """The spans of a batch that was just issued: one for the whole of it."""
    return [Span(batch, 0, count, State.ISSUED, changed_at=at)]


def fold_transition(spans: Sequence[Span], change: Change) -> list[Span]:
    """Apply `change` to `spans` and answer the spans that follow.

    `spans` are neighbours in order that cover at least `[change.lo, change.hi)`; they may be the
    whole batch or only the spans that touch the change. Raises `TransitionConflict` when any stamp of
    the run may not take the transition; `spans` is never altered.
    """
    allowed = source_states(change.transition)
    conflicts = [
        (max(s.lo, change.lo), min(s.hi, change.hi), s.state)
        for s in spans
        if s.lo < change.hi and change.lo < s.hi and s.state not in allowed
    ]
    if conflicts:
        raise TransitionConflict(transition=change.transition, conflicts=_joined(conflicts))
    following: list[Span] = []
    for span in spans:
        if span.hi <= change.lo or change.hi <= span.lo:
            following.append(span)
            continue
        lo, hi = max(span.lo, change.lo), min(span.hi, change.hi)
        if span.lo < lo:
            following.append(replace(span, hi=lo))
        following.append(_moved(replace(span, lo=lo, hi=hi), change))
        if hi < span.hi:
            following.append(replace(span, lo=hi))
    return merge_spans(following)


def merge_spans(spans: Iterable[Span]) -> list[Span]:
    """The same stamps with neighbours that are alike, but for `changed_at`, made one."""
    together: list[Span] = []
    for span in spans:
        if together and _alike(together[-1], span):
            last = together[-1]
            together[-1] = replace(
                last, hi=span.hi, changed_at=max(last.changed_at, span.changed_at)
            )
        else:
            together.append(span)
    return together


def find_ranges(spans: Iterable[Span], transition: Transition) -> list[tuple[int, int, int]]:
    """The longest runs `(batch, lo, hi)` of these spans that the law lets take `transition`.

    This is how a recall by lot or by batch finds its stamps; spans in other states stay out.
    """
    allowed = source_states(transition)
    found: list[tuple[int, int, int]] = []
    for span in sorted(spans, key=lambda s: (s.batch, s.lo)):
        if span.state not in allowed:
            continue
        if found and found[-1][0] == span.batch and found[-1][2] == span.lo:
            found[-1] = (span.batch, found[-1][1], span.hi)
        else:
            found.append((span.batch, span.lo, span.hi))
    return found


def find_flaw(spans: Sequence[Span], count: int) -> str | None:
    """What is wrong with `spans` as a partition of `[0, count)`, or None when nothing is."""
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


def _moved(span: Span, change: Change) -> Span:
    state, before = next_state(span.state, change.transition, span.before)
    binds = change.transition in BINDS_LOT
    return replace(
        span,
        state=state,
        before=before,
        lot=change.lot if binds else span.lot,
        reason=change.reason if state in _KEEPS_REASON else None,
        activated_at=change.at if change.transition is Transition.ACTIVATE else span.activated_at,
        changed_at=change.at,
    )


def _alike(left: Span, right: Span) -> bool:
    return left.hi == right.lo and left == replace(
        right, lo=left.lo, hi=left.hi, changed_at=left.changed_at
    )


def _joined(conflicts: list[tuple[int, int, State]]) -> list[tuple[int, int, State]]:
    joined: list[tuple[int, int, State]] = []
    for lo, hi, state in conflicts:
        if joined and joined[-1][1] == lo and joined[-1][2] is state:
            joined[-1] = (joined[-1][0], hi, state)
        else:
            joined.append((lo, hi, state))
    return joined
