"""Activation: the check refuses what the activation refuses, and changes nothing."""

import pytest

from ledger.errors import (
    LotIncomplete,
    LotRecalled,
    UnknownBatch,
    UnknownLot,
    UnknownRow,
)
from services.lots import lots
from services.stamps import activation
from services.stamps.transitions import TransitionRequest, apply_transition
from stamps.errors import VeritemError
from stamps.lifecycle import State, Transition
from stamps.serial_range import MalformedRange
from stamps.spans import SpanOutOfRange, TransitionConflict
from tests.services.office import Office, foreign_document, lot_document, new_key, recall


async def test_the_check_changes_nothing_and_the_activation_offers_the_next_range(
    office: Office,
) -> None:
    number = await office.print_batch(100)
    packer = office.context("packer")
    await lots.put_lot(packer, lot_document("L1"))
    check = await activation.check_activation(packer, f"{number}·0-39", "L1")
    assert (check.target.count, check.lot.code) == (40, "L1")
    assert (await office.ledger.transitions.compute_balance(number)).activated == 0
    result = await activation.activate_range(packer, f"{number}·0-39", "L1", "k")
    assert result.following is not None
    assert result.following.text == f"{number}·40-79"
    again = await activation.activate_range(packer, f"{number}·0-39", "L1", "k")
    assert again.transition.repeated
    last = await activation.activate_range(packer, f"{number}·40-99", "L1", "k2")
    assert last.following is None
    assert (await office.ledger.transitions.compute_balance(number)).activated == 100


async def prepare_refusals(office: Office) -> int:
    """A batch with a void range, and lots that cannot be bound."""
    number = await office.print_batch(100)
    packer = office.context("packer")
    for code in ("L1", "recalled"):
        await lots.put_lot(packer, lot_document(code))
    await lots.put_lot(packer, lot_document("incomplete", standards=[]))
    await lots.put_lot(office.context("other-packer"), foreign_document("other"))
    await recall(office, lot="recalled")
    await apply_transition(
        packer,
        TransitionRequest(Transition.VOID, ranges=(f"{number}·50-59",), reason="damaged"),
        new_key(),
    )
    return number


@pytest.mark.parametrize(
    ("target", "lot", "refusal"),
    [
        ("{n}·50-59", "L1", TransitionConflict),
        ("{n}·0-100", "L1", SpanOutOfRange),
        ("{n}·x", "L1", MalformedRange),
        ("99·0-9", "L1", UnknownBatch),
        ("{n}·0-9", "none", UnknownLot),
        ("{n}·0-9", "other", UnknownLot),
        ("{n}·0-9", "incomplete", LotIncomplete),
        ("{n}·0-9", "recalled", LotRecalled),
    ],
)
async def test_check_and_activation_refuse_alike(
    office: Office, target: str, lot: str, refusal: type[VeritemError]
) -> None:
    number = await prepare_refusals(office)
    packer, text = office.context("packer"), target.format(n=number)
    with pytest.raises(refusal) as checked:
        await activation.check_activation(packer, text, lot)
    with pytest.raises(refusal) as applied:
        await activation.activate_range(packer, text, lot, new_key())
    assert checked.value.evidence == applied.value.evidence
    assert (await office.ledger.transitions.compute_balance(number)).activated == 0


async def test_only_batches_with_printed_stamps_are_offered(office: Office) -> None:
    await office.issue_batch(10)
    activated = await office.activate_batch(10)
    printed = await office.print_batch(10)
    offered = await activation.list_printed_batches(office.context("packer"))
    assert [(row.batch.number, row.outstanding) for row in offered] == [(printed, 10)]
    span = await office.ledger.transitions.get_span(activated, 0)
    assert span.state is State.ACTIVATED


async def test_only_lots_that_can_be_bound_are_offered(office: Office) -> None:
    await prepare_refusals(office)
    offered = await lots.list_bindable_lots(office.context("packer"), 30)
    assert [lot.code for lot in offered] == ["L1"]


async def test_void_stamps_in_a_roll_stay_void_and_are_counted(office: Office) -> None:
    number = await prepare_refusals(office)
    packer = office.context("packer")
    check = await activation.check_activation(packer, f"{number}·40-69", "L1")
    assert (check.count, check.void) == (20, 10)
    result = await activation.activate_range(packer, f"{number}·40-69", "L1", "k")
    assert [(one.lo, one.hi) for one in result.transitions] == [(40, 50), (60, 70)]
    again = await activation.activate_range(packer, f"{number}·40-69", "L1", "k")
    assert all(one.repeated for one in again.transitions)
    shown = await activation.get_activation(packer, result.transitions[0].seq)
    assert (shown.count, shown.following) == (20, result.following)
    balance = await office.ledger.transitions.compute_balance(number)
    assert (balance.activated, balance.states[State.VOID]) == (20, 10)


async def test_an_activation_is_shown_to_its_own_packer_alone(office: Office) -> None:
    number = await office.activate_batch(10)
    history = await office.ledger.transitions.list_history(number)
    for who, seq in (
        ("other-packer", history[-1].seq),
        ("packer", history[0].seq),  # a print
        ("packer", 999),
    ):
        with pytest.raises((UnknownRow, UnknownBatch)):
            await activation.get_activation(office.context(who), seq)
