"""Cursor pages of the lists: each row once, and a cursor of another list is refused."""

import pytest

from services.batches import batches
from services.errors import InvalidInput
from services.lots import lots
from services.orders import orders
from services.orders.orders import OrderRequest
from services.paging import decode_cursor, encode_cursor
from tests.services.office import Office, lot_document


async def test_pages_show_each_order_once(office: Office) -> None:
    issuer = office.context("issuer")
    for n in range(5):
        request = OrderRequest(n + 1, "sealed", id=f"o{n}", product="ri6", packer="krong-pac")
        await orders.request_order(issuer, request)
    seen: list[str] = []
    after = None
    while True:
        page = await orders.list_orders(issuer, limit=2, after=after)
        seen += [order.id for order in page.items]
        after = page.next
        if after is None:
            break
    assert seen == ["o4", "o3", "o2", "o1", "o0"]


async def test_the_last_page_has_no_cursor(office: Office) -> None:
    packer = office.context("packer")
    for code in ("L1", "L2"):
        await lots.put_lot(packer, lot_document(code))
    assert (await lots.list_lots(packer, limit=2)).next is None
    first = await lots.list_lots(packer, limit=1)
    assert first.next is not None
    assert (await lots.list_lots(packer, limit=1, after=first.next)).next is None


@pytest.mark.parametrize(
    "cursor", ["", "x", "ö", "e30", encode_cursor((1,)), encode_cursor(("o1", 1)), "W" * 3000]
)
async def test_a_cursor_of_another_list_is_refused(office: Office, cursor: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        await orders.list_orders(office.context("issuer"), after=cursor)
    assert refused.value.evidence["field"] == "after"


@pytest.mark.parametrize("limit", [0, -1, 1001])
async def test_a_limit_out_of_range_is_refused(office: Office, limit: int) -> None:
    with pytest.raises(InvalidInput):
        await batches.list_batches(office.context("issuer"), limit=limit)


def test_a_cursor_keeps_its_key() -> None:
    for key, types in (((1_790_000_000_000, "o-1"), (int, str)), ((8.5, 7), (float, int))):
        assert tuple(decode_cursor(encode_cursor(key), types)) == key
