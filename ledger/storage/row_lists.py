"""Many given values in a statement, fast on both engines: in parts, as a condition, as new rows."""

from collections.abc import Iterator, Sequence
from typing import Any, TypeVar

from sqlalchemy import (
    ARRAY,
    CTE,
    ColumnElement,
    TableValuedAlias,
    column,
    func,
    insert,
    literal,
    select,
    tuple_,
    values,
)
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.sql.schema import Column

Item = TypeVar("Item")


def split_parts(items: Sequence[Item], size: int) -> Iterator[Sequence[Item]]:
    """The items in their order, at most `size` in each part: one statement names one part.

    >>> list(split_parts("abcde", 2))
    ['ab', 'cd', 'e']
    """
    return (items[start : start + size] for start in range(0, len(items), size))


def is_one_of(
    connection: AsyncConnection,
    left: Column[Any],
    right: Column[Any],
    pairs: Sequence[tuple[Any, Any]],
) -> ColumnElement[bool]:
    """Return the condition that `(left, right)` is one of the pairs.

    A plain list of pairs is slow on both engines. PostgreSQL plans two thousand of them for six
    seconds, as so many alternatives. SQLite reads the whole table for two pairs or more; it uses
    the index for a table of pairs.
    """
    if connection.dialect.name == "sqlite":
        given = values(column("one", left.type), column("other", right.type)).data(list(pairs))
        each: CTE | TableValuedAlias = given.cte()
    else:
        each = _unnest(left, right, pairs)
    return tuple_(left, right).in_(select(each.c.one, each.c.other))


async def insert_pairs(
    connection: AsyncConnection,
    left: Column[Any],
    right: Column[Any],
    pairs: Sequence[tuple[Any, Any]],
    **same: Any,
) -> None:
    """Insert a row for each pair, with the same value in all other columns.

    On PostgreSQL it is one statement, not one for each row.
    """
    if connection.dialect.name == "sqlite":
        rows = [{left.name: one, right.name: other, **same} for one, other in pairs]
        await connection.execute(insert(left.table), rows)
        return
    each = _unnest(left, right, pairs)
    rows_of = select(each.c.one, each.c.other, *(literal(value) for value in same.values()))
    names = [left.name, right.name, *same]
    await connection.execute(insert(left.table).from_select(names, rows_of))


def _unnest(
    left: Column[Any], right: Column[Any], pairs: Sequence[tuple[Any, Any]]
) -> TableValuedAlias:
    return (
        func.unnest(
            literal([one for one, _ in pairs], ARRAY(left.type)),
            literal([other for _, other in pairs], ARRAY(right.type)),
        )
        .table_valued("one", "other")
        .render_derived()
    )
