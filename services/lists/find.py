"""Find the rows of a list: what was asked for becomes one query of the ledger."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Final

from ledger.lists import ListQuery, Match
from services.context import ServiceContext
from services.errors import InvalidInput
from services.lists.description import (
    MAX_SEARCH_LENGTH,
    NAME_KINDS,
    ListCount,
    ListDescription,
    ListFilter,
    ListPage,
    ListRequest,
    NameKind,
    Names,
    Row,
)
from services.lists.subjects import find_subject_names
from services.paging import MAX_LIMIT, decode_cursor, encode_cursor
from services.permissions import require_permission
from stamps.vietnam_time import to_date_start

MOST_COUNTED: Final = 10_000
"""Rows are counted up to this; one that searches has a lower bound, since it reads more."""
MOST_SEARCHED: Final = 1_000
MAX_CHOICES: Final = 100
"""Products or organisations that a filter offers; where there are more, the search finds them."""
_MAX_VALUES: Final = 10
"""Values of one filter."""


@dataclass(frozen=True, slots=True)
class ListPlan:
    """Matches that the rows of a list must have, found once for page and count."""

    where: Sequence[Sequence[Match]]
    is_partial: bool


async def plan_list(
    context: ServiceContext, description: ListDescription, request: ListRequest
) -> ListPlan:
    """Check what is asked of a list, and look up what is searched.

    Raises `Forbidden`, `InvalidInput` (which names the field).
    """
    if description.permissions:
        require_permission(context, *description.permissions)
    return await _find_groups(context, description, request)


async def find_list_page(
    context: ServiceContext,
    description: ListDescription,
    request: ListRequest,
    plan: ListPlan | None = None,
) -> ListPage:
    """The page of a list that was asked for; raises as `plan_list` does."""
    plan = plan or await plan_list(context, description, request)
    if not 1 <= request.limit <= MAX_LIMIT:
        raise InvalidInput(field="limit", why=f"must be from 1 to {MAX_LIMIT}")
    sort, is_descending = _parse_sort(description, request.sort)
    types = (description.sorts[sort], description.key_type)
    if request.after is not None and request.before is not None:
        raise InvalidInput(field="before", why="and after exclude each other")
    query = ListQuery(
        where=plan.where,
        sort=sort,
        is_descending=is_descending,
        after=None if request.after is None else decode_cursor(request.after, types),
        before=None if request.before is None else decode_cursor(request.before, types, "before"),
        limit=request.limit + 1,
    )
    found = await context.ledger.lists.find_page(description.table, query, request.limit)
    rows, goes_back = found.rows, request.before is not None
    if description.complete is not None and rows:
        rows = await description.complete(context, rows)
    has_previous = found.has_more if goes_back else request.after is not None
    has_next = goes_back or found.has_more
    if not rows:
        return ListPage([], None, None, plan.is_partial)

    def cursor(row: Row) -> str:
        return encode_cursor((description.sorts[sort](row[sort]), row["id"]))

    return ListPage(
        rows=rows,
        previous=cursor(rows[0]) if has_previous else None,
        next=cursor(rows[-1]) if has_next else None,
        is_partial=plan.is_partial,
    )


async def find_row(context: ServiceContext, description: ListDescription, id_: str) -> Row | None:
    """One row that the actor may see, as the list shows it; None where there is none.

    The list must match `ids`. Raises `Forbidden`.
    """
    if description.permissions:
        require_permission(context, *description.permissions)
    where = [*description.scope(context), [("ids", [id_])]]
    sort, _ = _parse_sort(description, "")
    query = ListQuery(where=where, sort=sort, limit=1)
    rows: Sequence[Row] = (await context.ledger.lists.find_page(description.table, query, 1)).rows
    if rows and description.complete is not None:
        rows = await description.complete(context, rows)
    return rows[0] if rows else None


async def count_list(
    context: ServiceContext,
    description: ListDescription,
    request: ListRequest,
    plan: ListPlan | None = None,
) -> ListCount:
    """Return the number of rows that match, as far as counted; raises as `plan_list` does."""
    plan = plan or await plan_list(context, description, request)
    sort, _ = _parse_sort(description, request.sort)
    most = MOST_SEARCHED if request.search.strip() else MOST_COUNTED
    counted = await context.ledger.lists.count(
        description.table, ListQuery(where=plan.where, sort=sort), most + 1
    )
    return ListCount(min(counted, most), counted > most)


async def find_names(
    context: ServiceContext, description: ListDescription, rows: Sequence[Row]
) -> Names:
    """The names of the products, organisations and accounts in rows."""
    wanted: dict[NameKind, set[str]] = {}
    for column in description.columns:
        kind = NAME_KINDS.get(column.kind)
        if kind is not None:
            wanted.setdefault(kind, set()).update(
                row[column.name] for row in rows if row[column.name] is not None
            )
    lists = context.ledger.lists
    return {kind: await lists.get_names(kind, ids) for kind, ids in wanted.items()}


async def find_person_names(context: ServiceContext, *ids: str | None) -> dict[str, str]:
    """The names of accounts by id, for a page that the actor may see."""
    named = await context.ledger.lists.get_names("staff", {id_ for id_ in ids if id_ is not None})
    return {id_: names["vi"] for id_, names in named.items()}


async def find_choices(
    context: ServiceContext, description: ListDescription, request: ListRequest
) -> dict[str, Mapping[str, Mapping[str, str]]]:
    """Names to choose from, by filter and id: all where there are few, else the chosen ones."""
    lists = context.ledger.lists
    found: dict[str, Mapping[str, Mapping[str, str]]] = {}
    for one in description.filters:
        chosen = request.filters.get(one.name, ())
        if one.kind == "subject":
            subjects = await find_subject_names(context, chosen)
            found[one.name] = {
                subject: names or {} for subject, names in zip(chosen, subjects, strict=True)
            }
        kind = NAME_KINDS.get(one.kind)
        if kind is None:
            continue
        names: Mapping[str, Mapping[str, str]] = {}
        if kind != "staff":
            names = await lists.list_names(kind, MAX_CHOICES + 1, one.organisation_kind)
        if len(names) > MAX_CHOICES:
            names = {}
        names = {**names, **await lists.get_names(kind, set(chosen) - set(names))}
        found[one.name] = names
    return found


async def _find_groups(
    context: ServiceContext, description: ListDescription, request: ListRequest
) -> ListPlan:
    groups = list(description.scope(context))
    for name, values in _complete_filters(description, request).items():
        one = description.get_filter(name)
        if one is None:
            raise InvalidInput(field=name, why="is not a filter of this list")
        checked = _check_values(one, values)
        make_match = description.make_match
        groups.append(
            [(name, value) for value in checked]
            if make_match is None
            else [make_match(context, name, value) for value in checked]
        )
    if description.has_period:
        groups += _find_period(request)
    text, is_partial = request.search.strip(), False
    if len(text) > MAX_SEARCH_LENGTH:
        raise InvalidInput(field="q", why=f"must have at most {MAX_SEARCH_LENGTH} characters")
    if text:
        search = await description.search(context, text)
        groups.append(search.matches)
        is_partial = search.is_partial
    return ListPlan(groups, is_partial)


def _complete_filters(
    description: ListDescription, request: ListRequest
) -> Mapping[str, tuple[str, ...]]:
    """The filters that were asked for, else those that a list has by default.

    Who searches looks among all rows.
    """
    asked = {name: values for name, values in request.filters.items() if values}
    if request.search.strip():
        return asked
    return {**description.defaults, **asked}


def _check_values(one: ListFilter, values: Iterable[str]) -> list[str]:
    distinct = list(dict.fromkeys(values))
    if len(distinct) > _MAX_VALUES:
        raise InvalidInput(field=one.name, why=f"must have at most {_MAX_VALUES} values")
    for value in distinct:
        if one.kind == "choice" and value not in one.choices:
            raise InvalidInput(field=one.name, why=f"must be one of {', '.join(one.choices)}")
    return distinct


def _find_period(request: ListRequest) -> list[list[Match]]:
    groups: list[list[Match]] = []
    if request.since:
        groups.append([("since", parse_day("since", request.since))])
    if request.until:
        groups.append([("until", parse_day("until", request.until, days=1))])
    return groups


def parse_day(field: str, text: str, *, days: int = 0) -> int:
    """Return the first moment in Vietnam of a day, or of the day so many days later."""
    try:
        return to_date_start(date.fromisoformat(text) + timedelta(days=days))
    except (ValueError, OverflowError):
        raise InvalidInput(field=field, why="must be a day such as 2026-11-27") from None


def _parse_sort(description: ListDescription, text: str) -> tuple[str, bool]:
    """The name of a sort, and whether it is descending."""
    wanted = text or description.default_sort
    name = wanted.removeprefix("-")
    if name not in description.sorts:
        names = ", ".join(f"{sort}, -{sort}" for sort in description.sorts)
        raise InvalidInput(field="sort", why=f"must be one of {names}")
    return name, wanted.startswith("-")


def without_page(request: ListRequest) -> ListRequest:
    """Return the request for the first page of the same list."""
    return replace(request, after=None, before=None)
