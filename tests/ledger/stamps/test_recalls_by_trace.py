"""Recalls of what a trace reached, on both engines: lots as wholes, stamps in ranges."""

import pytest

from ledger import Ledger, RecallTarget
from ledger.errors import NothingToRecall
from ledger.proposals.proposal import Approval
from ledger.stamps.recalls import carry_out_recall
from stamps.lifecycle import State, Transition
from tests.accounts import add_accounts
from tests.ledger.world import a_key, a_lot, printed


async def activate_two_lots(ledger: Ledger) -> int:
    number = await printed(ledger, 100)
    for lot, lo, hi in (("L1", 0, 40), ("L2", 40, 100)):
        await a_lot(ledger, lot)
        await ledger.transitions.apply(
            number, lo, hi, Transition.ACTIVATE, actor="packer", key=a_key(), lot=lot
        )
    return number


async def recall(ledger: Ledger, target: RecallTarget) -> Approval[object]:
    await add_accounts(ledger, "an", "binh")
    proposal = await ledger.proposals.add(
        "recall", a_key(), document=target.to_document(), reason="ordered", actor="an", key=a_key()
    )
    return await ledger.proposals.approve(proposal.id, "binh", act=carry_out_recall)


async def test_lots_are_recalled_as_wholes_and_stamps_as_far_as_they_can_be(
    ledger: Ledger,
) -> None:
    number = await activate_two_lots(ledger)
    target = RecallTarget(
        traced="carton", lots=("L1",), ranges=((number, 30, 60), (number, 90, 100))
    )
    assert RecallTarget.from_document(target.to_document()) == target
    reach = await ledger.recall_reaches.measure(target)
    assert (reach.stamps, reach.left, reach.lots) == (70, 0, ("L1", "L2"))
    await ledger.transitions.apply(  # before the second person decides
        number, 95, 100, Transition.SUSPEND, actor="x", key=a_key(), reason="inspection"
    )
    await recall(ledger, target)
    spans = await ledger.transitions.list_spans(number)
    assert [(one.lo, one.hi) for one in spans if one.state is State.RECALLED] == [
        (0, 40),
        (40, 60),
        (90, 100),
    ]
    lots = {lot.code: lot.recalled_at is not None for lot in await ledger.lots.list()}
    assert lots == {"L1": True, "L2": False}
    report = await ledger.audit.verify()
    assert report.ok, report.problems
    notices = await ledger.recall_notices.find(["L1", "L2"])
    assert {lot: (one.decided_by, one.is_whole) for lot, one in notices.items()} == {
        "L1": ("binh", True),
        "L2": (None, False),
    }
    with pytest.raises(NothingToRecall, match="trace of carton"):
        await recall(ledger, target)


async def test_other_stamps_than_a_trace_named_are_not_recalled(ledger: Ledger) -> None:
    number = await activate_two_lots(ledger)
    await recall(ledger, RecallTarget(traced="x", ranges=((number, 0, 10),)))
    spans = await ledger.transitions.list_spans(number)
    assert sum(len(one) for one in spans if one.state is State.RECALLED) == 10
    assert (await ledger.audit.verify()).ok
