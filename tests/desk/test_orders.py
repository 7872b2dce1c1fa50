"""Orders by the API: requested by one person, decided by another, issued by a third."""

import re

import pytest

from ledger import Order
from tests.desk.people import somebody
from tests.desk.running_desk import RunningDesk, new_key

REQUEST = {"id": "o1", "count": 5000, "grade": "sealed", "product": "ri6", "packer": "krong-pac"}


async def test_an_order_is_requested_approved_and_issued(desk: RunningDesk) -> None:
    asked = await desk.fetch("mai", "POST", "/orders", REQUEST)
    assert (asked["state"], asked["requested_by"], asked["requested_at"]) == (
        "requested",
        "mai",
        "2026-09-21T14:13:20Z",
    )
    approved = await desk.fetch("bo", "POST", "/orders/o1/approve")
    assert (approved["state"], approved["decided_by"]) == ("approved", "bo")
    batch = await desk.fetch("cap", "POST", "/batches", {"order": "o1"}, key="k")
    assert (batch["number"], batch["count"], batch["is_finished"]) == (1, 5000, True)
    assert batch["range"] == "1·0-4999"
    again = await desk.call("cap", "POST", "/batches", {"order": "o1"}, key="k")
    assert (again.status, (await again.json())["number"]) == (201, 1)
    shown = await desk.fetch("mai", "GET", "/batches/1")
    assert shown["balance"]["states"]["issued"] == 5000
    assert shown["balance"]["balances"]
    document = [
        (e.action, e.actor) for e in await desk.ledger.audit.list_after() if "order" in e.subject
    ]
    assert document == [
        ("order.request", "mai"),
        ("order.approved", "bo"),
        ("order.fulfilled", "cap"),
    ]


async def test_an_order_without_an_id_gets_one(desk: RunningDesk) -> None:
    made = await desk.call("cap", "POST", "/orders", {**REQUEST, "id": None, "count": 1})
    assert made.status == 201
    assert made.headers["Location"] == f"/api/v1/orders/{(await made.json())['id']}"


async def test_a_refused_order_stays_refused(desk: RunningDesk) -> None:
    await desk.fetch("cap", "POST", "/orders", REQUEST)
    assert (await desk.fetch("bo", "POST", "/orders/o1/refuse", {"reason": "too many"}))[
        "state"
    ] == "refused"
    late = await desk.call("bo", "POST", "/orders/o1/approve")
    assert (late.status, (await late.json())["type"]) == (409, "/problems/order-state")
    unissued = await desk.call("cap", "POST", "/batches", {"order": "o1"}, key=new_key())
    assert unissued.status == 409


async def test_nobody_decides_their_own_order(desk: RunningDesk) -> None:
    await desk.ledger.orders.add(Order("o1", 5, "sealed", "bo", product="ri6", packer="krong-pac"))
    for verb, body in (("approve", None), ("refuse", {"reason": "no"})):
        own = await desk.call("bo", "POST", f"/orders/o1/{verb}", body)
        assert (own.status, (await own.json())["type"]) == (403, "/problems/same-person")


@pytest.mark.parametrize(
    ("changes", "status", "field"),
    [
        ({"count": 0}, 400, "count"),
        ({"count": "5"}, 400, "count"),
        ({"count": True}, 400, "count"),
        ({"grade": "gold"}, 400, "grade"),
        ({"id": "a/b"}, 400, "id"),
        ({"product": "mango"}, 400, "product"),
        ({"print_house": "nobody"}, 400, "print_house"),
        ({"pritn_house": "in-mekong"}, 400, "pritn_house"),
        ({"note": 5}, 400, "note"),
    ],
)
async def test_a_malformed_order_is_refused_by_its_field(
    desk: RunningDesk, changes: dict[str, object], status: int, field: str
) -> None:
    refused = await desk.call("cap", "POST", "/orders", {**REQUEST, **changes})
    document = await refused.json()
    assert (refused.status, document["field"]) == (status, field)
    assert refused.content_type == "application/problem+json"
    assert await desk.ledger.orders.list() == []


async def test_a_packer_orders_for_itself_and_sees_no_others(desk: RunningDesk) -> None:
    other = await desk.call("mai", "POST", "/orders", {**REQUEST, "packer": "tan-phuoc"})
    assert other.status == 400
    await desk.fetch("lan", "POST", "/orders", {**REQUEST, "packer": "tan-phuoc"})
    assert (await desk.fetch("mai", "GET", "/orders"))["orders"] == []
    assert (await desk.call("mai", "GET", "/orders/o1")).status == 404
    assert len((await desk.fetch("bo", "GET", "/orders?state=requested"))["orders"]) == 1
    assert (await desk.fetch("bo", "GET", "/orders?state=approved"))["orders"] == []
    assert (await desk.call("bo", "GET", "/orders?state=lost")).status == 400


async def test_an_unknown_name_is_422_in_a_body_and_404_in_an_address(desk: RunningDesk) -> None:
    assert (await desk.call("bo", "POST", "/orders/nix/approve")).status == 404
    unknown = await desk.call("cap", "POST", "/batches", {"order": "nix"}, key="k")
    assert (unknown.status, (await unknown.json())["order"]) == (422, "nix")


async def test_the_form_shows_a_specimen_of_each_label(desk: RunningDesk) -> None:
    async with somebody(desk, "mai") as mai:
        form = await mai.get("/new-order")
        pictures = re.findall(r'src="(/labels/[a-z]+)"', form.html)
        assert pictures == ["/labels/sealed", "/labels/signed"]
        sealed, signed = [await mai.get(path) for path in pictures]
        assert (await mai.get("/labels/gold")).status == 404
    for picture in (sealed, signed):
        assert picture.headers["Content-Type"].startswith("image/svg+xml")
        assert "default-src 'none'" in picture.headers["Content-Security-Policy"]
        assert picture.html.startswith("<svg")
    assert sealed.html != signed.html
