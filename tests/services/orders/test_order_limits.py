"""Limits of orders: quota of the packer's year and crop of its growing areas."""

from dataclasses import replace
from typing import Any

import pytest

from ledger import Order, OrderState, Proposal, RegisteredCode
from ledger.errors import (
    AlreadyProposed,
    OrderAboveLimits,
    ProposalNotOpen,
    SamePerson,
    SecondPersonRequired,
    UnknownRow,
)
from ledger.orders.order_rules import OrderRules
from services import ServiceContext
from services.errors import ExcessReasonRequired, Forbidden, InvalidInput
from services.orders import order_limits, orders
from services.orders.orders import OrderRequest
from services.proposals import proposals
from tests.services.office import Office, new_key

WHY = "a second harvest"


async def request(office: Office, count: int, who: str = "issuer", **changes: Any) -> Order:
    asked = OrderRequest(
        **{
            "count": count,
            "grade": "sealed",
            "product": "ri6",
            "packer": "krong-pac",
            "is_another": True,
            "excess_reason": WHY,
            **changes,
        }
    )
    return await orders.request_order(office.context(who), asked)


async def approve(office: Office, count: int) -> Order:
    order = await request(office, count)
    return await orders.approve_order(office.context("authority"), order.id)


async def set_quota(office: Office, stamps: int | None, year: int = 2026) -> None:
    await order_limits.set_quota(office.context("authority"), "krong-pac", year, stamps)


async def register_area(office: Office, code: str = "VN-ĐLOR-0123", **changes: Any) -> None:
    """12 ha of 18 t/ha, fruits of 2.5 kg: 86,400 fruits."""
    ri6 = await office.ledger.products.get("ri6")
    await office.ledger.products.replace(
        replace(ri6, yield_t_per_ha=18.0, fruit_kg=2.5), actor="an", at=office.now
    )
    area = RegisteredCode(code, "growing_area", "Buôn Kao", products=("ri6",), hectares=12.0)
    wanted = replace(area, **{"organisation": "krong-pac", **changes})
    await office.ledger.registered_codes.change(
        [code], lambda _: [wanted], action="add", actor="an", at=office.now
    )


async def propose(office: Office, order: Order, who: str = "authority") -> Proposal:
    return await orders.propose_excess(office.context(who), order.id, WHY, new_key())


async def test_a_quota_is_used_up_by_approved_orders_of_the_year(office: Office) -> None:
    await set_quota(office, 1000)
    await request(office, 700)  # not approved: uses nothing
    await approve(office, 600)
    quota = await order_limits.get_quota(office.context("authority"), "krong-pac")
    assert (quota.stamps, quota.used, quota.left) == (1000, 600, 400)
    await approve(office, 400)
    order = await request(office, 1)
    with pytest.raises(OrderAboveLimits) as above:
        await orders.approve_order(office.context("authority"), order.id)
    assert above.value.evidence["quota_left"] == 0
    await set_quota(office, None)
    await orders.approve_order(office.context("authority"), order.id)


async def test_the_stamps_of_a_season_are_no_more_than_its_fruits(office: Office) -> None:
    await register_area(office)
    await approve(office, 80_000)
    limits = await order_limits.compare_request(office.context("issuer"), "krong-pac", "ri6", 6_401)
    assert limits.crop is not None
    assert (limits.crop.fruits, limits.crop_left, limits.is_above_crop) == (86_400, 6_400, True)
    await approve(office, 6_400)
    order = await request(office, 1)
    with pytest.raises(OrderAboveLimits):
        await orders.approve_order(office.context("authority"), order.id)


@pytest.mark.parametrize(
    "changes",
    [
        {"status": "suspended", "status_reason": "x"},
        {"valid_until": "2026-01-01"},
        {"hectares": None},
        {"organisation": "tan-phuoc"},
        {"products": ("ri6-x",)},
        {"kind": "packing_house"},
    ],
)
async def test_an_area_that_does_not_count_gives_no_estimate(
    office: Office, changes: dict[str, Any]
) -> None:
    await register_area(office, **changes)
    limits = await order_limits.compare_request(
        office.context("issuer"), "krong-pac", "ri6", 10_000_000
    )
    assert (limits.crop, limits.is_above) == (None, False)
    assert limits.areas_left_out == ("hectares" in changes)


