"""Pages of links of GS1 keys: the keys with links, one with its links, and whose keys they are."""

from collections.abc import Iterable, Sequence
from typing import Any, Final
from urllib.parse import quote, urlencode, urlsplit

from aiohttp import web

from desk.pages.call import PageCall
from desk.pages.forms import (
    KeyOwnerForm,
    LinkForm,
    LinkSetForm,
    LinkTableForm,
    NewLinkSetForm,
    SeenVersionForm,
)
from desk.pages.list_cells import choose_name
from desk.pages.render import render_page
from desk.pages.routing import PageRoutes, redirect
from ledger import LinkSetRow
from ledger.errors import UnknownRow
from services.links import key_owners, link_answers, link_history, link_sets, link_table
from services.links.link_answers import LanguageAnswer
from services.links.link_sets import LinkSetDetails, LinkSetRequest
from services.links.link_table import split_list
from services.lists.find import find_person_names
from services.organisations.registry import compute_version
from services.paging import PageRequest
from services.permissions import Permission, has_permission
from traceability.gs1_text import write_gs1_text
from traceability.links.anchor import format_key, split_anchor
from traceability.links.link_set import LinkTarget
from traceability.links.link_types import load_link_types, name_link_type
from web.i18n import name_language
from web.tables import split_rows

routes = PageRoutes()

_PAGE: Final = "/links"
_ONE: Final = f"{_PAGE}/{{link_set}}"
_LINK: Final = f"{_ONE}/{{place}}"
_OWNER: Final = "/key-owners/{organisation}"
_SEE: Final = (Permission.LINK_SEE,)
_EDIT: Final = (Permission.LINK_EDIT,)
_REGISTRY: Final = (Permission.REGISTRY_EDIT,)
_SHOWN: Final = 50
_TABLE_BYTES: Final = 1_000_000
"""The largest table with the form around it; letters with marks take nine bytes of a form."""


@routes.add("GET", _PAGE, permissions=_SEE)
async def list_links(call: PageCall) -> web.StreamResponse:
    """List the keys that have links, and what the organisation may link to."""
    asked = call.query.get("organisation") or None
    request = PageRequest(_SHOWN, call.query.get("after"))
    page = await link_sets.list_link_sets(call.context, asked, request)
    organisation = asked or call.staff.organisation
    owner = None
    if organisation is not None:
        owner = await key_owners.get_key_owner(call.context, organisation)
    filters = {"organisation": asked} if asked else {}
    return render_page(
        call,
        "links.html",
        call.texts("links.title"),
        organisation=asked,
        owner=owner,
        names=await _name_organisations(call, {row.organisation for row in page.items}),
        rows=[(row, write_key(row), _summarise(call, row)) for row in page.items],
        following=urlencode({**filters, "after": page.next}) if page.next else None,
    )


@routes.add("GET", "/new-link-set", permissions=_EDIT)
async def show_new_form(call: PageCall) -> web.StreamResponse:
    """Show the form of a key that is to have links."""
    return render_page(
        call,
        "link_set_form.html",
        call.texts("links.new"),
        trail=[(call.texts("links.title"), _PAGE)],
        names_owner=has_permission(call.context.actor, Permission.REGISTRY_EDIT),
        organisation=call.query.get("organisation", ""),
    )


@routes.add("POST", "/new-link-set", permissions=_EDIT)
async def add_link_set(call: PageCall) -> web.StreamResponse:
    """Add a key; its links are added on its page."""
    form = call.parse_form(NewLinkSetForm)
    request = LinkSetRequest(form.gs1_key, form.description, (), form.organisation)
    added = await link_sets.add_link_set(call.context, request)
    return redirect(_address(added.id), "links.added")


@routes.add("GET", "/new-link-table", permissions=_EDIT)
async def show_table_form(call: PageCall) -> web.StreamResponse:
    """Show the form that takes a table of many keys."""
    return render_page(
        call,
        "link_table_form.html",
        call.texts("links.table"),
        trail=[(call.texts("links.title"), _PAGE)],
        names_owner=has_permission(call.context.actor, Permission.REGISTRY_EDIT),
        most=link_table.MOST_LINES,
    )


