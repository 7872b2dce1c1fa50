"""Order numbers: one after the other in each year, whoever asks at once."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import Connection, text

from ledger import Ledger, Order, open_ledger
from ledger.migrations import upgrade
from ledger.orders.order_numbers import OrderNumber
from ledger.storage.store import Store
from tests.ledger.conftest import NOW
from tests.servers import PostgresServer

NEW_YEAR_2027 = 1_798_736_400_000
"""Midnight in Vietnam: 17:00 UTC on 31 December 2026."""
ORDER = (
    "INSERT INTO orders (id, count, grade, has_pin, note, requested_by, requested_at, state)"
    " VALUES (:id, 9, 'sealed', :pin, 'Tết', 'root', :at, 'requested')"
)


def an_order(name: str, at: int = NOW) -> Order:
    return Order(name, 100, "sealed", requested_by="an", requested_at=at, note="Cho Tết")


async def test_numbers_begin_at_one_in_each_year_of_vietnam(ledger: Ledger) -> None:
    times = {"a": NOW, "b": NEW_YEAR_2027 - 1, "c": NEW_YEAR_2027, "d": NOW}
    numbers = [(await ledger.orders.add(an_order(name, at))).number for name, at in times.items()]
    assert list(map(str, numbers)) == ["2026-00001", "2026-00002", "2027-00001", "2026-00003"]


async def test_simultaneous_orders_get_numbers_without_gaps(ledger: Ledger, url: str) -> None:
    async with await open_ledger(url) as other:
        ledgers = (ledger, other) * 6
        added = await asyncio.gather(
            *(one.orders.add(an_order(f"o{n}")) for n, one in enumerate(ledgers))
        )
    numbers = [order.number.serial for order in added if order.number is not None]
    assert sorted(numbers) == list(range(1, 13))


async def test_the_same_order_again_keeps_its_number(ledger: Ledger) -> None:
    first = await ledger.orders.add(an_order("a"))
    again = await ledger.orders.add(replace(an_order("a"), number=OrderNumber(2020, 5)))
    assert again.number == first.number == OrderNumber(2026, 1)
    assert (await ledger.orders.get("a")).number == first.number


async def test_the_audit_log_has_the_number(ledger: Ledger) -> None:
    await ledger.orders.add(an_order("a"))
    (entry,) = [one for one in await ledger.audit.list_after() if one.action == "order.request"]
    assert entry.details["number"] == "2026-00001"


@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
async def test_an_upgrade_numbers_and_indexes_the_orders_there_are(
    request: pytest.FixtureRequest, engine: str, tmp_path: Path
) -> None:
    url = f"sqlite:///{tmp_path / 'old.db'}"
    if engine == "postgresql":
        server: PostgresServer = request.getfixturevalue("postgres")
        url = server.database()
    store = Store(url)

    def upgrade_to_before(connection: Connection) -> None:
        upgrade(connection, "0008")

    async with store.migrate() as connection:
        await connection.run_sync(upgrade_to_before)
        for name, at in (("late", NOW + 5), ("early", NOW), ("old", 0)):
            await connection.execute(text(ORDER), {"id": name, "at": at, "pin": False})
    await store.close()
    async with await open_ledger(url) as ledger:
        await ledger.migrate()
        numbers = {order.id: str(order.number) for order in await ledger.orders.list()}
        assert numbers == {"old": "1970-00001", "early": "2026-00001", "late": "2026-00002"}
        found = await ledger.lists.find_by_words("tet", {"order": 9})
        assert found["order"].rows == ["early", "late", "old"]
        assert (await ledger.orders.add(an_order("new"))).number == OrderNumber(2026, 3)
