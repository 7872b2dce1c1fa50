"""Cursor pages of lists: which rows, in what order, after which one.

A list is sorted by a key that ends with the row's name or number, so that no two rows are equal.
A page begins after the key of the last row of the page before (keyset pagination); its cost does
not grow with the number of pages before it. Each order has an index.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Select, tuple_

Key = Sequence[int | float | str]
"""The sort key of a row: the values of the columns that a list is sorted by."""


def sort_descending(
    query: Select[Any], columns: Sequence[ColumnElement[Any]], after: Key | None, limit: int
) -> Select[Any]:
    """Return the query of one page: at most `limit` rows after a key, largest key first."""
    if after is not None:
        query = query.where(tuple_(*columns) < tuple_(*after))
    return query.order_by(*(column.desc() for column in columns)).limit(limit)