@routes.add("POST", "/new-link-table", permissions=_EDIT, limit=_TABLE_BYTES)
async def add_link_table(call: PageCall) -> web.StreamResponse:
    """Add all keys of a table with their links."""
    form = call.parse_form(LinkTableForm)
    rows = split_rows(form.table)
    await link_table.add_link_table(call.context, rows, form.organisation)
    return redirect(_PAGE, "links.table_added")


@routes.add("GET", _ONE, permissions=_SEE)
async def show_link_set(call: PageCall, link_set: str) -> web.StreamResponse:
    """Show the links of a key, in the order in which they answer."""
    found = await link_sets.get_link_set(call.context, link_set)
    names = await _name_organisations(call, {found.row.organisation})
    saves = await link_history.list_link_saves(call.context, link_set)
    asked = call.query.get("type") or None
    answers = await link_answers.find_link_answers(call.context, link_set, asked)
    return render_page(
        call,
        "link_set.html",
        write_key(found.row),
        trail=[(call.texts("links.title"), _PAGE)],
        one=found.row,
        links=[_describe_link(call, link, found) for link in found.links],
        is_own=found.is_own,
        hosts=found.hosts,
        owner_name=names.get(found.row.organisation, found.row.organisation),
        people=await find_person_names(call.context, *(save.saved_by for save in saves)),
        saves=saves,
        address=_address(link_set),
        answers=_describe_answers(call, answers.answers, found.row.anchor),
        asked=answers.type,
        types=[(name, name_link_type(name, call.language)) for name in answers.types],
    )


@routes.add("POST", _ONE, permissions=_EDIT)
async def change_link_set(call: PageCall, link_set: str) -> web.StreamResponse:
    """Change what the key is called."""
    form = call.parse_form(LinkSetForm)
    known = await link_sets.get_link_set(call.context, link_set)
    await link_sets.change_link_set(
        call.context, link_set, form.description, known.links, version=form.version
    )
    return redirect(_address(link_set), "links.saved")


@routes.add("GET", f"{_ONE}/new-link", permissions=_EDIT)
async def show_new_link(call: PageCall, link_set: str) -> web.StreamResponse:
    """Show the form of one more link."""
    return await _show_link_form(call, link_set, None)


@routes.add("POST", f"{_ONE}/new-link", permissions=_EDIT)
async def add_link(call: PageCall, link_set: str) -> web.StreamResponse:
    """Add a link."""
    return await _put_link(call, link_set, None)


@routes.add("GET", _LINK, permissions=_EDIT)
async def show_link(call: PageCall, link_set: str, place: int) -> web.StreamResponse:
    """Show the form that changes a link; the first one has place 1."""
    return await _show_link_form(call, link_set, place)


@routes.add("POST", _LINK, permissions=_EDIT)
async def change_link(call: PageCall, link_set: str, place: int) -> web.StreamResponse:
    """Change a link."""
    return await _put_link(call, link_set, place)


@routes.add("POST", f"{_LINK}/up", permissions=_EDIT, page=_ONE)
async def move_link_up(call: PageCall, link_set: str, place: int) -> web.StreamResponse:
    """Put a link before the one above it."""
    form = call.parse_form(SeenVersionForm)
    await link_sets.move_link_up(call.context, link_set, place - 1, version=form.version)
    return redirect(_address(link_set), "links.moved")


@routes.add("POST", f"{_LINK}/remove", permissions=_EDIT, page=_ONE)
async def remove_link(call: PageCall, link_set: str, place: int) -> web.StreamResponse:
    """Remove a link."""
    form = call.parse_form(SeenVersionForm)
    await link_sets.take_link_away(call.context, link_set, place - 1, version=form.version)
    return redirect(_address(link_set), "links.link_removed")


@routes.add("POST", f"{_ONE}/remove", permissions=_EDIT, page=_ONE)
async def remove_link_set(call: PageCall, link_set: str) -> web.StreamResponse:
    """Remove all links of a key."""
    form = call.parse_form(SeenVersionForm)
    await link_sets.remove_link_set(call.context, link_set, version=form.version)
    return redirect(_PAGE, "links.removed")


