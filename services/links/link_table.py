"""Tables of links: many GS1 keys with their links at once, as people keep them in spreadsheets.

A line is a link of a key; lines of one key are its links in their order, the first one the default.
A line without a key belongs to the key above it. A column is known by its name in Vietnamese or
English, with or without marks.

A table adds keys and changes none: a key that has other links is refused, as a line at fault is.
Then nothing is added. The same table again changes nothing.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from ledger import LinkSetRow
from ledger.errors import UnknownRow
from services.context import ServiceContext
from services.errors import InvalidInput, UnreadLines
from services.links.link_sets import LinkSetRequest, make_link_set
from services.permissions import Permission, require_permission
from stamps.errors import VeritemError
from traceability.links.link_set import LinkTarget, MalformedLink
from web.plain_letters import split_words
from web.tables import Row, make_table

MOST_LINES: Final = 500
COLUMNS: Final[Mapping[str, tuple[str, ...]]] = {
    "key": ("key", "gs1 key", "ma", "ma gs1", "gtin"),
    "description": ("description", "name", "ten", "ten goi"),
    "type": ("type", "link type", "loai", "loai lien ket"),
    "href": ("href", "address", "link", "url", "dia chi", "lien ket"),
    "title": ("title", "tieu de"),
    "hreflang": ("hreflang", "language", "languages", "ngon ngu"),
    "media_type": ("media type", "kieu du lieu"),
    "context": ("context", "ngu canh"),
}
"""The fields, each with the names that its column has, as words in plain letters."""
_NEEDED: Final = ("key", "type", "href", "title")
_LONGEST: Final = 100


@dataclass(slots=True)
class _TableKey:
    """A key of a table: its line, name and links with their lines."""

    line: int
    text: str
    description: str = ""
    links: list[tuple[int, LinkTarget]] = field(default_factory=list)


async def add_link_table(
    context: ServiceContext, rows: Iterator[Row], organisation: str | None = None
) -> list[LinkSetRow]:
    """Add all keys of a table with their links, or none of them.

    Raises `Forbidden`, `InvalidInput`, `MalformedTable`, `UnreadLines`, `LinkSetsFull`,
    `AlreadyExists` for a key that got other links meanwhile.
    """
    require_permission(context, Permission.LINK_EDIT)
    unread: list[tuple[int, str, str, str]] = []
    sets: list[LinkSetRow] = []
    for key in _read_keys(rows):
        links = tuple(link for _, link in key.links)
        request = LinkSetRequest(key.text, key.description, links, organisation)
        try:
            made = await make_link_set(context, request)
        except MalformedLink as refusal:
            unread += [_locate(key, flaw) for flaw in refusal.evidence["flaws"]]
        except VeritemError as refusal:
            slug = str(refusal.evidence.get("expected", refusal.code))
            unread.append((key.line, key.text[:_LONGEST], slug, str(refusal)))
        else:
            if await _has_other_links(context, made):
                why = "the key has other links; change them on its page"
                unread.append((key.line, key.text[:_LONGEST], "linked_key", why))
            sets.append(made)
    if unread:
        raise UnreadLines(sorted(unread, key=lambda one: one[0]))
    return await context.ledger.link_sets.add_all(sets, actor=context.actor.id)


def _read_keys(rows: Iterator[Row]) -> Iterable[_TableKey]:
    """The keys of a table in their order. Raises `InvalidInput`, `MalformedTable`."""
    table = make_table(rows)
    names = {column: name for name in COLUMNS for column in table.columns if _is_name(column, name)}
    if missing := [name for name in _NEEDED if name not in names.values()]:
        why = f"has no column {', '.join(missing)}; columns are {', '.join(COLUMNS)}"
        raise InvalidInput(field="table", why=why, expected="link_columns")
    keys: dict[str, _TableKey] = {}
    current: _TableKey | None = None
    for number, row in enumerate(table.rows, start=1):
        if number > MOST_LINES:
            why = f"must have at most {MOST_LINES} lines"
            raise InvalidInput(field="table", why=why, most=MOST_LINES)
        cells = {names[column]: text for column, text in row.cells.items() if column in names}
        if text := cells.get("key", ""):
            current = keys.setdefault("".join(text.split()), _TableKey(row.line, text))
        if current is None:
            raise UnreadLines([(row.line, "", "missing", "the line has no key")])
        current.description = current.description or cells.get("description", "")
        current.links.append((row.line, _read_link(cells)))
    if not keys:
        raise InvalidInput(field="table", why="has no line", expected="missing")
    return keys.values()


def _read_link(cells: Mapping[str, str]) -> LinkTarget:
    return LinkTarget(
        type=cells.get("type", ""),
        href=cells.get("href", ""),
        title=cells.get("title", ""),
        hreflang=split_list(cells.get("hreflang", "")),
        media_type=cells.get("media_type"),
        context=split_list(cells.get("context", "")),
    )


def split_list(text: str) -> tuple[str, ...]:
    """The words of a field that takes several, separated by commas, semicolons or blanks.

    >>> split_list("vi, en;zh-Hans")
    ('vi', 'en', 'zh-Hans')
    """
    return tuple(text.replace(",", " ").replace(";", " ").split())


def _is_name(column: str, name: str) -> bool:
    return " ".join(split_words(column)) in (*COLUMNS[name], name.replace("_", " "))


def _locate(key: _TableKey, flaw: Mapping[str, Any]) -> tuple[int, str, str, str]:
    """Line, text, slug and reason of a flaw whose field is `links[2].href`."""
    at, _, name = str(flaw["field"]).removeprefix("links[").partition("].")
    line, link = key.links[int(at)]
    typed = getattr(link, name)
    text = ", ".join(typed) if isinstance(typed, tuple) else str(typed or "")
    return line, text[:_LONGEST], str(flaw["expected"]), f"{name} {flaw['why']}"


async def _has_other_links(context: ServiceContext, made: LinkSetRow) -> bool:
    try:
        known = await context.ledger.link_sets.get(made.id)
    except UnknownRow:
        return False
    return (known.organisation, known.description, list(known.links)) != (
        made.organisation,
        made.description,
        list(made.links),
    )
