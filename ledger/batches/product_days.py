"""Product days: stamps activated, and stamps scanned for the first time, by product and day.

Both are counted in the transaction that stores the evidence: the activation, or the stamp's first
scan. A repeated idempotency key or scan counts nothing. Beside each product, one row counts all
products together. A day costs two small rows, however many stamps it saw. Days are Vietnam's.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from sqlalchemy import TextClause, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from ledger import schema
from ledger.storage.store import Store
from stamps.vietnam_time import to_day_number, to_day_start

ALL_PRODUCTS: Final = ""
"""The value of the column `product` for all products; None outside of the ledger."""


@dataclass(frozen=True, slots=True)
class ProductDay:
    """Stamps activated, and stamps scanned for the first time, on a day in Vietnam.

    `at` is the start of the day: milliseconds, UTC.
    """

    at: int
    activated: int
    scanned: int


class ProductDays:
    """The product days of one ledger."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def list_since(
        self, since: int, products: Collection[str | None] | None = None
    ) -> dict[str | None, list[ProductDay]]:
        """Return the days from `since` (ms) on, by product; None stands for all together.

        `products` limits the result. A product without such a day is left out.
        """
        table = schema.product_days
        query = select(table).where(table.c.day >= to_day_number(since))
        if products is not None:
            query = query.where(table.c.product.in_([one or ALL_PRODUCTS for one in products]))
        found: dict[str | None, list[ProductDay]] = defaultdict(list)
        async with self._store.read() as connection:
            rows = await connection.execute(query.order_by(table.c.product, table.c.day))
            for product, day, activated, scanned in rows:
                found[product or None].append(ProductDay(to_day_start(day), activated, scanned))
        return dict(found)


async def count_activated(
    connection: AsyncConnection, ranges: Iterable[tuple[int, int]], at: int
) -> None:
    """Count activated stamps, given as `(batch, stamps)`, at `at` (ms)."""
    counted: Counter[tuple[int, int]] = Counter()
    for batch, stamps in ranges:
        counted[batch, to_day_number(at)] += stamps
    await _add(connection, _ACTIVATED, counted)


async def count_scanned(
    connection: AsyncConnection, counted: Mapping[tuple[int, int], int]
) -> None:
    """Count first scans, given by `(batch, day)`."""
    await _add(connection, _SCANNED, counted)


# Each changes one column only: database roles have rights on one of them.
_ACTIVATED: Final = text(
    "INSERT INTO product_days (product, day, activated, scanned) VALUES (:product, :day, :n, 0)"
    " ON CONFLICT (product, day) DO UPDATE SET activated = product_days.activated + :n"
)
_SCANNED: Final = text(
    "INSERT INTO product_days (product, day, activated, scanned) VALUES (:product, :day, 0, :n)"
    " ON CONFLICT (product, day) DO UPDATE SET scanned = product_days.scanned + :n"
)


async def _add(
    connection: AsyncConnection, statement: TextClause, counted: Mapping[tuple[int, int], int]
) -> None:
    if not counted:
        return
    batches = schema.batches
    numbers = {batch for batch, _ in counted}
    query = select(batches.c.number, batches.c.product).where(batches.c.number.in_(numbers))
    product_of = {row.number: row.product for row in await connection.execute(query)}
    more: Counter[tuple[str, int]] = Counter()
    for (batch, day), stamps in counted.items():
        for unit in {ALL_PRODUCTS, product_of.get(batch) or ALL_PRODUCTS}:
            more[unit, day] += stamps
    # All writers take rows in the order of their keys, so they do not deadlock.
    await connection.execute(
        statement,
        [{"product": unit, "day": day, "n": more[unit, day]} for unit, day in sorted(more)],
    )
