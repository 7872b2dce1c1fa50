"""Stored spans agree with single stamps after any sequence of transitions."""

from dataclasses import replace
from functools import partial

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ledger import Ledger
from ledger.stamps.reversals import LIMITS
from stamps.errors import VeritemError
from stamps.lifecycle import (
    BINDS_LOT,
    REASONS,
    IllegalTransition,
    State,
    Transition,
    next_state,
)
from stamps.spans import find_flaw
from tests.ledger.world import a_batch, a_key, a_lot

COUNT = 12

requested = st.tuples(
    st.sampled_from([*Transition, Transition.PRINT, Transition.ACTIVATE]),
    st.integers(-1, COUNT),
    st.integers(0, COUNT + 1),
    st.sampled_from(["L1", "L2"]),
    st.booleans(),
)


@settings(
    max_examples=12,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(st.lists(requested, min_size=3, max_size=12))
async def test_stored_spans_agree_with_single_stamps(
    ledger: Ledger, calls: list[tuple[Transition, int, int, str, bool]]
) -> None:
    await a_lot(ledger, "L1")
    await a_lot(ledger, "L2")
    batch = (await a_batch(ledger, COUNT)).number
    stamps: list[tuple[State, State | None, str | None]] = [(State.ISSUED, None, None)] * COUNT
    released: set[int] = set()
    """Stamps that were suspended and released: their activation is not reversed any more."""
    for transition, lo, hi, lot, twice in calls:
        spans, head = (
            await ledger.transitions.list_spans(batch),
            await ledger.transitions.get_head(),
        )
        given_lot = lot if transition in BINDS_LOT else None
        reason = REASONS[transition][0] if REASONS[transition] else None
        call = partial(
            ledger.transitions.apply,
            *(batch, lo, hi, transition),
            actor="a",
            key=a_key(),
            reason=reason,
            lot=given_lot,
        )
        try:
            moved = [
                (
                    *next_state(state, transition, before),
                    None if transition is Transition.DEACTIVATE else given_lot or bound,
                )
                for state, before, bound in stamps[lo:hi]
            ]
            lawful = 0 <= lo < hi <= COUNT
            if transition in LIMITS:
                lawful = lawful and released.isdisjoint(range(lo, hi))
        except IllegalTransition:
            lawful = False
        try:
            first = await call()
        except VeritemError:
            assert not lawful
            assert (
                await ledger.transitions.list_spans(batch),
                await ledger.transitions.get_head(),
            ) == (
                spans,
                head,
            )
            continue
        assert lawful
        stamps[lo:hi] = moved
        if transition is Transition.RELEASE:
            released.update(range(lo, hi))
        if twice:
            assert await call() == replace(first, repeated=True)
        assert (await ledger.transitions.get_head())[0] == head[0] + 1
        spans = await ledger.transitions.list_spans(batch)
        assert find_flaw(spans, COUNT) is None
        told = [(s.state, s.suspended_from, s.lot) for s in spans for _ in range(len(s))]
        assert told == stamps
    assert (await ledger.transitions.compute_balance(batch)).balances
