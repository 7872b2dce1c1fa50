"""Personal data: the page of what is kept and how long, one person's data, and its erasure.

Everybody may read what is kept, before signing in too.
"""

from typing import Final
from urllib.parse import quote

from aiohttp import web

from desk.pages.call import PageCall
from desk.pages.forms import ConfirmationForm
from desk.pages.render import render_page
from desk.pages.routing import PageRoutes, redirect
from desk.responses import json_response
from services.permissions import Permission
from services.privacy import erasures
from services.privacy.personal_data import load_personal_data

routes = PageRoutes()

_MANAGE: Final = (Permission.ACCOUNT_MANAGE,)


@routes.add("GET", "/privacy", is_open=True)
async def show_privacy(call: PageCall) -> web.StreamResponse:
    """Show which personal data is kept, why, how long, and what erases it."""
    language, retention = call.language, call.runtime.retention
    return render_page(
        call,
        "privacy.html",
        call.texts("privacy.title"),
        data=[
            {
                "name": datum.name,
                "title": datum.title[language],
                "whose": datum.whose[language],
                "why": datum.why[language],
                "ground": datum.ground[language],
                "kept": datum.describe_kept(language, retention),
                "stays": datum.stays[language] if datum.stays else None,
            }
            for datum in load_personal_data().values()
        ],
        hotline=call.runtime.dependencies.settings.hotline,
    )


@routes.add("GET", "/account/data")
async def download_own_data(call: PageCall) -> web.StreamResponse:
    """Download what is kept of the own account."""
    return await _download(call, call.staff.id)


@routes.add("GET", "/staff/{account}/data", permissions=_MANAGE)
async def download_data(call: PageCall, account: str) -> web.StreamResponse:
    """Download what is kept of a person."""
    return await _download(call, account)


@routes.add("POST", "/staff/{account}/erase", permissions=_MANAGE)
async def erase_person(call: PageCall, account: str) -> web.StreamResponse:
    """Erase what is personal of a disabled account."""
    call.parse_form(ConfirmationForm)
    await erasures.erase_person(call.context, account)
    return redirect(f"/staff/{quote(account, safe='')}", "flash.person_erased")


async def _download(call: PageCall, account: str) -> web.Response:
    found = await erasures.show_person(call.context, account)
    name = quote(str(found["account"]["id"]), safe="")
    headers = {"Content-Disposition": f"attachment; filename*=UTF-8''{name}.json"}
    return json_response(found, headers=headers)
