"""Filters and cursor pages of lists: which rows, in what order, after which one.

A list is sorted by a key that ends with the row's name or number, so that no two rows are equal.
A page begins after the key of the last row of the page before (keyset pagination); its cost does
not grow with the number of pages before it. Each order has an index.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, or_, select, tuple_

from ledger import schema
from ledger.alert_record import AlertState
from ledger.packer_provinces import is_of_province

Key = Sequence[int | float | str]
"""The sort key of a row: the values of the columns that a list is sorted by."""


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
        return _sort_descending(query, (orders.c.requested_at, orders.c.id), after, limit)


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
        return _sort_descending(query, (batches.c.number,), after, limit)


@dataclass(frozen=True, slots=True, kw_only=True)
class LotFilter:
    """Which lots; every field that is not None must match. Sorted newest first."""

    code: str | None = None
    organisation: str | None = None
    """Lots that belong to this organisation."""
    province: str | None = None
    """Lots of the packers of this province."""
    names_code: str | None = None
    """Lots that name this growing area or packing house."""
    is_bindable: bool = False
    """Only lots to which stamps can be bound: complete and not recalled."""

    def select(self, after: Key | None, limit: int) -> Select[Any]:
        """The query of one page; the sort key is `(at, code)`."""
        lots = schema.lots
        query = select(lots)
        if self.code is not None:
            query = query.where(lots.c.code == self.code)
        if self.organisation is not None:
            query = query.where(lots.c.organisation == self.organisation)
        if self.province is not None:
            query = query.where(is_of_province(lots.c.organisation, self.province))
        if self.is_bindable:
            query = query.where(lots.c.missing == "[]", lots.c.recalled_at.is_(None))
        if self.names_code is not None:
            names = schema.lot_codes
            query = query.join(names, names.c.lot == lots.c.code)
            query = query.where(names.c.code == self.names_code)
            return _sort_descending(query, (names.c.at, names.c.lot), after, limit)
        return _sort_descending(query, (lots.c.at, lots.c.code), after, limit)


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertFilter:
    """Which alerts: those in one state, or all that are not closed. Sorted by expected loss."""

    state: AlertState | None = None

    def select(self, after: Key | None, limit: int) -> Select[Any]:
        """The query of one page; the sort key is `(expected_loss, id)`."""
        alerts = schema.alerts
        query = select(alerts).where(
            alerts.c.state != AlertState.CLOSED
            if self.state is None
            else alerts.c.state == self.state
        )
        return _sort_descending(query, (alerts.c.expected_loss, alerts.c.id), after, limit)


def _sort_descending(
    query: Select[Any], columns: Sequence[ColumnElement[Any]], after: Key | None, limit: int
) -> Select[Any]:
    if after is not None:
        query = query.where(tuple_(*columns) < tuple_(*after))
    return query.order_by(*(column.desc() for column in columns)).limit(limit)
