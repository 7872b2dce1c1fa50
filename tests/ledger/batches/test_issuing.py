"""Registry, orders, batches and lots."""

import asyncio
from dataclasses import replace

import pytest

from ledger import Ledger, Order, OrderState, Organisation, PlaceRow, ProductRow
from ledger.batches.batches import MAX_COUNT
from ledger.errors import (
    AlreadyExists,
    KeyReused,
    LotIncomplete,
    ManifestSet,
    OrderExceeded,
    OrderNotOpen,
    SamePerson,
    UnknownBatch,
    UnknownLot,
    UnknownOrder,
    UnknownRow,
)
from stamps.errors import OutOfRange
from stamps.lifecycle import State, Transition
from tests.accounts import add_accounts
from tests.ledger.conftest import NOW, Clock
from tests.ledger.world import a_batch, a_lot, activated, an_order, correct

PACKER = Organisation("tan-phuoc", "packer", "Cơ sở đóng gói Tân Phước", address="Tiền Giang")
DURIAN = ProductRow("ri6", {"vi": "Sầu riêng Ri6", "en": "Ri6 durian"}, "08938505974194", 12)
ORCHARD = PlaceRow(
    "cai-be-1", "growing_area", "Cái Bè 1", "VN-TGOR-0123", "82", None, 10.33, 106.03, "tan-phuoc"
)


async def test_added_rows_are_returned_unchanged(ledger: Ledger) -> None:
    await ledger.organisations.add(PACKER)
    await ledger.products.add(DURIAN)
    await ledger.places.add(ORCHARD)
    assert await ledger.organisations.get("tan-phuoc") == PACKER
    assert await ledger.products.list() == [DURIAN]
    assert await ledger.places.get("cai-be-1") == ORCHARD


async def test_an_id_is_added_once_and_changed_only_by_replace(ledger: Ledger) -> None:
    await ledger.organisations.add(PACKER)
    await ledger.organisations.add(PACKER)
    moved = replace(PACKER, address="Đồng Tháp")
    with pytest.raises(AlreadyExists, match="organisation tan-phuoc"):
        await ledger.organisations.add(moved)
    await ledger.organisations.replace(moved, actor="an")
    assert await ledger.organisations.get("tan-phuoc") == moved
    told = [(e.action, e.actor) for e in await ledger.audit.list_after()]
    assert told == [("organisation.add", "system"), ("organisation.replace", "an")]


async def test_unknown_ids_are_refused(ledger: Ledger) -> None:
    for call in (ledger.organisations.get("x"), ledger.organisations.replace(PACKER)):
        with pytest.raises(UnknownRow, match="there is no organisation"):
            await call
    for other, refusal in (
        (ledger.orders.get("x"), UnknownOrder),
        (ledger.lots.get("x"), UnknownLot),
        (ledger.batches.get(1), UnknownBatch),
    ):
        with pytest.raises(refusal):
            await other


async def test_an_order_is_decided_by_a_second_person(ledger: Ledger, clock: Clock) -> None:
    call = await ledger.orders.add(Order("o1", 5000, "signed", requested_by="an", has_pin=True))
    assert (call.state, call.requested_at) == (OrderState.REQUESTED, NOW)
    clock.now += 5
    await add_accounts(ledger, "an", "binh")
    approved = await ledger.orders.approve("o1", actor="binh")
    assert (approved.state, approved.decided_by, approved.decided_at) == (
        OrderState.APPROVED,
        "binh",
        NOW + 5,
    )
    assert await ledger.orders.approve("o1", actor="binh") == approved
    assert await ledger.orders.list(OrderState.APPROVED) == [approved]
    assert await ledger.orders.list(OrderState.REQUESTED) == []


async def test_nobody_approves_an_order_of_their_own(ledger: Ledger) -> None:
    await ledger.orders.add(Order("o1", 5000, "sealed", requested_by="an"))
    with pytest.raises(SamePerson, match="another person"):
        await ledger.orders.approve("o1", actor="an")
    assert (await ledger.orders.get("o1")).state is OrderState.REQUESTED


async def test_an_added_order_is_never_approved_already(ledger: Ledger) -> None:
    sly = Order("o1", 5, "sealed", requested_by="an", state=OrderState.APPROVED, decided_by="binh")
    assert (await ledger.orders.add(sly)).state is OrderState.REQUESTED


async def test_the_same_order_is_added_once(ledger: Ledger) -> None:
    order = Order("o1", 5000, "sealed", requested_by="an")
    assert await ledger.orders.add(order) == await ledger.orders.add(order)
    with pytest.raises(AlreadyExists):
        await ledger.orders.add(replace(order, count=9000))


