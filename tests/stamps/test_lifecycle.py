"""The lifecycle table, cell by cell."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stamps.lifecycle import (
    BINDS_LOT,
    REASONS,
    TABLE,
    IllegalReason,
    IllegalTransition,
    Return,
    State,
    Transition,
    check_reason,
    draw_table,
    next_state,
    source_states,
)

# Written out again by hand from the design, so that an edit of the table is noticed.
LEGAL = {
    (State.ISSUED, Transition.PRINT): State.PRINTED,
    (State.ISSUED, Transition.VOID): State.VOID,
    (State.PRINTED, Transition.ACTIVATE): State.ACTIVATED,
    (State.PRINTED, Transition.VOID): State.VOID,
    (State.ACTIVATED, Transition.DEACTIVATE): State.PRINTED,
    (State.ACTIVATED, Transition.REBIND): State.ACTIVATED,
    (State.ACTIVATED, Transition.CLAIM): State.CLAIMED,
    (State.ACTIVATED, Transition.SUSPEND): State.SUSPENDED,
    (State.ACTIVATED, Transition.RECALL): State.RECALLED,
    (State.CLAIMED, Transition.SUSPEND): State.SUSPENDED,
    (State.CLAIMED, Transition.RECALL): State.RECALLED,
    (State.SUSPENDED, Transition.RELEASE): Return.SUSPENDED_FROM,
    (State.SUSPENDED, Transition.RECALL): State.RECALLED,
}
CELLS = [(state, transition) for state in State for transition in Transition]


def suspended_froms(state: State) -> list[State | None]:
    return [State.ACTIVATED, State.CLAIMED] if state is State.SUSPENDED else [None]


@pytest.mark.parametrize(("state", "transition"), CELLS)
def test_the_table_equals_the_design(state: State, transition: Transition) -> None:
    assert TABLE[state, transition] == LEGAL.get((state, transition))
    for suspended_from in suspended_froms(state):
        expected = LEGAL.get((state, transition))
        if expected is None:
            with pytest.raises(IllegalTransition) as refusal:
                next_state(state, transition, suspended_from)
            assert (refusal.value.state, refusal.value.transition) == (state, transition)
            assert refusal.value.code == "illegal-transition"
        elif expected is Return.SUSPENDED_FROM:
            assert next_state(state, transition, suspended_from) == (suspended_from, None)
        else:
            kept = state if expected is State.SUSPENDED else None
            assert next_state(state, transition, suspended_from) == (expected, kept)


def test_the_table_has_one_cell_for_each_state_and_transition() -> None:
    assert list(TABLE) == CELLS


@pytest.mark.parametrize("state", [State.VOID, State.RECALLED])
def test_void_and_recalled_are_final(state: State) -> None:
    assert not any(TABLE[state, transition] for transition in Transition)


def test_a_claimed_stamp_can_not_be_claimed_again() -> None:
    with pytest.raises(IllegalTransition, match="claimed cannot be claimed"):
        next_state(State.CLAIMED, Transition.CLAIM)


def test_release_returns_to_the_state_before_the_suspension() -> None:
    for state in source_states(Transition.SUSPEND):
        suspended, suspended_from = next_state(state, Transition.SUSPEND)
        assert next_state(suspended, Transition.RELEASE, suspended_from) == (state, None)


@pytest.mark.parametrize(
    ("state", "suspended_from"), [(State.SUSPENDED, None), (State.ACTIVATED, State.CLAIMED)]
)
def test_only_suspended_stamps_have_suspended_from(
    state: State, suspended_from: State | None
) -> None:
    with pytest.raises(ValueError, match="suspended_from"):
        next_state(state, Transition.RECALL, suspended_from)


@given(st.lists(st.sampled_from(list(Transition)), max_size=30))
def test_no_sequence_of_transitions_reaches_an_impossible_state(
    transitions: list[Transition],
) -> None:
    state, suspended_from = State.ISSUED, None
    seen = [state]
    for transition in transitions:
        before = (state, suspended_from)
        try:
            state, suspended_from = next_state(state, transition, suspended_from)
        except IllegalTransition:
            assert (state, suspended_from) == before
        seen.append(state)
        assert (state is State.SUSPENDED) == (suspended_from is not None)
    # What is void or recalled stays so: no stamp comes back onto produce.
    for final in (State.VOID, State.RECALLED):
        assert final not in seen or set(seen[seen.index(final) :]) == {final}


@pytest.mark.parametrize("transition", list(Transition))
def test_a_transition_accepts_its_own_reasons_only(transition: Transition) -> None:
    for reason in REASONS[transition]:
        check_reason(transition, reason)
    with pytest.raises(IllegalReason):
        check_reason(transition, "because")
    if REASONS[transition]:
        with pytest.raises(IllegalReason, match=REASONS[transition][0]):
            check_reason(transition, None)
    else:
        check_reason(transition, None)


def test_void_reasons_equal_the_design() -> None:
    assert {"spoiled", "misprint", "lost", "stolen", "cancelled"} <= set(REASONS[Transition.VOID])


def test_only_activation_and_rebinding_bind_a_lot() -> None:
    assert {Transition.ACTIVATE, Transition.REBIND} == BINDS_LOT


def test_the_documented_table_is_current() -> None:
    page = Path(__file__).parents[2] / "docs" / "lifecycle.md"
    assert draw_table() in page.read_text(encoding="utf-8")


def test_the_diagram_draws_every_allowed_transition_and_no_other() -> None:
    arrows = [line for line in draw_table().splitlines() if "-->" in line and "[*]" not in line]
    assert len(arrows) == len(LEGAL) + 1  # release returns to two states
