"""How common scanning is: by product and day, stamps activated and stamps scanned first.

Both are counted in the transaction that keeps the evidence: the transition that activates, the scan that
is a stamp's first. A transition whose key comes again and a scan that comes again count nothing. Beside
each product the whole service is counted, so nobody has to add the products up. A day costs two
small rows, however many stamps it saw. Days are Vietnam's.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from sqlalchemy import TextClause, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from ledger import schema
from ledger.store import Store

VIETNAM_MS: Final = 7 * 3_600_000
ALL_PRODUCTS: Final = ""
"""How the table writes the whole service; it is None outside."""


@dataclass(frozen=True, slots=True)
class ProductDay:
    """Stamps activated, and stamps scanned for the first time, on a day (Vietnam's).

    `at` is when the day began: milliseconds, UTC.
    """

    at: int
    activated: int
    scanned: int


class ProductDays:
    """The counts of one ledger."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def list_since(
        self, since: int, products: Collection[str | None] | None = None
    ) -> dict[str | None, list[ProductDay]]:
        """The days of these products (None among them: the whole service) from `since` on (ms).

        Without `products`: of all. What has no such day is not in the answer.
        """
        table = schema.product_days
        asked = select(table).where(table.c.day >= to_vietnam_day(since))
        if products is not None:
            asked = asked.where(table.c.product.in_([one or ALL_PRODUCTS for one in products]))
        found: dict[str | None, list[ProductDay]] = defaultdict(list)
        async with self._store.read() as connection:
            rows = await connection.execute(asked.order_by(table.c.product, table.c.day))
            for product, day, activated, scanned in rows:
                found[product or None].append(ProductDay(get_day_start(day), activated, scanned))
        return dict(found)


def to_vietnam_day(at: int) -> int:
    """The number of the day in Vietnam that a time (ms) is in."""
    return (at + VIETNAM_MS) // schema.DAY_MS


def get_day_start(day: int) -> int:
    """When a day in Vietnam began (ms, UTC), by its number."""
    return day * schema.DAY_MS - VIETNAM_MS


async def count_activated(
    connection: AsyncConnection, runs: Iterable[tuple[int, int]], at: int
) -> None:
    """Count runs of stamps, `(batch, stamps)`, as activated at `at` (ms)."""
    counted: Counter[tuple[int, int]] = Counter()
    for batch, stamps in runs:
        counted[batch, to_vietnam_day(at)] += stamps
    await _note(connection, _ACTIVATED, counted)


async def count_scanned(
    connection: AsyncConnection, counted: Mapping[tuple[int, int], int]
) -> None:
    """Count so many stamps of each `(batch, day)` as scanned for the first time."""
    await _note(connection, _SCANNED, counted)


# Each changes its own column alone: a role may be allowed the one and not the other.
_ACTIVATED: Final = text(
    "INSERT INTO product_days (product, day, activated, scanned) VALUES (:product, :day, :n, 0)"
    " ON CONFLICT (product, day) DO UPDATE SET activated = product_days.activated + :n"
)
_SCANNED: Final = text(
    "INSERT INTO product_days (product, day, activated, scanned) VALUES (:product, :day, 0, :n)"
    " ON CONFLICT (product, day) DO UPDATE SET scanned = product_days.scanned + :n"
)


async def _note(
    connection: AsyncConnection, statement: TextClause, counted: Mapping[tuple[int, int], int]
) -> None:
    if not counted:
        return
    batches = schema.batches
    numbers = {batch for batch, _ in counted}
    asked = select(batches.c.number, batches.c.product).where(batches.c.number.in_(numbers))
    product_of = {row.number: row.product for row in await connection.execute(asked)}
    more: Counter[tuple[str, int]] = Counter()
    for (batch, day), stamps in counted.items():
        for unit in {ALL_PRODUCTS, product_of.get(batch) or ALL_PRODUCTS}:
            more[unit, day] += stamps
    # In the order of their keys, as everybody takes them: then nobody waits in a circle.
    await connection.execute(
        statement,
        [{"product": unit, "day": day, "n": more[unit, day]} for unit, day in sorted(more)],
    )
