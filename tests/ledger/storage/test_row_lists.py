"""Many pairs in one condition: the rows are found by an index, on both engines."""

import pytest
from sqlalchemy import insert, select

from ledger import Ledger, schema
from ledger.storage.row_lists import is_one_of
from tests.ledger.list_plans import find_costs

TABLE = schema.order_quotas


@pytest.mark.parametrize("count", [1, 2, 300])
async def test_rows_of_given_pairs_are_read_from_an_index(ledger: Ledger, count: int) -> None:
    pairs = [(f"o{n // 3}", 2020 + n % 3) for n in range(count)]
    async with ledger._store.read() as connection:
        condition = is_one_of(connection, TABLE.c.organisation, TABLE.c.year, pairs)
        costs = await find_costs(connection, select(TABLE).where(condition), is_filtered=False)
        assert not [cost for cost in costs if TABLE.name in cost], costs


async def test_only_the_rows_of_the_pairs_are_found(ledger: Ledger) -> None:
    organisations = [{"id": name, "kind": "packer", "name": name} for name in ("a", "b")]
    rows = [
        {"organisation": name, "year": year, "stamps": year, "set_by": "x", "set_at": 1}
        for name in ("a", "b")
        for year in (2025, 2026)
    ]
    async with ledger._store.append() as connection:
        await connection.execute(insert(schema.organisations), organisations)
        await connection.execute(insert(TABLE), rows)
    async with ledger._store.read() as connection:
        condition = is_one_of(
            connection, TABLE.c.organisation, TABLE.c.year, [("a", 2025), ("b", 2026), ("c", 2025)]
        )
        found = await connection.execute(
            select(TABLE.c.organisation, TABLE.c.year).where(condition)
        )
        assert sorted(map(tuple, found)) == [("a", 2025), ("b", 2026)]
