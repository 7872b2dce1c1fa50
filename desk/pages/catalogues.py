"""Catalogues: the shared code lists, their entries and versions, for everybody who is signed in."""

from typing import Final
from urllib.parse import urlencode

from aiohttp import web

from desk.pages.call import PageCall
from desk.pages.catalogue_files import send_catalogue
from desk.pages.render import render_page
from desk.pages.routing import PageRoutes
from desk.texts import find_labels
from services.catalogues.catalogues import Catalogue, get_catalogue, list_catalogues
from web.i18n import LANGUAGES, format_iso_day

routes = PageRoutes()

_MOST_NAMED: Final = 40
"""Changed codes that the page names; the API has all."""


@routes.add("GET", "/catalogues")
async def list_code_lists(call: PageCall) -> web.StreamResponse:
    """List the catalogues."""
    return render_page(
        call,
        "catalogues.html",
        call.texts("catalogues.title"),
        catalogues=await list_catalogues(call.context, find_labels),
        iso_day=lambda day: format_iso_day(day, call.language),
    )


@routes.add("GET", "/catalogues/{catalogue}")
async def show_code_list(call: PageCall, catalogue: str) -> web.StreamResponse:
    """Show a catalogue: where it comes from, its versions, its entries."""
    found = await get_catalogue(call.context, catalogue, find_labels)
    search = call.query.get("q", "").strip()
    page = found.find_page(search, after=call.query.get("after"))
    following = {"q": search, "after": page.next} if search else {"after": page.next}
    return render_page(
        call,
        "catalogue.html",
        found.title[call.language],
        catalogue=found,
        columns=_order_columns(call, found),
        rows=page.items,
        search=search,
        most_named=_MOST_NAMED,
        iso_day=lambda day: format_iso_day(day, call.language),
        next_page=f"?{urlencode(following)}" if page.next else None,
    )


@routes.add("GET", "/catalogues/{catalogue}/files/{form}")
async def download_code_list(call: PageCall, catalogue: str, form: str) -> web.StreamResponse:
    """Download a catalogue as CSV or XLSX."""
    return await send_catalogue(call.context, catalogue, form)


def _order_columns(call: PageCall, catalogue: Catalogue) -> list[str]:
    """The columns with the name in the reader's language first among the names."""
    names = [call.language, *(one for one in LANGUAGES if one != call.language)]
    return ["code", *names, *catalogue.columns[1 + len(names) :]]
