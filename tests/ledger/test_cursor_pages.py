"""Filters and pages of lists: on both engines, each row once and in order."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from sqlalchemy import text

from ledger import (
    AlertFilter,
    AlertState,
    BatchFilter,
    Key,
    Ledger,
    LotFilter,
    LotRow,
    Order,
    OrderFilter,
    Organisation,
    PlaceRow,
    open_ledger,
)
from ledger.storage.store import Store
from tests.accounts import add_accounts
from tests.ledger.world import a_batch, allow_recall

NOW = 1_790_000_000_000


async def add_organisations(ledger: Ledger) -> None:
    for name in ("own", "other"):
        await ledger.organisations.add(Organisation(name, "packer", name))
    await ledger.places.add(PlaceRow("p", "packing_house", "p", "VN-1", organisation="own"))


async def add_orders(ledger: Ledger) -> None:
    await add_organisations(ledger)
    for n, (packer, print_house) in enumerate(
        (("own", None), ("other", None), (None, "own"), ("own", "own"), (None, None))
    ):
        await ledger.orders.add(
            Order(
                id=f"o{n}",
                count=10,
                grade="sealed",
                requested_by="an",
                packer=packer,
                print_house=print_house,
                requested_at=NOW + n // 2,  # two of one moment
            )
        )


async def read_pages(
    find: Callable[..., Awaitable[list[Any]]], wanted: Any, key_of: Callable[[Any], Key]
) -> list[Any]:
    """All rows, two a page."""
    found: list[Any] = []
    after = None
    while page := await find(wanted, after=after, limit=2):
        found += page
        after = key_of(page[-1])
    return found


@pytest.mark.parametrize(
    ("wanted", "ids"),
    [
        (OrderFilter(), ["o4", "o3", "o2", "o1", "o0"]),
        (OrderFilter(id="o2"), ["o2"]),
        (OrderFilter(open_to_packer="own"), ["o4", "o3", "o2", "o0"]),
        (OrderFilter(open_to_packer=""), ["o4", "o2"]),
        (OrderFilter(print_house="own"), ["o3", "o2"]),
        (OrderFilter(print_house=""), []),
        (OrderFilter(state="approved"), ["o1"]),
        (OrderFilter(state="approved", open_to_packer="own"), []),
    ],
)
async def test_orders_are_filtered_and_paged(
    ledger: Ledger, wanted: OrderFilter, ids: list[str]
) -> None:
    await add_orders(ledger)
    await add_accounts(ledger, "an", "binh")
    await ledger.orders.approve("o1", "binh")
    found = await read_pages(
        ledger.orders.find_page, wanted, lambda order: (order.requested_at, order.id)
    )
    assert [order.id for order in found] == ids


async def test_batches_follow_the_filter_of_their_orders(ledger: Ledger) -> None:
    numbers = [(await a_batch(ledger)).number for _ in range(5)]

    def key_of(batch: Any) -> Key:
        return (batch.number,)

    found = await read_pages(ledger.batches.find_page, BatchFilter(), key_of)
    assert [batch.number for batch in found] == numbers[::-1]
    order = found[0].order
    of_order = BatchFilter(order=OrderFilter(id=order))
    found = await read_pages(ledger.batches.find_page, of_order, key_of)
    assert [batch.number for batch in found] == numbers[-1:]
    none = BatchFilter(number=numbers[0], order=OrderFilter(print_house="own"))
    assert await ledger.batches.find_page(none, limit=1) == []


@pytest.mark.parametrize(
    ("wanted", "codes"),
    [
        (LotFilter(), ["L4", "L3", "L2", "L1"]),
        (LotFilter(organisation="own"), ["L4", "L2"]),
        (LotFilter(organisation="other"), ["L3"]),
        (LotFilter(code="L3"), ["L3"]),
        (LotFilter(code="L3", organisation="own"), []),
        (LotFilter(is_bindable=True), ["L4", "L1"]),
    ],
)
async def test_lots_are_filtered_and_paged(
    ledger: Ledger, wanted: LotFilter, codes: list[str]
) -> None:
    await add_organisations(ledger)
    for code, owner, missing in (
        ("L1", None, ()),
        ("L2", "own", ("standards",)),
        ("L3", "other", ()),
        ("L4", "own", ()),
    ):
        await ledger.lots.save(LotRow(code, {}, missing, organisation=owner, actor="bo", at=NOW))
    key = await allow_recall(ledger, lot="L3")
    await ledger.transitions.recall_lot("L3", actor="bo", reason="ordered", key=key)
    found = await read_pages(ledger.lots.find_page, wanted, lambda lot: (lot.at, lot.code))
    assert [lot.code for lot in found] == codes


async def test_alerts_are_paged_by_expected_loss(ledger: Ledger) -> None:
    number = (await a_batch(ledger)).number
    ids = [
        (
            await ledger.alerts.report("stamp", number, index, score=score, reasons=["x"], scans=[
                bytes([index]) * 16
            ])
        ).id
        for index, score in enumerate((1.0, 9.0, 5.0, 5.0))
    ]  # fmt: skip

    def key_of(alert: Any) -> Key:
        return (alert.expected_loss, alert.id)

    found = await read_pages(ledger.alerts.find_page, AlertFilter(), key_of)
    assert [alert.id for alert in found] == [ids[1], ids[3], ids[2], ids[0]]
    await ledger.alerts.decide(ids[1], AlertState.INVESTIGATING, actor="thanh")
    in_state = AlertFilter(state=AlertState.INVESTIGATING)
    found = await read_pages(ledger.alerts.find_page, in_state, key_of)
    assert [alert.id for alert in found] == [ids[1]]


@pytest.mark.parametrize(
    ("wanted", "after"),
    [
        (OrderFilter(), (NOW, "o1")),
        (OrderFilter(print_house="own"), None),
        (BatchFilter(), (7,)),
        (LotFilter(), (NOW, "L1")),
    ],
)
async def test_a_page_is_read_through_an_index(sqlite_url: str, wanted: Any, after: Any) -> None:
    async with await open_ledger(sqlite_url):
        store = Store(sqlite_url)
        async with store.read() as connection:
            query = wanted.select(after, 100).compile(
                connection.engine, compile_kwargs={"literal_binds": True}
            )
            plan = await connection.execute(text(f"EXPLAIN QUERY PLAN {query}"))
            steps = [row[3] for row in plan]
        await store.close()
    assert all("INDEX" in step or "PRIMARY KEY" in step for step in steps if "SCAN" in step)
    assert not any(step == "SCAN orders" or step == "SCAN lots" for step in steps), steps
