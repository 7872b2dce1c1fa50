"""Pages of places: the list, one with its registered code, and its forms."""

from typing import Any, Final
from urllib.parse import quote

from aiohttp import web

from desk.pages.call import PageCall
from desk.pages.forms import ChangedPlaceForm, NewPlaceForm
from desk.pages.lists import render_list
from desk.pages.render import render_page
from desk.pages.routing import PageRoutes, redirect
from ledger import PlaceRow
from services.lists.administration import PLACES
from services.organisations import places, registry
from services.organisations.places import PLACE_KINDS, PlaceChange
from services.permissions import Permission
from traceability.administrative_units import load_administrative_units

routes = PageRoutes()

_EDIT: Final = (Permission.REGISTRY_EDIT,)


@routes.add("GET", "/places", permissions=_EDIT)
async def list_places(call: PageCall) -> web.StreamResponse:
    """List the places."""
    texts = call.texts
    return await render_list(
        call,
        PLACES,
        texts("places.title"),
        actions=[("/new-place", texts("places.new"))],
        lead=texts("places.lead"),
    )


@routes.add("GET", "/new-place", permissions=_EDIT)
async def show_form(call: PageCall) -> web.StreamResponse:
    """Show the form of a new place, of the organisation that the address names."""
    return render_page(
        call,
        "place_form.html",
        call.texts("places.new"),
        kinds=[(kind, call.texts(f"places.{kind}")) for kind in PLACE_KINDS],
        organisation=call.query.get("organisation", ""),
        **await _list_choices(call),
    )


@routes.add("POST", "/new-place", permissions=_EDIT)
async def add_place(call: PageCall) -> web.StreamResponse:
    """Add a place."""
    form = call.parse_form(NewPlaceForm)
    row = PlaceRow(
        id=form.id,
        kind=form.kind,
        name=form.name,
        code=form.code,
        province=form.province,
        ward=form.ward,
        organisation=form.organisation,
        gln=form.gln,
    )
    added = await places.add_place(call.context, row)
    return redirect(_address(added.id), "flash.place_saved")


@routes.add("GET", "/places/{place_id}", permissions=_EDIT)
async def show_place(call: PageCall, place_id: str) -> web.StreamResponse:
    """Show a place with its registered code, and the form that changes it."""
    found = await places.get_place(call.context, place_id)
    place = found.place
    return render_page(
        call,
        "place.html",
        place.name,
        place=place,
        version=registry.compute_version(place),
        registered=found.registered,
        condition=found.registered and found.registered.get_condition(call.context.clock()),
        ward=load_administrative_units().name(place.ward, "vi") if place.ward else "",
        address=f"/places/{place.id}",
        **await _list_choices(call),
    )


@routes.add("POST", "/places/{place_id}", permissions=_EDIT)
async def change_place(call: PageCall, place_id: str) -> web.StreamResponse:
    """Change a place."""
    form = call.parse_form(ChangedPlaceForm)
    change = PlaceChange(form.name, form.province, form.ward, form.gln, form.organisation)
    row = await places.change_place(call.context, place_id, change, version=form.version)
    return redirect(_address(row.id), "flash.place_saved")


def _address(id_: str) -> str:
    return f"/places/{quote(id_, safe='')}"


async def _list_choices(call: PageCall) -> dict[str, Any]:
    """Organisations and provinces as a form offers them."""
    organisations = await registry.list_organisations(call.context)
    provinces = load_administrative_units().provinces.values()
    return {
        "organisations": sorted(((one.id, one.name) for one in organisations), key=_by_name),
        "provinces": sorted(((p.code, p.name(call.language)) for p in provinces), key=_by_name),
    }


def _by_name(pair: tuple[str, str]) -> str:
    return pair[1]
