"""Transitions and recalls: all or none, once by their key."""

from typing import Any

import pytest

from ledger.errors import KeyReused, LotNotAllowed, LotRequired, NothingToRecall, UnknownLot
from services import recalls
from services.errors import Forbidden, InvalidInput, KeyRequired
from services.transitions import TransitionRequest, apply_transition
from stamps.errors import VeritemError
from stamps.lifecycle import IllegalReason, State, Transition
from stamps.spans import TransitionConflict
from tests.services.office import Office, new_key


async def test_several_ranges_change_together_or_not_at_all(office: Office) -> None:
    number = await office.print_batch(100)
    packer = office.context("packer")
    ranges = (f"{number}·0-9", f"{number}·50-59")
    request = TransitionRequest(Transition.VOID, ranges=ranges, reason="lost")
    recorded = await apply_transition(packer, request, "k")
    assert [(t.lo, t.hi) for t in recorded] == [(0, 10), (50, 60)]
    overlapping = (f"{number}·10-19", f"{number}·55-65")
    with pytest.raises(TransitionConflict):
        await apply_transition(
            packer, TransitionRequest(Transition.VOID, overlapping, reason="lost"), "k2"
        )
    balance = await office.ledger.transitions.compute_balance(number)
    assert balance.states[State.VOID] == 20


async def test_a_key_belongs_to_its_actor(office: Office) -> None:
    number = await office.print_batch(100)
    for who, text in (("packer", "0-9"), ("issuer", "10-19")):
        request = TransitionRequest(Transition.VOID, (f"{number}·{text}",), reason="lost")
        (recorded,) = await apply_transition(office.context(who), request, "same")
        assert not recorded.repeated
    other = TransitionRequest(Transition.VOID, (f"{number}·20-29",), reason="lost")
    with pytest.raises(KeyReused):
        await apply_transition(office.context("packer"), other, "same")


@pytest.mark.parametrize(
    ("who", "fields", "refusal"),
    [
        ("packer", {"transition": Transition.PRINT}, Forbidden),
        ("operator", {"transition": Transition.CLAIM}, InvalidInput),
        ("press", {"transition": Transition.ACTIVATE, "lot": "L1"}, Forbidden),
        ("packer", {"transition": Transition.ACTIVATE}, LotRequired),
        ("packer", {"transition": Transition.VOID, "reason": "lost", "lot": "L1"}, LotNotAllowed),
        ("packer", {"transition": Transition.VOID}, IllegalReason),
        ("packer", {"transition": Transition.VOID, "reason": "fun"}, IllegalReason),
        ("packer", {"transition": Transition.VOID, "reason": "lost", "batch": 1}, InvalidInput),
        ("packer", {"transition": Transition.VOID, "reason": "lost", "ranges": ()}, InvalidInput),
        ("inspector", {"transition": Transition.RECALL, "ranges": ()}, InvalidInput),
        (
            "inspector",
            {"transition": Transition.RECALL, "ranges": (), "lot": "L1", "batch": 1},
            InvalidInput,
        ),
    ],
)
async def test_a_request_that_can_not_be_applied_is_refused(
    office: Office, who: str, fields: dict[str, Any], refusal: type[VeritemError]
) -> None:
    number = await office.print_batch(100)
    request = TransitionRequest(**{"ranges": (f"{number}·0-9",), **fields})
    with pytest.raises(refusal):
        await apply_transition(office.context(who), request, new_key())
    balance = await office.ledger.transitions.compute_balance(number)
    assert balance.states[State.PRINTED] == 100


@pytest.mark.parametrize("key", ["", "x" * 101, "line\nbreak", "ключ"])
async def test_a_malformed_key_is_refused(office: Office, key: str) -> None:
    number = await office.print_batch(100)
    request = TransitionRequest(Transition.VOID, (f"{number}·0-9",), reason="lost")
    with pytest.raises(KeyRequired):
        await apply_transition(office.context("packer"), request, key)


async def test_a_lot_or_a_batch_is_recalled_for_good(office: Office) -> None:
    number = await office.activate_batch(100, "L1")
    other = await office.activate_batch(50, "L2")
    inspector = office.context("inspector")
    (recorded,) = await apply_transition(
        inspector, TransitionRequest(Transition.RECALL, lot="L1", reason="food-safety"), "k"
    )
    assert (recorded.batch, recorded.lo, recorded.hi) == (number, 0, 100)
    (recorded,) = await apply_transition(
        inspector, TransitionRequest(Transition.RECALL, batch=other, reason="ordered"), "k2"
    )
    assert (recorded.batch, recorded.hi) == (other, 50)
    with pytest.raises(NothingToRecall):
        await recalls.recall_batch(inspector, other, "ordered", "k3")
    with pytest.raises(UnknownLot):
        await recalls.recall_lot(inspector, "none", "ordered", "k4")
    with pytest.raises(Forbidden):
        await recalls.recall_lot(office.context("packer"), "L1", "ordered", "k5")
