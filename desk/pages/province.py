"""My province: parties, product lists, reviewers, reports, portals, and what waits for review."""

from datetime import date
from typing import Final

from aiohttp import web

from desk.pages.call import PageCall
from desk.pages.forms import EndEntryForm, ListEntryForm
from desk.pages.provinces import list_provinces
from desk.pages.render import render_page
from desk.pages.routing import PageRoutes, redirect
from ledger import Proposal
from ledger.lots.product_lists import COUNTRY, LIST_KINDS, ListEntry, ListEntryFilter
from services.errors import InvalidInput
from services.lists.find import find_person_names
from services.organisations.registry import list_products
from services.paging import Page, PageRequest
from services.permissions import Permission
from services.product_lists import product_lists
from services.product_lists.product_lists import STARS, ListEntryRequest
from services.province import MOST_SHOWN, ProvinceOverview, describe_province
from traceability.administrative_units import load_administrative_units
from web.i18n import format_iso_day

routes = PageRoutes()

_EDIT: Final = (Permission.PRODUCT_LIST_EDIT,)
_WHOLE: Final = "country"
"""The province of a form that stands for the whole country."""


@routes.add("GET", "/province", permissions=_EDIT)
async def show_province(call: PageCall) -> web.StreamResponse:
    """Show a province as it is administered; the ministry chooses one."""
    own, asked = call.context.actor.province, call.query.get("province")
    overview: ProvinceOverview | None = None
    if own is not None or asked:
        overview = await describe_province(call.context, asked or own)
    provinces = load_administrative_units().provinces
    chosen = "" if overview is None else provinces[overview.province].name(call.language)
    is_ended = call.query.get("ended") == "1"
    if overview is not None and not is_ended and "after" not in call.query:
        page = overview.lists
    else:
        page = await _list_entries(call, "" if overview is None else overview.province, is_ended)
    shown = {} if overview is None else {"province": overview.province}
    products = await list_products(call.context)
    names = {one.id: one.name.get(call.language) or one.name.get("vi", one.id) for one in products}
    return render_page(
        call,
        "province.html",
        chosen or call.texts("province.title_country"),
        overview=overview,
        entries=page.items,
        next_page=page.next,
        shown=shown,
        query={**shown, "ended": "1"} if is_ended else shown,
        is_ended=is_ended,
        own=own,
        provinces=list_provinces(call),
        names={code: one.name(call.language) for code, one in provinces.items()},
        products=sorted(names.items(), key=lambda pair: pair[1]),
        product_names=names,
        kinds=LIST_KINDS,
        iso_day=lambda day: format_iso_day(day, call.language),
        stars=[(str(one), str(one)) for one in STARS],
        country=_WHOLE,
        people=await find_person_names(
            call.context, *(name for one in page.items for name in (one.added_by, one.ended_by))
        ),
    )


@routes.add("POST", "/province/lists", permissions=_EDIT)
async def add_entry(call: PageCall) -> web.StreamResponse:
    """Put a product on a list, or propose it where a record becomes mandatory."""
    form = call.parse_form(ListEntryForm)
    request = ListEntryRequest(
        kind=form.kind,
        product=form.product,
        since=date.fromisoformat(form.since),
        basis=form.basis,
        basis_day=date.fromisoformat(form.basis_day),
        province=COUNTRY if form.province == _WHOLE else form.province,
        organisation=form.organisation,
        stars=_parse_stars(form.stars),
        until=None if form.until is None else date.fromisoformat(form.until),
        note=form.note,
    )
    added = await product_lists.add_entry(call.context, request, call.key)
    if isinstance(added, Proposal):
        return redirect(f"/proposals/{added.id}", "flash.list_proposed")
    return redirect(_find_page(call, added.province), "flash.list_added")


@routes.add("POST", "/province/lists/{entry}/end", permissions=_EDIT)
async def end_entry(call: PageCall, entry: str) -> web.StreamResponse:
    """Take a product off a list."""
    form = call.parse_form(EndEntryForm)
    ended = await product_lists.end_entry(call.context, entry, form.reason)
    return redirect(_find_page(call, ended.province), "flash.list_ended")


async def _list_entries(call: PageCall, province: str, is_ended: bool) -> Page[ListEntry]:
    """A page of the entries of a province and of the country, ended or not."""
    wanted = ListEntryFilter(provinces=tuple({COUNTRY, province}), is_ended=is_ended)
    request = PageRequest(MOST_SHOWN, call.query.get("after"))
    return await product_lists.list_entries(call.context, wanted, request)


def _find_page(call: PageCall, province: str) -> str:
    """The page that shows an entry of a province."""
    is_own = call.context.actor.province is not None or province == COUNTRY
    return "/province" if is_own else f"/province?province={province}"


def _parse_stars(text: str | None) -> int | None:
    if not text:
        return None
    if text not in map(str, STARS):
        raise InvalidInput(field="stars", why="must be 3, 4 or 5")
    return int(text)
