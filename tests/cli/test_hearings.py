"""`veritem hearings`: a party is asked and answers; what the operator sees."""

import asyncio
from pathlib import Path

from ledger import AlertState, Order, Organisation, open_ledger
from stamps.lifecycle import Transition
from tests.accounts import add_accounts
from tests.cli.conftest import Veritem
from tests.cli.test_alerts import find_ledger


async def raise_case(path: Path) -> int:
    async with await open_ledger(f"sqlite:///{path}") as ledger:
        await add_accounts(ledger, "an", "binh")
        await ledger.organisations.add(Organisation("p1", "packer", "Tân Phước"))
        await ledger.orders.add(Order("o1", 9, "sealed", "an", packer="p1"))
        await ledger.orders.approve("o1", "binh")
        batch = await ledger.batches.add(
            order="o1", count=9, grade="sealed", epoch=0, host="h", actor="i", key="b"
        )
        await ledger.transitions.apply(batch.number, 0, 9, Transition.PRINT, actor="in", key="p")
        alert = await ledger.alerts.report("stamp", batch.number, 4, score=7.0, reasons=["x"])
        await ledger.alerts.decide(alert.id, AlertState.INVESTIGATING, actor="minh")
        return alert.id


def test_a_party_is_asked_and_the_hearing_is_listed(place: Veritem, tmp_path: Path) -> None:
    case = str(asyncio.run(raise_case(find_ledger(tmp_path))))
    asked = place("hearings", "ask", case, "Bán đi đâu?", "--to", "p1", "--as", "minh", "--json")
    assert asked.status == 0, asked.err
    [hearing] = asked.json["hearings"]
    wrong = place("hearings", "ask", case, "?", "--to", "other", "--as", "minh")
    assert (wrong.status, "no party of this case" in wrong.err) == (1, True)
    [listed] = place("hearings", "list", "--state", "asked", "--json").json["hearings"]
    assert (listed["id"], listed["organisation"]) == (hearing["id"], "p1")
    assert "Bán đi đâu?" in place("hearings", "show", hearing["id"], "--as", "minh").out
    answered = place("hearings", "answer", hearing["id"], "Chợ Bến Thành", "--as", "minh")
    assert "answered" in answered.out
    assert place("hearings", "list", "--state", "asked", "--json").json["hearings"] == []
