"""Orders: requested by one person, decided by another."""

from typing import Any

import pytest

from ledger import Order, OrderState
from ledger.errors import AlreadyExists, ForeignOrder, OrderNotOpen, SamePerson
from services.errors import Forbidden, InvalidInput, OrderIncomplete, SimilarOrder
from services.orders import orders
from services.orders.orders import OrderRequest
from tests.services.office import Office


def make_request(**changes: Any) -> OrderRequest:
    return OrderRequest(
        **{
            "count": 100,
            "grade": "sealed",
            "product": "ri6",
            "packer": "krong-pac",
            "is_another": True,
            **changes,
        }
    )


async def test_an_order_is_decided_by_another_person(office: Office) -> None:
    order = await orders.request_order(office.context("issuer"), make_request())
    assert (order.state, order.requested_by, order.requested_at) == (
        OrderState.REQUESTED,
        "issuer",
        office.now,
    )
    with pytest.raises(Forbidden):
        await orders.approve_order(office.context("issuer"), order.id)
    own = await orders.request_order(office.context("operator"), make_request())
    with pytest.raises(SamePerson):
        await orders.approve_order(office.context("operator"), own.id)
    approved = await orders.approve_order(office.context("authority"), order.id)
    assert (approved.state, approved.decided_by) == (OrderState.APPROVED, "authority")
    with pytest.raises(OrderNotOpen):
        await orders.refuse_order(office.context("authority"), order.id, "too many")


async def test_a_packer_orders_for_itself(office: Office) -> None:
    packer = office.context("packer")
    assert (await orders.request_order(packer, make_request(packer=None))).packer == "krong-pac"
    with pytest.raises(InvalidInput) as refused:
        await orders.request_order(packer, make_request(packer="tan-phuoc"))
    assert refused.value.evidence["field"] == "packer"


async def test_the_same_key_makes_one_order(office: Office) -> None:
    issuer = office.context("issuer")
    first = await orders.request_order(issuer, make_request(), "k1")
    assert await orders.request_order(issuer, make_request(), "k1") == first
    assert (await orders.request_order(issuer, make_request(), "k2")).id != first.id
    assert (await orders.request_order(office.context("packer"), make_request(), "k1")).id not in (
        first.id,
    )
    with pytest.raises(AlreadyExists):
        await orders.request_order(issuer, make_request(count=7), "k1")


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"id": "a/b"}, "id"),
        ({"id": "x" * 41}, "id"),
        ({"count": 0}, "count"),
        ({"product": "mango"}, "product"),
        ({"packer": "nobody"}, "packer"),
        ({"print_house": "nobody"}, "print_house"),
        ({"note": "x" * 1001}, "note"),
        ({"product": None}, "product"),
        ({"packer": None}, "packer"),
        ({"count": 2**24 + 1}, "count"),
        ({"due_on": "2026-09-20"}, "due_on"),
        ({"due_on": "2029-01-01"}, "due_on"),
        ({"due_on": "tomorrow"}, "due_on"),
    ],
)
async def test_an_invalid_field_is_named(
    office: Office, changes: dict[str, Any], field: str
) -> None:
    with pytest.raises(InvalidInput) as refused:
        await orders.request_order(office.context("issuer"), make_request(**changes))
    assert refused.value.evidence["field"] == field
    assert (await orders.list_orders(office.context("issuer"))).items == []


async def test_the_first_of_a_few_flaws_is_not_the_only_one_named(office: Office) -> None:
    with pytest.raises(InvalidInput) as refused:
        await orders.request_order(
            office.context("issuer"), make_request(product=None, packer=None, count=0)
        )
    named = [flaw["field"] for flaw in refused.value.evidence["flaws"]]
    assert named == ["count", "product", "packer"]


async def test_an_order_of_before_is_not_approved_without_packer_and_product(
    office: Office,
) -> None:
    await office.ledger.orders.add(Order("old", 5, "sealed", "issuer", packer="krong-pac"))
    with pytest.raises(OrderIncomplete, match="names no product"):
        await orders.approve_order(office.context("authority"), "old")
    refused = await orders.refuse_order(office.context("authority"), "old", "name a product")
    assert refused.state is OrderState.REFUSED


async def test_who_requested_an_order_withdraws_it_before_the_decision_alone(
    office: Office,
) -> None:
    issuer = office.context("issuer")
    order = await orders.request_order(issuer, make_request())
    with pytest.raises(ForeignOrder):
        await orders.withdraw_order(office.context("packer"), order.id)
    withdrawn = await orders.withdraw_order(issuer, order.id)
    assert (withdrawn.state, withdrawn.decided_by) == (OrderState.WITHDRAWN, None)
    assert await orders.withdraw_order(issuer, order.id) == withdrawn
    with pytest.raises(OrderNotOpen):
        await orders.approve_order(office.context("authority"), order.id)
    other = await orders.request_order(issuer, make_request())
    await orders.approve_order(office.context("authority"), other.id)
    with pytest.raises(OrderNotOpen):
        await orders.withdraw_order(issuer, other.id)


async def test_a_refusal_has_a_reason_that_the_requester_sees(office: Office) -> None:
    order = await orders.request_order(office.context("issuer"), make_request())
    with pytest.raises(InvalidInput):
        await orders.refuse_order(office.context("authority"), order.id, "  ")
    await orders.refuse_order(office.context("authority"), order.id, " Too many ")
    seen = await orders.get_order(office.context("packer"), order.id)
    assert seen.decision_reason == "Too many"


async def test_the_same_order_within_a_few_days_asks_whether_it_is_meant(office: Office) -> None:
    packer = office.context("packer")
    first = await orders.request_order(packer, make_request(is_another=False), "k1")
    assert await orders.request_order(packer, make_request(is_another=False), "k1") == first
    with pytest.raises(SimilarOrder) as asked:
        await orders.request_order(packer, make_request(is_another=False), "k2")
    assert asked.value.evidence["order"] == first.id
    assert (await orders.request_order(packer, make_request(), "k2")).id != first.id
    await orders.request_order(packer, make_request(is_another=False, count=101), "k3")
    office.now += 4 * 86_400_000
    await orders.request_order(packer, make_request(is_another=False), "k4")


async def test_a_withdrawn_order_is_no_duplicate(office: Office) -> None:
    packer = office.context("packer")
    first = await orders.request_order(packer, make_request(is_another=False), "k1")
    await orders.withdraw_order(packer, first.id)
    await orders.request_order(packer, make_request(is_another=False), "k2")