async def test_an_order_above_a_limit_says_why_before_it_is_placed(office: Office) -> None:
    await set_quota(office, 100)
    with pytest.raises(ExcessReasonRequired) as refused:
        await request(office, 101, excess_reason=" ")
    assert refused.value.evidence["quota_left"] == 100
    order = await request(office, 101)
    assert order.excess_reason == WHY


async def test_an_order_above_a_limit_is_approved_by_two_people_of_whom_none_requested_it(
    office: Office,
) -> None:
    await set_quota(office, 100)
    order = await request(office, 101, who="operator")
    with pytest.raises(SamePerson):
        await propose(office, order, "operator")
    with pytest.raises(InvalidInput):
        await orders.propose_excess(office.context("authority"), order.id, " ", new_key())
    first = await propose(office, order)
    assert first.document["limits"]["quota_left"] == 100
    with pytest.raises(AlreadyProposed):
        await propose(office, order, "second")
    with pytest.raises(SecondPersonRequired):
        await proposals.approve_proposal(office.context("authority"), first.id)
    with pytest.raises(SamePerson):
        await proposals.approve_proposal(office.context("operator"), first.id)
    approval = await proposals.approve_proposal(office.context("second"), first.id)
    assert approval.result is not None
    assert (approval.result.state, approval.result.decided_by) == (OrderState.APPROVED, "second")


async def test_a_withdrawn_or_refused_order_waits_for_no_second_approval(office: Office) -> None:
    await set_quota(office, 100)
    for end in ("withdraw", "refuse"):
        order = await request(office, 101)
        first = await propose(office, order)
        if end == "withdraw":
            await orders.withdraw_order(office.context("issuer"), order.id)
        else:
            await orders.refuse_order(office.context("second"), order.id, "too many")
        with pytest.raises(ProposalNotOpen):
            await proposals.approve_proposal(office.context("second"), first.id)


async def test_a_quota_is_set_by_authority_and_administrator_for_a_packer(office: Office) -> None:
    with pytest.raises(Forbidden):
        await order_limits.set_quota(office.context("packer"), "krong-pac", 2026, 5)
    with pytest.raises(Forbidden):
        await order_limits.list_quotas(office.context("packer"))
    with pytest.raises(UnknownRow):
        await order_limits.set_quota(office.context("authority"), "in-mekong", 2026, 5)
    for year, stamps in ((1999, 5), (2026, -1)):
        with pytest.raises(InvalidInput):
            await set_quota(office, stamps, year)
    await set_quota(office, 5)
    await set_quota(office, 5)
    await set_quota(office, 6)
    context = office.context("authority")
    page = await order_limits.list_quotas(context, limit=1)
    assert [(one.organisation, one.stamps) for one in page.items] == [("krong-pac", 6)]
    rest = await order_limits.list_quotas(context, limit=1, after=page.next)
    assert [(one.organisation, one.stamps) for one in rest.items] == [("tan-phuoc", None)]
    entries = [e for e in await office.ledger.audit.list_after() if e.action == "quota.set"]
    assert [entry.actor for entry in entries] == ["authority", "authority"]


@pytest.fixture
def small(office: Office) -> ServiceContext:
    """A desk that takes orders of at most ten stamps."""
    return replace(office.context("issuer"), order_rules=OrderRules(most_stamps=10))


async def test_the_largest_order_is_a_setting(small: ServiceContext) -> None:
    asked = OrderRequest(11, "sealed", product="ri6", packer="krong-pac")
    with pytest.raises(InvalidInput) as refused:
        await orders.request_order(small, asked)
    assert refused.value.evidence["most"] == 10
    await orders.request_order(small, replace(asked, count=10))
