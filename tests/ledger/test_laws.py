"""Laws of the stored spans, for whatever is asked of them, in whatever order."""

from dataclasses import replace
from functools import partial

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ledger import Ledger
from stamps.errors import VeritemError
from stamps.lifecycle import REASONS, IllegalMove, Move, State, step
from stamps.span import flaw
from tests.ledger.world import a_batch, a_key, a_lot

COUNT = 12

asked = st.tuples(
    st.sampled_from([*Move, Move.PRINT, Move.ACTIVATE]),
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
@given(st.lists(asked, min_size=3, max_size=12))
async def test_stored_spans_say_what_each_stamp_would(
    ledger: Ledger, calls: list[tuple[Move, int, int, str, bool]]
) -> None:
    await a_lot(ledger, "L1")
    await a_lot(ledger, "L2")
    batch = (await a_batch(ledger, COUNT)).number
    stamps: list[tuple[State, State | None, str | None]] = [(State.ISSUED, None, None)] * COUNT
    for move, lo, hi, lot, twice in calls:
        spans, head = await ledger.moves.spans(batch), await ledger.moves.head()
        given_lot = lot if move is Move.ACTIVATE else None
        reason = REASONS[move][0] if REASONS[move] else None
        call = partial(
            ledger.moves.apply,
            *(batch, lo, hi, move),
            actor="a",
            key=a_key(),
            reason=reason,
            lot=given_lot,
        )
        try:
            moved = [
                (*step(state, move, before), given_lot or bound)
                for state, before, bound in stamps[lo:hi]
            ]
            lawful = 0 <= lo < hi <= COUNT
        except IllegalMove:
            lawful = False
        try:
            first = await call()
        except VeritemError:
            assert not lawful
            assert (await ledger.moves.spans(batch), await ledger.moves.head()) == (spans, head)
            continue
        assert lawful
        stamps[lo:hi] = moved
        if twice:
            assert await call() == replace(first, repeated=True)
        assert (await ledger.moves.head())[0] == head[0] + 1
        spans = await ledger.moves.spans(batch)
        assert flaw(spans, COUNT) is None
        told = [(s.state, s.before, s.lot) for s in spans for _ in range(len(s))]
        assert told == stamps
    assert (await ledger.moves.balance(batch)).balances
