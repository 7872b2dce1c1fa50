"""Lists of one ledger: pages, counts, and the names that their rows refer to."""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Table, select

from ledger import schema
from ledger.lists.query import ListQuery, ListTable
from ledger.orders.order_numbers import OrderNumber
from ledger.search_words import WordKind, WordMatch, find_rows_by_words
from ledger.storage.store import Store

Row = Mapping[str, Any]

_NAMED: Final[Mapping[str, tuple[Table, str]]] = {
    "product": (schema.products, "name"),
    "organisation": (schema.organisations, "name"),
    "staff": (schema.staff, "name"),
    "place": (schema.places, "name"),
    "device": (schema.devices, "label"),
    "token": (schema.staff_tokens, "label"),
}
"""The table and the column of names, by kind."""


@dataclass(frozen=True, slots=True)
class ListRows:
    """The rows of a page, in the order of the list."""

    rows: Sequence[Row]
    has_more: bool
    """Whether rows follow in the direction in which the page was read."""


class Lists:
    """The lists of one ledger."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def find_page(self, table: ListTable, query: ListQuery, limit: int) -> ListRows:
        """Return at most `limit` rows; `query.limit` is one more, to see whether rows follow."""
        if query.is_empty:
            return ListRows([], False)
        async with self._store.read() as connection:
            found = await connection.execute(query.select_page(table))
            rows: list[Row] = [dict(row) for row in found.mappings()]
        has_more = len(rows) > limit
        rows = rows[:limit]
        return ListRows(rows if query.before is None else rows[::-1], has_more)

    async def count(self, table: ListTable, query: ListQuery, most: int) -> int:
        """Return how many rows match, `most` if there are more than `most`."""
        if query.is_empty:
            return 0
        async with self._store.read() as connection:
            return int(await connection.scalar(query.select_count(table, most)) or 0)

    async def find_by_words(
        self, text: str, limits: Mapping[WordKind, int]
    ) -> dict[WordKind, WordMatch]:
        """Return the rows of each kind that have all the words of a typed text, up to its limit."""
        async with self._store.read() as connection:
            return {
                kind: await find_rows_by_words(connection, kind, text, limit)
                for kind, limit in limits.items()
            }

    async def get_names(self, kind: str, ids: Collection[str]) -> dict[str, Mapping[str, str]]:
        """Return the names of rows of a kind, by id and language; orders have numbers.

        A name that is the same in all languages has the language `vi` only.
        """
        if not ids:
            return {}
        if kind == "order":
            return await self._get_order_numbers(ids)
        table, name = _NAMED[kind]
        key = table.primary_key.columns[0]
        query = select(key, table.c[name]).where(key.in_(sorted(ids)))
        async with self._store.read() as connection:
            found = (await connection.execute(query)).all()
        if kind == "product":
            return {id_: json.loads(name) for id_, name in found}
        return {id_: {"vi": name} for id_, name in found}

    async def _get_order_numbers(self, ids: Collection[str]) -> dict[str, Mapping[str, str]]:
        numbers = schema.order_numbers
        query = select(numbers).where(numbers.c.order_id.in_(sorted(ids)))
        async with self._store.read() as connection:
            found = (await connection.execute(query)).mappings()
            return {
                row["order_id"]: {"vi": str(OrderNumber(row["year"], row["serial"]))}
                for row in found
            }

    async def list_names(
        self, kind: str, limit: int, organisation_kind: str | None = None
    ) -> dict[str, Mapping[str, str]]:
        """Return at most `limit` names of products or organisations, by id."""
        table = schema.products if kind == "product" else schema.organisations
        query = select(table.c.id, table.c.name).order_by(table.c.id).limit(limit)
        if organisation_kind is not None:
            query = query.where(schema.organisations.c.kind == organisation_kind)
        async with self._store.read() as connection:
            found = (await connection.execute(query)).all()
        if kind == "product":
            return {id_: json.loads(name) for id_, name in found}
        return {id_: {"vi": name} for id_, name in found}
