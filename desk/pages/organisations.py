"""Pages of organisations: the list, one with its places, and the form."""

from typing import Final, get_args
from urllib.parse import quote

from aiohttp import web

from desk.pages.call import PageCall
from desk.pages.forms import (
    ChangedOrganisationForm,
    DisablingForm,
    EnablingForm,
    NewOrganisationForm,
)
from desk.pages.lists import render_list
from desk.pages.provinces import list_provinces
from desk.pages.render import render_page
from desk.pages.routing import PageRoutes, redirect
from ledger import Organisation, OrganisationKind
from ledger.orders.order_numbers import find_year
from services.lists.administration import ORGANISATIONS
from services.organisations import organisations, registry
from services.permissions import Permission

routes = PageRoutes()

_EDIT: Final = (Permission.REGISTRY_EDIT,)
_MANAGE: Final = (Permission.ACCOUNT_MANAGE,)
_KINDS: Final[tuple[OrganisationKind, ...]] = get_args(OrganisationKind)


@routes.add("GET", "/organisations", permissions=_EDIT)
async def list_organisations(call: PageCall) -> web.StreamResponse:
    """List the organisations."""
    texts = call.texts
    actions = [("/new-organisation", texts("organisations.new"))]
    return await render_list(
        call,
        ORGANISATIONS,
        texts("organisations.title"),
        actions=actions,
        lead=texts("organisations.lead"),
    )


@routes.add("GET", "/new-organisation", permissions=_EDIT)
async def show_form(call: PageCall) -> web.StreamResponse:
    """Show the form of a new organisation."""
    return render_page(
        call,
        "organisation_form.html",
        call.texts("organisations.new"),
        kinds=_list_kinds(call),
        provinces=list_provinces(call),
    )


@routes.add("POST", "/new-organisation", permissions=_EDIT)
async def add_organisation(call: PageCall) -> web.StreamResponse:
    """Add an organisation."""
    form = call.parse_form(NewOrganisationForm)
    row = Organisation(
        id=form.id, kind=form.kind, name=form.name, address=form.address, province=form.province
    )
    added = await registry.add_organisation(call.context, row)
    return redirect(_address(added.id), "flash.organisation_saved")


@routes.add("GET", "/organisations/{organisation}", permissions=_EDIT)
async def show_organisation(call: PageCall, organisation: str) -> web.StreamResponse:
    """Show an organisation with its places, and the form that changes it."""
    found = await organisations.get_organisation(call.context, organisation)
    return render_page(
        call,
        "organisation.html",
        found.organisation.name,
        row=found.organisation,
        version=registry.compute_version(found.organisation),
        places=found.places,
        disabled_reason=found.disabled_reason,
        kinds=_list_kinds(call),
        provinces=list_provinces(call),
        address=f"/organisations/{found.organisation.id}",
        year=find_year(call.context.clock()),
        enabling=await organisations.find_enabling(call.context, organisation),
    )


@routes.add("POST", "/organisations/{organisation}/disable", permissions=_MANAGE)
async def disable_organisation(call: PageCall, organisation: str) -> web.StreamResponse:
    """Disable an organisation; its people and tokens are refused at once."""
    form = call.parse_form(DisablingForm)
    row = await organisations.disable_organisation(call.context, organisation, form.reason)
    return redirect(_address(row.id), "flash.organisation_disabled")


@routes.add("POST", "/organisations/{organisation}/enable", permissions=_MANAGE)
async def propose_enabling(call: PageCall, organisation: str) -> web.StreamResponse:
    """Propose that an organisation is enabled again; another person approves."""
    form = call.parse_form(EnablingForm)
    proposal = await organisations.propose_enabling(
        call.context, organisation, form.reason, call.key
    )
    return redirect(f"/proposals/{proposal.id}", "flash.enabling_proposed")


@routes.add("POST", "/organisations/{organisation}", permissions=_EDIT)
async def change_organisation(call: PageCall, organisation: str) -> web.StreamResponse:
    """Change an organisation."""
    form = call.parse_form(ChangedOrganisationForm)
    row = await organisations.change_organisation(
        call.context,
        organisation,
        form.name,
        form.kind,
        form.address,
        form.province,
        version=form.version,
    )
    return redirect(_address(row.id), "flash.organisation_saved")


def _address(id_: str) -> str:
    return f"/organisations/{quote(id_, safe='')}"


def _list_kinds(call: PageCall) -> list[tuple[str, str]]:
    return [(kind, call.texts(f"organisations.{kind}")) for kind in _KINDS]