async def test_a_refused_order_makes_no_batch(ledger: Ledger) -> None:
    await ledger.orders.add(Order("o1", 50, "sealed", requested_by="an"))
    await add_accounts(ledger, "an", "binh")
    await ledger.orders.refuse("o1", actor="binh", reason="too many")
    with pytest.raises(OrderNotOpen, match="refused"):
        await ledger.orders.approve("o1", actor="binh")
    with pytest.raises(OrderNotOpen, match="o1 is refused; approved is needed"):
        await issue(ledger, "o1", 50, "k")


async def issue(ledger: Ledger, order: str, count: int, key: str) -> int:
    batch = await ledger.batches.add(
        order=order, count=count, grade="sealed", epoch=3, host="tem.example", actor="i", key=key
    )
    return batch.number


async def test_a_requested_order_makes_no_batch(ledger: Ledger) -> None:
    await ledger.orders.add(Order("o1", 50, "sealed", requested_by="an"))
    with pytest.raises(OrderNotOpen, match="o1 is requested"):
        await issue(ledger, "o1", 50, "k")
    assert await ledger.batches.list() == []


async def test_batches_get_the_next_number_and_one_span(ledger: Ledger) -> None:
    order = await an_order(ledger, 300)
    one, two = await issue(ledger, order.id, 100, "a"), await issue(ledger, order.id, 200, "b")
    assert (one, two) == (1, 2)
    batch = await ledger.batches.get(two)
    assert (batch.order, batch.count, batch.epoch, batch.at) == (order.id, 200, 3, NOW)
    spans = await ledger.transitions.list_spans(two)
    assert [(s.lo, s.hi, s.state) for s in spans] == [(0, 200, State.ISSUED)]
    assert (await ledger.orders.get(order.id)).state is OrderState.FULFILLED


async def test_an_order_never_yields_more_than_was_approved(ledger: Ledger) -> None:
    order = await an_order(ledger, 100)
    await issue(ledger, order.id, 60, "a")
    with pytest.raises(OrderExceeded, match="has 40 stamps left, not 41"):
        await issue(ledger, order.id, 41, "b")
    call = (issue(ledger, order.id, 40, key) for key in ("c", "d"))
    answers = await asyncio.gather(*call, return_exceptions=True)
    assert [type(a) for a in answers if not isinstance(a, int)] == [OrderNotOpen]


async def test_the_same_key_makes_one_batch(ledger: Ledger) -> None:
    order = await an_order(ledger, 100)
    assert await issue(ledger, order.id, 100, "k") == await issue(ledger, order.id, 100, "k")
    with pytest.raises(KeyReused):
        await issue(ledger, order.id, 99, "k")
    assert len(await ledger.batches.list(order.id)) == 1


@pytest.mark.parametrize("count", [0, -1, MAX_COUNT + 1])
async def test_a_batch_fits_the_code(ledger: Ledger, count: int) -> None:
    order = await an_order(ledger, 2 * MAX_COUNT)
    with pytest.raises(OutOfRange):
        await issue(ledger, order.id, count, "k")
    assert await issue(ledger, order.id, MAX_COUNT, "k") == 1


async def test_a_manifest_is_set_once(ledger: Ledger) -> None:
    batch = await a_batch(ledger)
    kept = await ledger.batches.set_manifest(batch.number, b"\x00signed")
    assert (await ledger.batches.get(batch.number)).manifest == b"\x00signed"
    assert await ledger.batches.set_manifest(batch.number, b"\x00signed") == kept
    with pytest.raises(ManifestSet):
        await ledger.batches.set_manifest(batch.number, b"another")


async def test_a_saved_lot_counts_its_versions(ledger: Ledger) -> None:
    first = await a_lot(ledger, "L1", missing=("image",))
    assert (first.version, list(first.missing), first.at) == (1, ["image"], NOW)
    assert await a_lot(ledger, "L1", missing=("image",)) == first
    assert (await a_lot(ledger, "L1")).version == 2
    assert [lot.code for lot in await ledger.lots.list()] == ["L1"]
    assert (await ledger.lots.get("L1")).document == {"name": "Sầu riêng Ri6", "lot": "L1"}


async def test_a_bound_lot_can_not_become_incomplete(ledger: Ledger) -> None:
    batch = await activated(ledger)
    with pytest.raises(LotIncomplete, match="producer"):
        await a_lot(ledger, "L1", missing=("producer",))
    better = await correct(ledger, {"name": "Ri6", "lot": "L1"})
    assert better.version == 2
    await ledger.transitions.apply(batch, 0, 1, Transition.CLAIM, actor="c", key="c")
