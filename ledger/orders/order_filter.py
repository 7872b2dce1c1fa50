"""Filter of orders: which ones a list shows, newest first."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, or_, select

from ledger import schema
from ledger.cursor_pages import Key, sort_descending
from ledger.packer_provinces import is_of_province


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderFilter:
    """Which orders; every field that is not None must match. Sorted newest first."""

    id: str | None = None
    state: str | None = None
    open_to_packer: str | None = None
    """Orders of this packer, and those that name no packer."""
    print_house: str | None = None
    province: str | None = None
    """Orders of the packers of this province."""

    def conditions(self) -> list[ColumnElement[bool]]:
        """The conditions on a row of `orders`."""
        orders = schema.orders.c
        found: list[ColumnElement[bool]] = []
        if self.id is not None:
            found.append(orders.id == self.id)
        if self.state is not None:
            found.append(orders.state == self.state)
        if self.open_to_packer is not None:
            found.append(or_(orders.packer == self.open_to_packer, orders.packer.is_(None)))
        if self.print_house is not None:
            found.append(orders.print_house == self.print_house)
        if self.province is not None:
            found.append(is_of_province(orders.packer, self.province))
        return found

    def select(self, after: Key | None, limit: int) -> Select[Any]:
        """The query of one page; the sort key is `(requested_at, id)`."""
        orders = schema.orders
        query = select(orders).where(*self.conditions())
        return sort_descending(query, (orders.c.requested_at, orders.c.id), after, limit)
