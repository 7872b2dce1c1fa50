"""Transitions and recalls: all or none, once by their key."""

from typing import Any

import pytest

from ledger.errors import (
    KeyReused,
    LotNotAllowed,
    LotRequired,
    NothingToRecall,
    SecondPersonRequired,
    UnknownBatch,
    UnknownLot,
    UnknownProposal,
)
from services.errors import Forbidden, InvalidInput, KeyRequired, NotAssigned
from services.lots.lots import put_lot
from services.proposals import proposals
from services.stamps import recalls
from services.stamps.transitions import TransitionRequest, apply_transition
from stamps.errors import VeritemError
from stamps.lifecycle import IllegalReason, State, Transition
from stamps.spans import TransitionConflict
from tests.services.office import Office, lot_document, new_key, recall

HOUR = 3_600_000


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
    for who, text in (("packer", "0-9"), ("packer2", "10-19")):
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
        ("packer", {"transition": Transition.VOID, "reason": "lost", "ranges": ()}, InvalidInput),
        ("inspector", {"transition": Transition.RECALL, "reason": "ordered"}, InvalidInput),
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


async def test_a_lot_a_batch_or_a_range_is_recalled_by_two_people(office: Office) -> None:
    number = await office.activate_batch(100, "L1")
    other = await office.activate_batch(50, "L2")
    (recorded,) = await recall(office, lot="L1", reason="food-safety")
    assert (recorded.batch, recorded.lo, recorded.hi) == (number, 0, 100)
    (recorded,) = await recall(office, ranges=(f"{other}·0-9",))
    assert (recorded.batch, recorded.lo, recorded.hi) == (other, 0, 10)
    (recorded,) = await recall(office, batch=other)
    assert (recorded.batch, recorded.lo, recorded.hi) == (other, 10, 50)
    with pytest.raises(NothingToRecall):
        await recall(office, batch=other)
    with pytest.raises(UnknownLot):
        await recall(office, lot="none")


@pytest.mark.parametrize(
    ("who", "what", "refusal"),
    [
        ("packer", {"lot": "L1"}, Forbidden),
        ("inspector", {}, InvalidInput),
        ("inspector", {"lot": "L1", "batch": 1}, InvalidInput),
        ("inspector", {"lot": "L1", "reason": "mood"}, IllegalReason),
    ],
)
async def test_a_recall_that_can_not_be_proposed_is_refused(
    office: Office, who: str, what: dict[str, Any], refusal: type[VeritemError]
) -> None:
    await office.activate_batch(10, "L1")
    with pytest.raises(refusal):
        await recalls.propose_recall(
            office.context(who), **{"reason": "ordered", "key": new_key(), **what}
        )


async def test_one_inspector_suspends_alone_and_can_not_recall_alone(office: Office) -> None:
    number = await office.activate_batch(10, "L1")
    inspector = office.context("inspector")
    suspension = TransitionRequest(Transition.SUSPEND, (str(number),), reason="stolen")
    await apply_transition(inspector, suspension, new_key())
    proposal = await recalls.propose_recall(inspector, lot="L1", reason="ordered", key="k")
    assert await recalls.propose_recall(inspector, lot="L1", reason="ordered", key="k") == proposal
    with pytest.raises(SecondPersonRequired):
        await proposals.approve_proposal(inspector, proposal.id)
    with pytest.raises(UnknownProposal):
        await proposals.approve_proposal(office.context("packer"), proposal.id)
    assert (await office.ledger.transitions.get_span(number, 0)).state is State.SUSPENDED
    [listed] = (await proposals.list_proposals(office.context("authority"))).items
    assert listed == proposal
    assert proposals.may_decide(office.context("authority"), listed)
    assert not proposals.may_decide(inspector, listed)
    assert (await proposals.list_proposals(office.context("packer"))).items == []


async def test_an_act_without_a_network_is_recorded_later_with_its_time(office: Office) -> None:
    number = await office.print_batch(100)
    await put_lot(office.context("packer"), lot_document())
    packer = office.context("packer")
    acted_at = office.now - 71 * HOUR
    request = TransitionRequest(
        Transition.ACTIVATE, (f"{number}·0-9",), lot="L1", acted_at=acted_at
    )
    (recorded,) = await apply_transition(packer, request, new_key())
    assert (recorded.acted_at, recorded.at) == (acted_at, office.now)


@pytest.mark.parametrize(
    ("transition", "hours", "why"),
    [
        (Transition.ACTIVATE, -73, "more than 72 hours ago"),
        (Transition.ACTIVATE, 1, "in the future"),
        (Transition.VOID, -1, "belongs to an activation"),
    ],
)
async def test_a_time_of_an_act_that_can_not_be_is_refused(
    office: Office, transition: Transition, hours: int, why: str
) -> None:
    number = await office.print_batch(100)
    await put_lot(office.context("packer"), lot_document())
    request = TransitionRequest(
        transition,
        (f"{number}·0-9",),
        lot="L1" if transition is Transition.ACTIVATE else None,
        reason="lost" if transition is Transition.VOID else None,
        acted_at=office.now + hours * HOUR,
    )
    with pytest.raises(InvalidInput, match=why):
        await apply_transition(office.context("packer"), request, new_key())


async def test_a_clock_that_is_a_little_off_records_the_act_as_done_now(office: Office) -> None:
    number = await office.print_batch(100)
    await put_lot(office.context("packer"), lot_document())
    request = TransitionRequest(
        Transition.ACTIVATE, (f"{number}·0-9",), lot="L1", acted_at=office.now + 60_000
    )
    (recorded,) = await apply_transition(office.context("packer"), request, new_key())
    assert recorded.acted_at is None


@pytest.mark.parametrize("who", ["other-packer", "other-press", "issuer", "inspector"])
async def test_only_those_to_whom_stamps_are_assigned_make_them_void(
    office: Office, who: str
) -> None:
    number = await office.print_batch(100)
    request = TransitionRequest(Transition.VOID, (f"{number}·0-9",), reason="lost")
    with pytest.raises((UnknownBatch, NotAssigned, Forbidden)):
        await apply_transition(office.context(who), request, new_key())


@pytest.mark.parametrize("transition", [Transition.DEACTIVATE, Transition.REBIND])
async def test_a_packer_reverses_only_activations_of_its_own_stamps(
    office: Office, transition: Transition
) -> None:
    number = await office.activate_batch(100, "L1")
    is_rebinding = transition is Transition.REBIND
    request = TransitionRequest(
        transition,
        (f"{number}·0-9",),
        lot="L1" if is_rebinding else None,
        reason="mistake" if is_rebinding else None,
    )
    with pytest.raises(UnknownBatch):
        await apply_transition(office.context("other-packer"), request, new_key())
