"""Scope: rows of another organisation are answered as unknown."""

import pytest

from ledger import Order
from ledger.errors import LotCodeTaken, UnknownBatch, UnknownLot, UnknownOrder
from services import scope
from services.batches import batches
from services.lots import lots
from services.orders import orders
from services.orders.orders import OrderRequest
from tests.services.office import Office, foreign_document, lot_document


async def test_a_print_house_sees_the_batches_assigned_to_it(office: Office) -> None:
    own = await office.issue_batch()
    await office.issue_batch(print_house="in-hanoi")
    await office.issue_batch(print_house=None)
    listed = await batches.list_batches(office.context("press"))
    assert [batch.number for batch in listed.items] == [own]
    with pytest.raises(UnknownBatch):
        await batches.get_batch(office.context("other-press"), own)


async def test_a_packer_sees_its_own_orders_and_those_that_name_no_packer(
    office: Office,
) -> None:
    issuer = office.context("issuer")
    await office.ledger.orders.add(Order("open", 10, "sealed", requested_by="issuer"))
    for order_id, packer in (("own", "krong-pac"), ("other", "tan-phuoc")):
        request = OrderRequest(10, "sealed", id=order_id, product="ri6", packer=packer)
        await orders.request_order(issuer, request)
    listed = await orders.list_orders(office.context("packer"))
    assert {order.id for order in listed.items} == {"own", "open"}
    with pytest.raises(UnknownOrder):
        await orders.get_order(office.context("packer"), "other")
    assert len((await orders.list_orders(office.context("authority"))).items) == 3


async def test_a_packer_sees_the_lots_of_its_organisation(office: Office) -> None:
    await lots.put_lot(office.context("operator"), lot_document("own"))
    await lots.put_lot(office.context("other-packer"), foreign_document("other"))
    listed = await lots.list_lots(office.context("packer"))
    assert [lot.code for lot in listed.items] == ["own"]
    with pytest.raises(UnknownLot):
        await scope.find_lot(office.context("packer"), "other")
    with pytest.raises(LotCodeTaken, match="other is taken"):
        await lots.put_lot(office.context("packer"), lot_document("other"))
    assert len((await lots.list_lots(office.context("inspector"))).items) == 2
