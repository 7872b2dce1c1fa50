"""Exports of all data of the own organisation: asked for, followed, downloaded."""

from pathlib import Path
from typing import Final

from aiohttp import web

from desk.pages.call import PageCall
from desk.pages.render import render_page
from desk.pages.routing import PageRoutes, redirect
from ledger.exports.own_rows import OWN_PARTS
from services.exports import data_exports
from services.lists.find import find_person_names
from services.paging import PageRequest
from services.permissions import Permission

routes = PageRoutes()

_OWN: Final = (Permission.DATA_EXPORT,)


@routes.add("GET", "/data-exports", permissions=_OWN)
async def list_data_exports(call: PageCall) -> web.StreamResponse:
    """List the exports of the organisation, the newest first."""
    if call.context.actor.organisation is None:
        page = None
    else:
        request = PageRequest(20, call.query.get("after"))
        page = await data_exports.list_data_exports(call.context, request)
    exports = page.items if page else ()
    return render_page(
        call,
        "data_exports.html",
        call.texts("data_exports.title"),
        trail=[(call.staff.name, "/account")],
        exports=exports,
        next_page=page.next if page else None,
        people=await find_person_names(call.context, *(one.actor for one in exports)),
        parts=len(OWN_PARTS),
        may_ask=page is not None,
    )


@routes.add("POST", "/data-exports", permissions=_OWN)
async def ask_data_export(call: PageCall) -> web.StreamResponse:
    """Ask for an export."""
    await data_exports.ask_data_export(call.context, call.key)
    call.runtime.data_exports.wake()
    return redirect("/data-exports", "flash.data_export_asked")


@routes.add("GET", "/data-exports/{export}/file", permissions=_OWN)
async def download_data_export(call: PageCall, export: str) -> web.StreamResponse:
    """Download the file of an export; `Range` resumes."""
    folder = call.runtime.data_exports.folder
    return send_archive(await data_exports.open_data_export(call.context, export, folder))


def send_archive(path: Path) -> web.FileResponse:
    """An archive as an attachment."""
    headers = {
        "Content-Disposition": f'attachment; filename="veritem-{path.name}"',
        "Content-Type": "application/zip",
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
    }
    return web.FileResponse(path, headers=headers)
