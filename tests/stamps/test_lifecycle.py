"""The law of a stamp's life, cell by cell."""

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
    (State.ACTIVATED, Transition.CLAIM): State.CLAIMED,
    (State.ACTIVATED, Transition.SUSPEND): State.SUSPENDED,
    (State.ACTIVATED, Transition.RECALL): State.RECALLED,
    (State.CLAIMED, Transition.SUSPEND): State.SUSPENDED,
    (State.CLAIMED, Transition.RECALL): State.RECALLED,
    (State.SUSPENDED, Transition.RELEASE): Return.BEFORE,
    (State.SUSPENDED, Transition.RECALL): State.RECALLED,
}
CELLS = [(state, transition) for state in State for transition in Transition]


def befores(state: State) -> list[State | None]:
    return [State.ACTIVATED, State.CLAIMED] if state is State.SUSPENDED else [None]


@pytest.mark.parametrize(("state", "transition"), CELLS)
def test_every_cell_is_decided_as_the_design_says(state: State, transition: Transition) -> None:
    assert TABLE[state, transition] == LEGAL.get((state, transition))
    for before in befores(state):
        expected = LEGAL.get((state, transition))
        if expected is None:
            with pytest.raises(IllegalTransition) as refusal:
                next_state(state, transition, before)
            assert (refusal.value.state, refusal.value.transition) == (state, transition)
            assert refusal.value.code == "illegal-transition"
        elif expected is Return.BEFORE:
            assert next_state(state, transition, before) == (before, None)
        else:
            kept = state if expected is State.SUSPENDED else None
            assert next_state(state, transition, before) == (expected, kept)


def test_the_table_has_no_cell_beyond_states_and_moves() -> None:
    assert list(TABLE) == CELLS


@pytest.mark.parametrize("state", [State.VOID, State.RECALLED])
def test_void_and_recalled_are_final(state: State) -> None:
    assert not any(TABLE[state, transition] for transition in Transition)


def test_a_pin_is_claimed_once() -> None:
    with pytest.raises(IllegalTransition, match="claimed can not be claimed"):
        next_state(State.CLAIMED, Transition.CLAIM)


def test_release_gives_back_what_the_block_took() -> None:
    for state in source_states(Transition.SUSPEND):
        suspended, before = next_state(state, Transition.SUSPEND)
        assert next_state(suspended, Transition.RELEASE, before) == (state, None)


@pytest.mark.parametrize(
    ("state", "before"), [(State.SUSPENDED, None), (State.ACTIVATED, State.CLAIMED)]
)
def test_a_state_remembered_without_a_suspension_is_a_mistake_of_the_caller(
    state: State, before: State | None
) -> None:
    with pytest.raises(ValueError, match="before"):
        next_state(state, Transition.RECALL, before)


@given(st.lists(st.sampled_from(list(Transition)), max_size=30))
def test_no_walk_leaves_the_law(transitions: list[Transition]) -> None:
    state, before = State.ISSUED, None
    seen = [state]
    for transition in transitions:
        held = (state, before)
        try:
            state, before = next_state(state, transition, before)
        except IllegalTransition:
            assert (state, before) == held
        seen.append(state)
        assert (state is State.SUSPENDED) == (before is not None)
    # Nothing that consumers can hold was ever void, and a void stamp was never activated.
    assert not (State.VOID in seen and State.ACTIVATED in seen)


@pytest.mark.parametrize("transition", list(Transition))
def test_a_move_takes_one_of_its_reasons_and_no_other(transition: Transition) -> None:
    for reason in REASONS[transition]:
        check_reason(transition, reason)
    with pytest.raises(IllegalReason):
        check_reason(transition, "because")
    if REASONS[transition]:
        with pytest.raises(IllegalReason, match=REASONS[transition][0]):
            check_reason(transition, None)
    else:
        check_reason(transition, None)


def test_the_reasons_of_the_design_for_void_are_all_there() -> None:
    assert {"spoiled", "misprint", "lost", "stolen", "cancelled"} <= set(REASONS[Transition.VOID])


def test_only_activation_binds_a_lot() -> None:
    assert {Transition.ACTIVATE} == BINDS_LOT


def test_the_page_in_the_docs_is_drawn_from_the_table() -> None:
    page = Path(__file__).parents[2] / "docs" / "lifecycle.md"
    assert draw_table() in page.read_text(encoding="utf-8")


def test_the_picture_draws_every_legal_step_and_no_other() -> None:
    arrows = [line for line in draw_table().splitlines() if "-->" in line and "[*]" not in line]
    assert len(arrows) == len(LEGAL) + 1  # release leads back to two states
