"""Filter of batches: which ones a list shows, newest first."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, select

from ledger import schema
from ledger.cursor_pages import Key, sort_descending
from ledger.orders.order_filter import OrderFilter


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchFilter:
    """Which batches; every field that is not None must match. Sorted newest first."""

    number: int | None = None
    order: OrderFilter | None = None
    """Batches of the orders that this filter matches."""

    def select(self, after: Key | None, limit: int) -> Select[Any]:
        """The query of one page; the sort key is `(number,)`."""
        batches = schema.batches
        query = select(batches)
        if self.number is not None:
            query = query.where(batches.c.number == self.number)
        conditions = [] if self.order is None else self.order.conditions()
        if conditions:
            query = query.join(schema.orders, schema.orders.c.id == batches.c.order_id)
            query = query.where(*conditions)
        return sort_descending(query, (batches.c.number,), after, limit)
