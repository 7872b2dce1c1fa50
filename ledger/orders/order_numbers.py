"""Order numbers: `2026-00017`, the order's place in its year, as people say it.

The number is given in the transaction that adds the order. There is one writer at a time
(`Store.write`), so numbers have no gaps, and a writer that dies leaves none behind. The year is
that of Vietnam. The audit entry of the request names the number.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import func, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from ledger import schema
from ledger.storage.row_lists import split_parts
from stamps.vietnam_time import to_date


@dataclass(frozen=True, slots=True)
class OrderNumber:
    """Year and place in the year, from 1.

    >>> str(OrderNumber(2026, 17))
    '2026-00017'
    """

    year: int
    serial: int

    def __str__(self) -> str:
        return f"{self.year}-{self.serial:05d}"


def find_year(at: int) -> int:
    """The year in Vietnam of a time in milliseconds.

    >>> find_year(1798736399999), find_year(1798736400000)
    (2026, 2027)
    """
    return to_date(at).year


async def give_order_number(connection: AsyncConnection, order: str, at: int) -> OrderNumber:
    """Give a new order the next number of its year, inside the caller's transaction."""
    numbers, year = schema.order_numbers, find_year(at)
    last = await connection.scalar(select(func.max(numbers.c.serial)).where(numbers.c.year == year))
    number = OrderNumber(year, (last or 0) + 1)
    await connection.execute(
        insert(numbers).values(order_id=order, year=number.year, serial=number.serial)
    )
    return number


_AT_ONCE: Final = 5_000
"""Orders in one query: SQLite takes 32,766 parameters."""


async def find_order_numbers(
    connection: AsyncConnection, orders: Sequence[str]
) -> dict[str, OrderNumber]:
    """Return the numbers of these orders, by id, inside the caller's transaction."""
    numbers, found = schema.order_numbers.c, {}
    for part in split_parts(orders, _AT_ONCE):
        query = select(numbers.order_id, numbers.year, numbers.serial).where(
            numbers.order_id.in_(part)
        )
        for order, year, serial in await connection.execute(query):
            found[order] = OrderNumber(year, serial)
    return found
