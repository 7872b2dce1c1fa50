"""Activations and first scans are counted by product and day."""

import asyncio
from collections.abc import Coroutine
from typing import Any

import pytest

from ledger import Ledger, LotRow, Order, ProductDay, ProductRow, ScanRow, open_ledger
from stamps.lifecycle import Transition
from stamps.spans import TransitionConflict
from tests.accounts import add_accounts
from tests.ledger.conftest import NOW
from tests.ledger.world import a_key, a_lot

DAY = 86_400_000
PACKED = Transition.ACTIVATE


async def batch_of(ledger: Ledger, product: str | None, count: int = 1000) -> int:
    """A batch of an order for a product, printed."""
    if product is not None and product not in {one.id for one in await ledger.products.list()}:
        await ledger.products.add(ProductRow(product, {"vi": product, "en": product}))
    order = Order(a_key(), count, "sealed", product=product, requested_by="an")
    await ledger.orders.add(order)
    await add_accounts(ledger, "an", "binh")
    await ledger.orders.approve(order.id, actor="binh")
    made = await ledger.batches.add(
        order=order.id, count=count, grade="sealed", epoch=0, host="h", product=product,
        actor="i", key=a_key(),
    )  # fmt: skip
    await ledger.transitions.apply(
        made.number, 0, count, Transition.PRINT, actor="press", key=a_key()
    )
    return made.number


async def pack(ledger: Ledger, batch: int, lo: int, hi: int, at: int = NOW, key: str = "") -> None:
    product = (await ledger.batches.get(batch)).product
    lot = f"L-{product}"
    await ledger.lots.save(LotRow(lot, {"lot": lot}, (), product=product))
    await ledger.transitions.apply(
        batch, lo, hi, PACKED, actor="packer", key=key or a_key(), lot=lot, at=at
    )


def first_scan(batch: int, index: int, at: int = NOW) -> ScanRow:
    name = batch.to_bytes(8, "big") + index.to_bytes(8, "big")
    return ScanRow(name, batch, index, at, "page", "authentic", 0.0, first=True)


async def counted(ledger: Ledger, product: str | None = None) -> list[tuple[int, int]]:
    days = (await ledger.product_days.list_since(0, [product])).get(product, [])
    return [(day.activated, day.scanned) for day in days]


async def test_a_product_and_the_whole_service_are_counted_by_day(ledger: Ledger) -> None:
    durian, tea, bare = [await batch_of(ledger, name) for name in ("durian", "tea", None)]
    await pack(ledger, durian, 0, 300)
    await pack(ledger, durian, 300, 500, NOW + DAY)
    await pack(ledger, tea, 0, 40)
    await pack(ledger, bare, 0, 7)
    await ledger.scans.append([first_scan(durian, 1), first_scan(durian, 2), first_scan(tea, 1)])
    await ledger.scans.append([first_scan(durian, 301, NOW + DAY), first_scan(bare, 3)])
    assert await counted(ledger, "durian") == [(300, 2), (200, 1)]
    assert await counted(ledger, "tea") == [(40, 1)]
    assert await counted(ledger) == [(347, 4), (200, 1)]
    every = await ledger.product_days.list_since(0)
    assert every.keys() == {None, "durian", "tea"}
    today, tomorrow = every["durian"]
    assert today.at <= NOW < tomorrow.at == today.at + DAY
    assert (await ledger.product_days.list_since(tomorrow.at, ["durian", "tea"])) == {
        "durian": [ProductDay(tomorrow.at, 200, 1)]
    }


async def test_repeated_and_refused_writes_count_nothing(ledger: Ledger) -> None:
    batch = await batch_of(ledger, "durian")
    for _ in range(2):
        await pack(ledger, batch, 0, 300, key="once")
        await ledger.scans.append([first_scan(batch, 1)])
    await ledger.scans.append([first_scan(batch, 1), first_scan(batch, 2)])
    with pytest.raises(TransitionConflict):
        await pack(ledger, batch, 299, 400)
    assert await counted(ledger, "durian") == [(300, 2)]


async def test_later_scans_and_other_transitions_count_nothing(ledger: Ledger) -> None:
    batch = await batch_of(ledger, "durian")
    await pack(ledger, batch, 0, 300)
    await ledger.transitions.apply(
        batch, 0, 9, Transition.SUSPEND, actor="i", key=a_key(), reason="inspection"
    )
    await ledger.transitions.apply(
        batch, 0, 9, Transition.RELEASE, actor="i", key=a_key(), reason="cleared"
    )
    await ledger.scans.append([first_scan(batch, 1)._replace(first=False)])
    assert await counted(ledger, "durian") == [(300, 0)]


async def test_concurrent_recorders_and_packers_lose_no_count(url: str, ledger: Ledger) -> None:
    batches = [await batch_of(ledger, name) for name in ("tea", "a-durian", "a_lychee")]
    await a_lot(ledger)
    others = [await open_ledger(url) for _ in range(3)]
    work: list[Coroutine[Any, Any, object]] = []
    for turn in range(10):
        rows = [first_scan(batch, turn * 10 + n) for batch in batches for n in range(10)]
        work += [one.scans.append(rows) for one in others]  # all of them bring the same scans
        work += [pack(ledger, batch, turn * 10, turn * 10 + 10) for batch in batches]
    await asyncio.gather(*work)
    for one in others:
        await one.close()
    assert await counted(ledger) == [(300, 300)]
    for name in ("tea", "a-durian", "a_lychee"):
        assert await counted(ledger, name) == [(100, 100)]
