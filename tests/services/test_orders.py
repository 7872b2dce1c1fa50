"""Orders: requested by one person, decided by another."""

from typing import Any

import pytest

from ledger import OrderState
from ledger.errors import AlreadyExists, OrderNotOpen, SamePerson
from services import orders
from services.errors import Forbidden, InvalidInput
from services.orders import OrderRequest
from tests.services.office import Office


def make_request(**changes: Any) -> OrderRequest:
    return OrderRequest(**{"count": 100, "grade": "sealed", **changes})


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
        await orders.refuse_order(office.context("authority"), order.id)


async def test_a_packer_orders_for_itself(office: Office) -> None:
    packer = office.context("packer")
    assert (await orders.request_order(packer, make_request())).packer == "krong-pac"
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
    ],
)
async def test_an_invalid_field_is_named(
    office: Office, changes: dict[str, Any], field: str
) -> None:
    with pytest.raises(InvalidInput) as refused:
        await orders.request_order(office.context("issuer"), make_request(**changes))
    assert refused.value.evidence["field"] == field
    assert (await orders.list_orders(office.context("issuer"))).items == []