@routes.add("GET", _OWNER, permissions=_REGISTRY)
async def show_key_owner(call: PageCall, organisation: str) -> web.StreamResponse:
    """Show the form with the GS1 prefixes and hosts of an organisation."""
    owner = await key_owners.get_key_owner(call.context, organisation)
    names = await _name_organisations(call, {organisation})
    name = names.get(organisation, organisation)
    return render_page(
        call,
        "key_owner.html",
        call.texts("links.owner"),
        trail=[(name, f"/organisations/{quote(organisation, safe='')}")],
        owner=owner,
        name=name,
        version=compute_version(owner),
        address=f"/key-owners/{quote(organisation, safe='')}",
    )


@routes.add("POST", _OWNER, permissions=_REGISTRY)
async def change_key_owner(call: PageCall, organisation: str) -> web.StreamResponse:
    """Record GS1 prefixes and hosts of an organisation."""
    form = call.parse_form(KeyOwnerForm)
    await key_owners.change_key_owner(
        call.context,
        organisation,
        form.prefixes.split(),
        form.hosts.split(),
        version=form.version,
    )
    return redirect(f"/key-owners/{quote(organisation, safe='')}", "links.owner_saved")


def write_key(row: LinkSetRow) -> str:
    """The key of a link set as people write it: (01)08935000000014(10)L7."""
    return write_gs1_text(split_anchor(row.anchor)).element_string


async def _show_link_form(call: PageCall, link_set: str, place: int | None) -> web.StreamResponse:
    found = await link_sets.get_link_set(call.context, link_set)
    if place is not None and not 1 <= place <= len(found.links):
        raise UnknownRow(kind="link", id=str(place))
    link = LinkTarget("", "", "") if place is None else found.links[place - 1]
    key = write_key(found.row)
    types = load_link_types()
    return render_page(
        call,
        "link_form.html",
        call.texts("links.add_link" if place is None else "links.change_link"),
        trail=[(call.texts("links.title"), _PAGE), (key, _address(link_set))],
        link=link,
        key_text=key,
        hosts=found.hosts,
        version=found.row.version,
        types=[(name, f"{texts[call.language]} · gs1:{name}") for name, texts in types.items()],
        address=f"{_address(link_set)}/{'new-link' if place is None else place}",
    )


async def _put_link(call: PageCall, link_set: str, place: int | None) -> web.StreamResponse:
    form = call.parse_form(LinkForm)
    link = LinkTarget(
        type=form.type,
        href=form.href,
        title=form.title,
        hreflang=split_list(form.hreflang),
        media_type=form.media_type,
        context=split_list(form.context),
    )
    at = None if place is None else place - 1
    await link_sets.put_link(call.context, link_set, link, at=at, version=form.version)
    return redirect(_address(link_set), "links.saved")


def _describe_link(call: PageCall, link: LinkTarget, found: LinkSetDetails) -> dict[str, Any]:
    return {
        "link": link,
        "type": name_link_type(link.type, call.language),
        "host": urlsplit(link.href).hostname or "",
        "is_followed": link.host in found.hosts,
    }


def _describe_answers(
    call: PageCall, answers: Sequence[LanguageAnswer], anchor: str
) -> list[dict[str, Any]]:
    """What readers get, languages with the same answer together.

    `level` names another level that answers.
    """
    languages: dict[tuple[Any, ...], list[str]] = {}
    for one in answers:
        name = name_language(one.language, call.language) if one.language else ""
        languages.setdefault((one.anchor, one.links), []).append(name or call.texts("links.other"))
    return [
        {
            "languages": call.texts("links.every") if len(languages) == 1 else ", ".join(names),
            "links": links,
            "level": format_key(level) if level not in (None, anchor) else "",
        }
        for (level, links), names in languages.items()
    ]


def _summarise(call: PageCall, row: LinkSetRow) -> str:
    """The types of a key's links, the default first."""
    types = dict.fromkeys(link.type for link in link_sets.read_links(row.links))
    return ", ".join(name_link_type(name, call.language) for name in types)


async def _name_organisations(call: PageCall, ids: Iterable[str]) -> dict[str, str]:
    found = await call.context.ledger.lists.get_names("organisation", set(ids))
    return {id_: choose_name(name, call.language, id_) for id_, name in found.items()}


def _address(link_set: str) -> str:
    return f"{_PAGE}/{quote(link_set, safe='')}"
