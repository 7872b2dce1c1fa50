"""The SQL of a list: matches, sort, cursor in both directions, bounded count.

What must match is a conjunction of alternatives: each of the groups in `where` needs one match.
No index serves `a = 1 OR b = 2 ORDER BY c LIMIT 50`; databases read the table. So the groups are
multiplied out into branches without alternatives. Each branch reads its first rows from an index,
and the page is the first rows of them all. Its cost grows with the branches, not with the table.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from typing import Any, Final

from sqlalchemy import ColumnElement, FromClause, Select, and_, func, or_, select, tuple_, union

from ledger.cursor_pages import Key

MAX_BRANCHES: Final = 48
"""More alternatives than that are left to the database as they are."""

Condition = ColumnElement[bool]
Match = tuple[str, Any]
"""The name of a match of the list's table, and the value."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListTable:
    """Tables, columns, sorts and matches of a list."""

    name: str
    base: FromClause
    """The table that is filtered and sorted."""
    key: ColumnElement[Any]
    """Its primary key, which ends every sort key."""
    sorts: Mapping[str, ColumnElement[Any]]
    """Sort columns by name: without empty cells, each with an index."""
    matches: Mapping[str, Callable[[Any], Condition]]
    columns: Mapping[str, ColumnElement[Any]]
    """The cells of a row, by name; they have those of `sorts` and `id`, the key."""
    joined: FromClause | None = None
    """The base with the tables that only `columns` need."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListQuery:
    """One page of a list."""

    where: Sequence[Sequence[Match]] = ()
    """Every group needs one match; a group without any matches nothing."""
    sort: str
    is_descending: bool = True
    after: Key | None = None
    """The sort key `(sort, id)` of the last row of the page before."""
    before: Key | None = None
    """The sort key of the first row of the page behind."""
    limit: int = field(default=50)

    @property
    def is_empty(self) -> bool:
        """Whether nothing can match."""
        return any(not group for group in self.where)

    def select_page(self, table: ListTable) -> Select[Any]:
        """The query of one page; before a row its rows come in reverse order."""
        sort, reads_down = table.sorts[self.sort], self.is_descending == (self.before is None)
        branches = []
        for conditions in self._multiply_out(table):
            branch = select(sort.label("sort"), table.key.label("id")).select_from(table.base)
            branch = branch.where(*conditions, *self._limit_range(sort, table.key, reads_down))
            ordered = _order(branch, (sort, table.key), reads_down)
            branches.append(ordered.limit(self.limit))
        found = _unite(branches).subquery("found")
        first = _order(select(found.c.id), (found.c.sort, found.c.id), reads_down)
        columns = [column.label(name) for name, column in table.columns.items()]
        page = select(*columns).select_from(
            table.joined if table.joined is not None else table.base
        )
        page = page.where(table.key.in_(first.limit(self.limit)))
        return _order(page, (sort, table.key), reads_down)

    def select_count(self, table: ListTable, most: int) -> Select[Any]:
        """The query of how many rows match, counted up to `most`."""
        branches = [
            select(table.key.label("id")).select_from(table.base).where(*conditions).limit(most)
            for conditions in self._multiply_out(table, one_column=False)
        ]
        found = _unite(branches).subquery("found")
        return select(func.count()).select_from(select(found.c.id).limit(most).subquery())

    def select_branches(self, table: ListTable) -> list[Select[Any]]:
        """Each branch of a page alone, so that a test can see its plan."""
        sort = table.sorts[self.sort]
        return [
            _order(
                select(sort, table.key).select_from(table.base).where(*conditions),
                (sort, table.key),
                self.is_descending,
            ).limit(self.limit)
            for conditions in self._multiply_out(table)
        ]

    def _limit_range(
        self, sort: ColumnElement[Any], key: ColumnElement[Any], reads_down: bool
    ) -> list[Condition]:
        bound = self.after if self.before is None else self.before
        if bound is None:
            return []
        row = tuple_(sort, key)
        return [row < tuple_(*bound) if reads_down else row > tuple_(*bound)]

    def _multiply_out(self, table: ListTable, *, one_column: bool = True) -> list[list[Condition]]:
        """The branches: conditions that must all hold, one list for each choice of matches.

        Alternatives of one column need no branches where the order of rows does not matter.
        """
        shared: list[Condition] = []
        split: list[list[Condition]] = []
        branches = 1
        for group in sorted(self.where, key=len, reverse=True):
            conditions = [table.matches[name](value) for name, value in group]
            is_split = len(conditions) > 1 and (one_column or len({name for name, _ in group}) > 1)
            if is_split and branches * len(conditions) <= MAX_BRANCHES:
                branches *= len(conditions)
                split.append(conditions)
            else:
                shared.append(or_(*conditions) if len(conditions) > 1 else and_(*conditions))
        return [[*shared, *chosen] for chosen in product(*split)]


def _order(
    query: Select[Any], columns: Sequence[ColumnElement[Any]], reads_down: bool
) -> Select[Any]:
    return query.order_by(*(column.desc() if reads_down else column.asc() for column in columns))


def _unite(branches: Sequence[Select[Any]]) -> Any:
    """The distinct rows of all branches; SQLite takes LIMIT only inside of a subquery."""
    if len(branches) == 1:
        return branches[0]
    return union(*(select(branch.subquery()) for branch in branches))
