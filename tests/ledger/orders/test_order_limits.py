"""Orders above a limit and the steps of an order, as the database itself keeps them."""

# ruff: noqa: S608 - the tests write SQL by hand

from pathlib import Path

import pytest

from ledger import Ledger, Order, OrderState, Organisation, ProductRow, RegisteredCode
from ledger.errors import OrderAboveLimits
from ledger.orders.order_excess import ORDER_EXCESS, approve_excess
from ledger.orders.order_states import ORDER_STEPS, render_steps
from tests.accounts import add_accounts
from tests.ledger.audit.test_guards import GuardRefused, run

PAGE = Path(__file__).parents[3] / "docs" / "orders.md"
APPROVE = (
    "UPDATE orders SET state = 'approved', decided_by = 'binh', decided_at = 1 WHERE id = {!r}"
)


async def furnish(ledger: Ledger) -> None:
    """A packer with 12 ha of 18 t/ha, fruits of 2.5 kg: 86,400 fruits; a quota of 90,000."""
    await add_accounts(ledger, "an", "binh", "chi")
    await ledger.organisations.add(Organisation("p1", "packer", "HTX"))
    await ledger.products.add(ProductRow("ri6", {"vi": "Ri6"}, yield_t_per_ha=18.0, fruit_kg=2.5))
    area = RegisteredCode(
        "VN-ĐLOR-0123", "growing_area", "A", "p1", products=("ri6",), hectares=12.0
    )
    await ledger.registered_codes.change([area.code], lambda _: [area], action="add", actor="an")
    await ledger.order_quotas.put("p1", 2026, 90_000, actor="binh")


async def an_order(ledger: Ledger, id_: str, count: int) -> Order:
    return await ledger.orders.add(
        Order(id_, count, "sealed", requested_by="an", product="ri6", packer="p1")
    )


async def test_an_order_within_its_limits_needs_one_decision(ledger: Ledger, url: str) -> None:
    await furnish(ledger)
    await an_order(ledger, "o1", 80_000)
    await run(url, APPROVE.format("o1"))
    await an_order(ledger, "o2", 6_400)
    assert (await ledger.orders.approve("o2", "binh")).state is OrderState.APPROVED


@pytest.mark.parametrize(("count", "said"), [(86_401, "crop"), (90_001, "quota")])
async def test_the_database_refuses_one_approval_above_a_limit(
    ledger: Ledger, url: str, count: int, said: str
) -> None:
    await furnish(ledger)
    await an_order(ledger, "o1", count)
    with pytest.raises(OrderAboveLimits):
        await ledger.orders.approve("o1", "binh")
    with pytest.raises(GuardRefused, match=said):
        await run(url, APPROVE.format("o1"))


async def test_two_approvals_carry_an_order_above_a_limit(ledger: Ledger, url: str) -> None:
    await furnish(ledger)
    await an_order(ledger, "o1", 100_000)
    proposal = await ledger.proposals.add(
        ORDER_EXCESS, "order:o1", document={"order": "o1"}, reason="r", actor="binh", key="k1"
    )
    with pytest.raises(GuardRefused):
        await run(url, APPROVE.format("o1"))
    approved = await ledger.proposals.approve(proposal.id, "chi", act=approve_excess)
    assert approved.result is not None
    assert (approved.result.state, approved.result.decided_by) == (OrderState.APPROVED, "chi")
    assert (await ledger.audit.verify()).ok


async def test_no_step_but_those_of_the_table_is_taken(ledger: Ledger, url: str) -> None:
    await add_accounts(ledger, "an", "binh")
    steps = {(step.before, step.after) for step in ORDER_STEPS.values()}
    reach = {
        OrderState.REQUESTED: [],
        OrderState.APPROVED: ["approved"],
        OrderState.REFUSED: ["refused"],
        OrderState.WITHDRAWN: ["withdrawn"],
        OrderState.FULFILLED: ["approved", "fulfilled"],
    }
    for before, path in reach.items():
        for after in OrderState:
            order = await ledger.orders.add(Order(f"{before}-{after}", 1, "sealed", "an"))
            for state in path:
                await run(url, _step(order.id, state))
            if before is after or (before, after) in steps:
                await run(url, _step(order.id, after))
            else:
                with pytest.raises(GuardRefused):
                    await run(url, _step(order.id, after))


def _step(order: str, state: str) -> str:
    """SQL that gives an order a state, with what the state needs."""
    decided = {
        "approved": ", decided_by = 'binh', decided_at = 1",
        "refused": ", decided_by = 'binh', decided_at = 1, decision_reason = 'r'",
        "withdrawn": ", decided_at = 1",
    }
    return f"UPDATE orders SET state = '{state}'{decided.get(state, '')} WHERE id = '{order}'"


async def test_an_order_is_refused_with_a_reason(ledger: Ledger, url: str) -> None:
    await add_accounts(ledger, "an", "binh")
    await ledger.orders.add(Order("o1", 1, "sealed", "an"))
    bare = "UPDATE orders SET state = 'refused', decided_by = 'binh', decided_at = 1"
    with pytest.raises(GuardRefused, match="with a reason"):
        await run(url, bare)


def test_the_page_of_orders_is_drawn_from_the_table() -> None:
    assert render_steps() in PAGE.read_text(encoding="utf-8")
