"""Pages of imports of invitations: the file, whom it would invite, inviting them, their sheets."""

from typing import Final

from aiohttp import web

from desk.pages.call import PageCall
from desk.pages.forms import Form
from desk.pages.imports import MOST_MB, MOST_ROWS, UPLOAD_BYTES, describe_refused, send_refused
from desk.pages.invitation_sheet import MEDIA_TYPE, print_sheets
from desk.pages.render import render_page
from desk.pages.routing import PageRoutes, redirect
from services.organisations import invitation_imports
from services.organisations.actor_invitations import LIFETIME_DAYS, name_inviter
from services.organisations.invitation_table import make_template
from services.permissions import Permission, has_permission
from traceability.administrative_units import load_administrative_units
from web.i18n import Texts
from web.security_headers import NO_STORE, SANDBOX

routes = PageRoutes()

_INVITE: Final = (Permission.ACTOR_INVITE,)
_FORM: Final = "/actor-invitation-imports"
_ONE: Final = f"{_FORM}/{{invitation_import}}"


@routes.add("GET", _FORM, permissions=_INVITE)
async def show_form(call: PageCall) -> web.StreamResponse:
    """Show the form that takes a file."""
    return render_page(
        call,
        "invitation_import_form.html",
        call.texts("actors.import"),
        trail=[(call.texts("actors.title"), "/actor-invitations")],
        most_lines=invitation_imports.MOST_LINES,
        most_mb=MOST_MB,
        days=LIFETIME_DAYS,
        may_give_code=has_permission(call.context.actor, Permission.CODE_EDIT),
    )


@routes.add("GET", "/actor-invitation-template", permissions=_INVITE)
async def download_template(call: PageCall) -> web.StreamResponse:
    """Download an empty table of people to invite."""
    return web.Response(
        body=make_template().encode(),
        content_type="text/csv",
        charset="utf-8",
        headers={"Content-Disposition": 'attachment; filename="invitations.csv"'},
    )


@routes.add("POST", _FORM, permissions=_INVITE, limit=UPLOAD_BYTES)
async def preview_import(call: PageCall) -> web.StreamResponse:
    """Read a file, and lead to whom it would invite."""
    call.parse_form(Form)
    shown = await invitation_imports.preview_import(call.context, call.require_file("file"), "")
    return redirect(f"{_FORM}/{shown.id}")


@routes.add("GET", _ONE, permissions=_INVITE)
async def show_import(call: PageCall, invitation_import: str) -> web.StreamResponse:
    """Show whom a file would invite, or that they were."""
    shown = await invitation_imports.get_import(call.context, invitation_import)
    texts, provinces = call.texts, load_administrative_units().provinces
    return render_page(
        call,
        "invitation_import.html",
        texts("actors.import_shown"),
        trail=[(texts("actors.title"), "/actor-invitations"), (texts("actors.import"), _FORM)],
        shown=shown,
        invited=[
            (one, provinces[one.province].name(call.language) if one.province else "")
            for one in shown.invited[:MOST_ROWS]
        ],
        refused=describe_refused(shown.refused, lambda name: _label(name, texts), texts),
    )


@routes.add("GET", f"{_ONE}/refused", permissions=_INVITE)
async def download_refused(call: PageCall, invitation_import: str) -> web.StreamResponse:
    """Download all refused lines with their reasons."""
    shown, texts = (
        await invitation_imports.get_import(call.context, invitation_import),
        call.texts,
    )
    return send_refused(shown.refused, lambda name: _label(name, texts), texts)


@routes.add("POST", f"{_ONE}/apply", permissions=_INVITE)
async def apply_import(call: PageCall, invitation_import: str) -> web.StreamResponse:
    """Invite those who were shown."""
    call.parse_form(Form)
    applied = await invitation_imports.apply_import(call.context, invitation_import)
    return redirect(f"{_FORM}/{applied.id}")


@routes.add("GET", f"{_ONE}/sheets", permissions=_INVITE)
async def print_invitations(call: PageCall, invitation_import: str) -> web.StreamResponse:
    """The sheets of all whom a file invited and who did not answer yet, as one PDF."""
    every = await invitation_imports.list_invited(call.context, invitation_import)
    inviter = await name_inviter(call.context, every[0].invitation) if every else ""
    url = call.runtime.dependencies.settings.public_url
    content = await print_sheets(every, inviter, url, call.texts)
    named = 'inline; filename="invitations.pdf"'
    headers = {**SANDBOX, **NO_STORE, "Content-Disposition": named}
    return web.Response(body=content, content_type=MEDIA_TYPE, headers=headers)


def _label(name: str, texts: Texts) -> str:
    return texts(f"actors.{name}")
