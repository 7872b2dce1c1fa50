"""Description of a list: its columns, filters, sorts and search.

Pages, API and exports are made from the same description, so that they cannot differ.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from ledger import OrganisationKind
from ledger.lists import ListTable, Match
from services.context import ServiceContext
from services.permissions import Permission

MAX_SEARCH_LENGTH: Final = 100
DEFAULT_ROWS: Final = 50

Row = Mapping[str, Any]
Groups = Sequence[Sequence[Match]]
"""Alternatives of a row's matches: it must have one of each group."""

ColumnKind = Literal[
    "alert",
    "bar",
    "carton",
    "batch",
    "code",
    "count",
    "date",
    "entry",
    "finding",
    "day",
    "hearing",
    "lot",
    "moment",
    "name",
    "order",
    "organisation",
    "person",
    "product",
    "proposal",
    "province",
    "reasons",
    "reports",
    "slug",
    "subject",
    "text",
    "told",
    "yes",
]
"""Form of a cell. `bar`: counts by state, which exports leave out. `order`, `batch`, `lot`,
`alert`, `proposal`, `reports`, `hearing`, `entry`, `carton` and `name` name the row itself.
`told`: what an entry of the diary says. `subject`: what an audit entry is about."""
FilterKind = Literal["choice", "organisation", "person", "product", "province", "record", "subject"]
"""Choices of a filter. `record`: the row of a link, such as an order. `subject`: as above."""
NameKind = Literal["device", "order", "organisation", "place", "product", "staff", "token"]

NAME_KINDS: Final[Mapping[str, NameKind]] = {
    "organisation": "organisation",
    "product": "product",
    "person": "staff",
}
"""Columns and filters whose values are ids that have names."""


@dataclass(frozen=True, slots=True)
class ListColumn:
    """A column of a list; `name` is the cell of the ledger's row."""

    name: str
    kind: ColumnKind
    family: str = ""
    """Section of the texts of a slug."""
    sort: str | None = None
    """The sort of its header."""
    below: str | None = None
    """The column under which a page shows it."""
    is_exported_only: bool = False


@dataclass(frozen=True, slots=True)
class ListFilter:
    """A filter; `name` is a match of the ledger's list."""

    name: str
    kind: FilterKind
    choices: tuple[str, ...] = ()
    family: str = ""
    """The section of the texts of its choices."""
    organisation_kind: OrganisationKind | None = None


@dataclass(frozen=True, slots=True)
class Search:
    """Matches of a typed text."""

    matches: Sequence[Match]
    is_partial: bool = False
    """Whether more rows may match than are looked at: the text is too short."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListDescription:
    """One list."""

    name: str
    table: ListTable
    permissions: tuple[Permission, ...]
    """Any one of these; none: the scope alone says what each sees."""
    columns: tuple[ListColumn, ...]
    filters: tuple[ListFilter, ...]
    sorts: Mapping[str, type]
    """The sorts, and the type of their values."""
    key_type: type
    default_sort: str
    """A sort; `-` before it: descending."""
    scope: Callable[[ServiceContext], Groups]
    """The rows that the actor may see."""
    search: Callable[[ServiceContext, str], Awaitable[Search]]
    complete: Callable[[ServiceContext, Sequence[Row]], Awaitable[Sequence[Row]]] | None = None
    """Adds cells that are computed for the rows of a page."""
    make_match: Callable[[ServiceContext, str, str], Match] | None = None
    """The match of a filter's value, where the value alone does not say it (it needs the day)."""
    has_period: bool = True
    defaults: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Filters that hold where none is asked for."""

    def get_filter(self, name: str) -> ListFilter | None:
        """The filter of this name."""
        return next((one for one in self.filters if one.name == name), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class ListRequest:
    """A request for rows of a list."""

    search: str = ""
    filters: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    since: str = ""
    """A day, 2026-11-27, from whose begin rows are listed; in Vietnam's time."""
    until: str = ""
    """A day, up to whose end rows are listed."""
    sort: str = ""
    after: str | None = None
    before: str | None = None
    limit: int = DEFAULT_ROWS


def write_query(request: ListRequest) -> list[tuple[str, str]]:
    """The parameters of an address that asks for the same rows from the first page."""
    pairs = [("q", request.search.strip())]
    pairs += [(name, value) for name, values in request.filters.items() for value in values]
    pairs += [("since", request.since), ("until", request.until), ("sort", request.sort)]
    return [(name, value) for name, value in pairs if value]


Names = Mapping[NameKind, Mapping[str, Mapping[str, str]]]
"""Names by kind, id and language."""


@dataclass(frozen=True, slots=True)
class ListPage:
    """A page of a list."""

    rows: Sequence[Row]
    previous: str | None
    """Cursor of the page before, to pass as `before`; None on the first page."""
    next: str | None
    """Cursor of the page that follows, to pass as `after`; None on the last page."""
    is_partial: bool
    """Whether the search looked at a part of what may match."""


@dataclass(frozen=True, slots=True)
class ListCount:
    """Number of rows that match."""

    count: int
    is_more: bool
    """Whether more than `count` match: it is not counted further."""
