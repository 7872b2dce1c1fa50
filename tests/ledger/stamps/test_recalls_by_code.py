"""Recalls of the lots that name a registered code, on both engines: all of them or none."""

from dataclasses import replace
from typing import Any

import pytest

from ledger import Ledger, RecallTarget
from ledger.errors import NothingToRecall
from ledger.proposals.proposal import Approval
from ledger.stamps.recalls import carry_out_recall
from ledger.storage.storage_errors import TwoPeopleRequired
from stamps.lifecycle import State, Transition
from tests.accounts import add_accounts
from tests.ledger.code_watch.test_code_watch import AREA, activate, describe_lot
from tests.ledger.conftest import NOW
from tests.ledger.world import a_key, printed

DAY = 86_400_000


async def propose(ledger: Ledger, target: RecallTarget) -> int:
    await add_accounts(ledger, "an", "binh")
    proposal = await ledger.proposals.add(
        "recall", f"code:{target.code}", document=target.to_document(), reason="ordered",
        actor="an", key=a_key(),
    )  # fmt: skip
    return proposal.id


async def approve(ledger: Ledger, proposal: int, act: Any = carry_out_recall) -> Approval[Any]:
    return await ledger.proposals.approve(proposal, "binh", act=act)


async def find(ledger: Ledger, since: str | None = None, until: str | None = None) -> RecallTarget:
    lots = await ledger.recall_reaches.find_lots(AREA, since, until)
    return RecallTarget(code=AREA, lots=tuple(lots), since=since, until=until)


async def test_one_decision_recalls_all_lots_of_a_code(ledger: Ledger) -> None:
    batches = [await activate(ledger, 100, lot) for lot in ("L1", "L2")]
    other = await activate(ledger, 100, "L3", area="VN-ĐLOR-0999")
    await ledger.lots.save(describe_lot("L4"))  # no stamp is bound to it
    target = await find(ledger)
    reach = await ledger.recall_reaches.measure(target)
    assert (reach.stamps, reach.lots, reach.new_lots) == (200, ("L1", "L2", "L4"), ())
    proposal = await propose(ledger, target)
    await activate(ledger, 50, "L5")
    assert (await ledger.recall_reaches.measure(target)).new_lots == ("L5",)
    done = await approve(ledger, proposal)
    assert sum(one.hi - one.lo for one in done.result) == 200
    for batch in batches:
        assert [span.state for span in await ledger.transitions.list_spans(batch)] == [
            State.RECALLED
        ]
    assert [span.state for span in await ledger.transitions.list_spans(other)] == [State.ACTIVATED]
    notices = await ledger.recall_notices.find(["L1", "L4", "L5"])
    assert {lot: (one.reason, one.decided_by) for lot, one in notices.items()} == {
        "L1": ("ordered", "binh"),
        "L4": ("ordered", "binh"),
    }
    assert (await find(ledger)).lots == ("L5",)
    report = await ledger.audit.verify()
    assert report.ok, report.problems
    with pytest.raises(NothingToRecall):
        await approve(ledger, await propose(ledger, target))


async def test_days_of_packing_choose_the_lots(ledger: Ledger) -> None:
    for number in range(3):
        lot = replace(describe_lot(f"L{number}"), packed_at=NOW - number * DAY)
        await ledger.lots.save(lot)
    assert (await find(ledger, "2026-09-20", "2026-09-20")).lots == ("L1",)
    assert (await find(ledger, "2026-09-20")).lots == ("L0", "L1")
    assert (await find(ledger, None, "2026-09-19")).lots == ("L2",)


async def test_a_recall_of_other_lots_than_were_decided_is_refused_or_named(
    ledger: Ledger,
) -> None:
    await activate(ledger, 100, "L1")
    batch = await activate(ledger, 100, "L2")
    proposal = await propose(ledger, RecallTarget(code=AREA, lots=("L1",)))
    key = (await approve(ledger, proposal, act=None)).proposal.act_key
    try:
        await ledger.transitions.apply(
            batch, 0, 100, Transition.RECALL, actor="binh", key=key, reason="ordered"
        )
    except TwoPeopleRequired:
        assert not ledger.is_sqlite
    else:
        assert ledger.is_sqlite
        assert not (await ledger.audit.verify()).ok


async def test_lots_that_share_a_batch_are_recalled_together(ledger: Ledger) -> None:
    number = await printed(ledger, 100)
    for lot, lo, hi in (("L1", 0, 40), ("L2", 40, 100)):
        await ledger.lots.save(describe_lot(lot))
        await ledger.transitions.apply(
            number, lo, hi, Transition.ACTIVATE, actor="packer", key=a_key(), lot=lot
        )
    done = await approve(ledger, await propose(ledger, await find(ledger)))
    assert [(one.lo, one.hi) for one in done.result] == [(0, 40), (40, 100)]
    report = await ledger.audit.verify()
    assert report.ok, report.problems
