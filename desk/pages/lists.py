"""Pages of lists: one view for all, made from the description of the list.

A list is a GET form: search, filters, sort and page are in the address, which can be kept and sent
to others, and works without a script.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlencode

from aiohttp import web

from desk.pages.call import PageCall
from desk.pages.html_texts import render_listed_moment
from desk.pages.list_cells import choose_name, format_cell, link_row, name_subject
from desk.pages.problem_texts import translate_slug
from desk.pages.render import render_page
from desk.pages.state_bar import split_states
from services.errors import InvalidInput
from services.lists.description import (
    ListColumn,
    ListDescription,
    ListFilter,
    ListRequest,
    Row,
    write_query,
)
from services.lists.find import count_list, find_choices, find_list_page, find_names, plan_list
from traceability.administrative_units import load_administrative_units
from web.i18n import Texts, format_iso_day, format_moment, format_number

Pairs = list[tuple[str, str]]

TAGS: Final[Mapping[str, str]] = {
    "requested": "issued",
    "approved": "printed",
    "refused": "void",
    "fulfilled": "activated",
    "complete": "activated",
    "incomplete": "suspended",
    "recalled": "recalled",
    "open": "suspended",
    "investigating": "printed",
    "confirmed": "recalled",
    "dismissed": "void",
    "closed": "issued",
    "withdrawn": "void",
    "active": "activated",
    "suspended": "suspended",
    "revoked": "recalled",
    "expired": "void",
    "pending": "issued",
    "disabled": "void",
    "invited": "issued",
    "unconfirmed": "suspended",
    "new": "suspended",
    "read": "issued",
    "assigned": "printed",
    "answered": "activated",
    "enabled": "activated",
    "valid": "activated",
    "ended": "void",
    "submitted": "suspended",
    "published": "activated",
    "returned": "recalled",
    "taken_back": "void",
    "waiting": "suspended",
}
"""The colour of a state; a slug without one is a plain text."""


@dataclass(frozen=True, slots=True)
class Option:
    """A choice of a filter."""

    value: str
    text: str
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class FilterView:
    """A filter as a control."""

    name: str
    label: str
    is_choice: bool
    options: Sequence[Option]


@dataclass(frozen=True, slots=True)
class Chip:
    """A filter that is in force, and the address without it."""

    text: str
    without: str


@dataclass(frozen=True, slots=True)
class Header:
    """The head of a column; with a sort, the address that sorts by it."""

    label: str
    is_number: bool
    link: str | None = None
    direction: str | None = None
    """`ascending` or `descending` when the list is sorted by it."""


@dataclass(frozen=True, slots=True)
class CellView:
    """A cell of a page."""

    label: str
    text: str
    is_number: bool = False
    is_day: bool = False
    below: Sequence[tuple[str, str]] = ()
    """Label and text of what is shown under it."""
    tag: str | None = None
    bar: Sequence[Any] | None = None
    exact: str | None = None
    """The exact time of a text that says how long ago something was."""


@dataclass(frozen=True, slots=True)
class RowView:
    """A row of a page; the first cell links to `link`."""

    link: str
    cells: Sequence[CellView]


@dataclass(frozen=True, slots=True)
class ListView:
    """A list as its page shows it."""

    name: str
    path: str
    query: str
    count: str
    filters: Sequence[FilterView]
    chips: Sequence[Chip]
    headers: Sequence[Header]
    rows: Sequence[RowView]
    has_period: bool
    since: str
    until: str
    sort: str
    is_filtered: bool
    is_partial: bool
    previous: str | None
    next: str | None
    exports: Sequence[tuple[str, str]]
    """Form and address of each export of what is shown."""
    extras: Mapping[str, Any] = field(default_factory=dict)


def read_request(call: PageCall, description: ListDescription) -> ListRequest:
    """Return the request in an address; parameters of others are left alone."""
    query = call.request.query
    return ListRequest(
        search=query.get("q", ""),
        filters={
            one.name: tuple(value for value in query.getall(one.name, ()) if value)
            for one in description.filters
        },
        since=query.get("since", ""),
        until=query.get("until", ""),
        sort=query.get("sort", ""),
        after=query.get("after") or None,
        before=query.get("before") or None,
    )


async def render_list(
    call: PageCall,
    description: ListDescription,
    title: str,
    *,
    actions: Sequence[tuple[str, str]] = (),
    lead: str | None = None,
    has_main_action: bool = True,
) -> web.Response:
    """The page of a list; `actions` are addresses and texts of buttons beside its title.

    The last action is the main one, unless `has_main_action` says that none is.
    """
    request, refusal = read_request(call, description), None
    try:
        view = await _build_view(call, description, request)
    except InvalidInput as error:
        # A wrong date or a cursor of another list: the page says so above the whole list.
        refusal = error
        view = await _build_view(call, description, ListRequest())
    return render_page(
        call,
        "list.html",
        title,
        refusal=refusal,
        view=view,
        actions=actions,
        lead=lead,
        has_main_action=has_main_action,
    )


async def _build_view(
    call: PageCall, description: ListDescription, request: ListRequest
) -> ListView:
    context, texts, path = call.context, call.texts, call.request.path
    plan = await plan_list(context, description, request)
    page = await find_list_page(context, description, request, plan)
    counted = await count_list(context, description, request, plan)
    names = await find_names(context, description, page.rows)
    choices = await find_choices(context, description, request)
    pairs = write_query(request)

    def link(more: Iterable[tuple[str, str]]) -> str:
        query = urlencode(list(more))
        return f"{path}?{query}" if query else path

    def describe_choice(one: ListFilter, value: str) -> str:
        if one.kind in ("choice", "record"):
            return translate_slug(texts, one.family, value)
        if one.kind == "subject":
            return name_subject(value, choices[one.name].get(value), texts)
        if one.kind == "province":
            known = load_administrative_units().provinces.get(value)
            return value if known is None else known.name(call.language)
        return choose_name(choices[one.name].get(value), call.language, value)

    number = format_number(counted.count, call.language)
    is_filtered = any(name != "sort" for name, _ in pairs)
    return ListView(
        name=description.name,
        path=path,
        query=request.search.strip(),
        count=texts("list.more_than", count=number)
        if counted.is_more
        else texts.plural("list.count", counted.count),
        filters=_build_filters(call, description, request, choices),
        chips=[
            Chip(text, link(pair for pair in pairs if pair != (name, value)))
            for name, value, text in _describe_filters(call, description, request, describe_choice)
        ],
        headers=[
            _build_header(column, description, request, pairs, call, link)
            for column in _list_main(description)
        ],
        rows=[
            RowView(link_row(description.name, row), _build_cells(call, description, row, names))
            for row in page.rows
        ],
        has_period=description.has_period,
        since=request.since,
        until=request.until,
        sort=request.sort,
        is_filtered=is_filtered,
        is_partial=page.is_partial,
        previous=None if page.previous is None else link([*pairs, ("before", page.previous)]),
        next=None if page.next is None else link([*pairs, ("after", page.next)]),
        exports=[
            (
                form,
                f"/export/{description.name}/{form}?{urlencode(pairs)}",
            )
            for form in ("csv", "xlsx")
        ],
    )


def _by_text(pair: tuple[str, str]) -> str:
    return pair[1]


def _list_main(description: ListDescription) -> list[ListColumn]:
    """The columns that a page shows side by side."""
    return [
        column
        for column in description.columns
        if not column.is_exported_only and column.below is None
    ]


def label_column(texts: Texts, description: ListDescription, name: str) -> str:
    """The label of a column or filter, of this list or of all."""
    state = name.removeprefix("stamps_")
    if state != name:
        return texts(f"state.{state}")
    own = f"list.{description.name}_{name}"
    return texts(own if texts.has(own) else f"list.{name}")


def _build_filters(
    call: PageCall,
    description: ListDescription,
    request: ListRequest,
    choices: Mapping[str, Mapping[str, Mapping[str, str]]],
) -> list[FilterView]:
    views = []
    for one in description.filters:
        chosen = request.filters.get(one.name, ())
        if one.kind == "choice":
            pairs = [
                (value, translate_slug(call.texts, one.family, value)) for value in one.choices
            ]
        elif one.kind == "province":
            provinces = load_administrative_units().provinces.values()
            pairs = sorted(((p.code, p.name(call.language)) for p in provinces), key=_by_text)
        elif one.kind == "record":
            pairs = [(value, translate_slug(call.texts, one.family, value)) for value in chosen]
        elif one.kind == "subject":
            subjects = choices[one.name].items()
            pairs = [(value, name_subject(value, names, call.texts)) for value, names in subjects]
        else:
            named = choices[one.name].items()
            pairs = [(id_, choose_name(names, call.language, id_)) for id_, names in named]
            pairs.sort(key=lambda pair: pair[1])
        if not pairs:
            continue
        options = [Option(value, text, value in chosen) for value, text in pairs]
        label = label_column(call.texts, description, one.name)
        views.append(FilterView(one.name, label, one.kind == "choice", options))
    return views


def _describe_filters(
    call: PageCall, description: ListDescription, request: ListRequest, describe: Any
) -> Iterable[tuple[str, str, str]]:
    """Name, value and text of each filter that was asked for."""
    for name, values in request.filters.items():
        one = description.get_filter(name)
        if one is not None:
            label = label_column(call.texts, description, name)
            yield from ((name, value, f"{label}: {describe(one, value)}") for value in values)
    for name in ("since", "until"):
        value = getattr(request, name)
        if value:
            yield (
                name,
                value,
                f"{call.texts(f'list.{name}')} {format_iso_day(value, call.language)}",
            )


def _build_header(
    column: ListColumn,
    description: ListDescription,
    request: ListRequest,
    pairs: Pairs,
    call: PageCall,
    link: Any,
) -> Header:
    label, is_number = label_column(call.texts, description, column.name), column.kind == "count"
    if column.sort is None:
        return Header(label, is_number)
    sort = request.sort or description.default_sort
    direction = {column.sort: "ascending", f"-{column.sort}": "descending"}.get(sort)
    wanted = column.sort if direction == "descending" else f"-{column.sort}"
    others = [pair for pair in pairs if pair[0] != "sort"]
    return Header(label, is_number, link([*others, ("sort", wanted)]), direction)


def _build_cells(
    call: PageCall, description: ListDescription, row: Row, names: Any
) -> list[CellView]:
    texts = call.texts

    def label(column: ListColumn) -> str:
        return label_column(call.texts, description, column.name)

    def write(column: ListColumn) -> str:
        value = row.get(column.name)
        if column.kind == "moment" and value is not None:
            return render_listed_moment(value, call.runtime.dependencies.clock(), texts)
        return format_cell(row, column, names, texts)

    def write_exact(column: ListColumn) -> str | None:
        value = row.get(column.name)
        if column.kind != "moment" or value is None:
            return None
        return format_moment(value, texts.language)

    def below(column: ListColumn) -> list[tuple[str, str]]:
        under = [one for one in description.columns if one.below == column.name]
        found = [(label(one), write(one)) for one in under]
        return [(name, text) for name, text in found if text]

    return [
        CellView(
            label=label(column),
            text=write(column),
            is_number=column.kind == "count",
            is_day=column.kind == "day",
            below=below(column),
            tag=TAGS.get(str(row.get(column.name))) if column.kind == "slug" else None,
            bar=split_states(row[column.name], row["count"]) if column.kind == "bar" else None,
            exact=write_exact(column),
        )
        for column in _list_main(description)
    ]
