"""Downloads of lists: what a list's page shows, as CSV or XLSX."""

from aiohttp import web

from desk.pages.call import PageCall
from desk.pages.list_exports import EXPORT_FORMS, ExportForm, ListExport
from desk.pages.lists import read_request
from desk.pages.routing import PageRoutes
from services.lists.catalogue import LISTS
from services.lists.description import ListDescription

routes = PageRoutes()


def _add_route(description: ListDescription, form: ExportForm) -> None:
    @routes.add("GET", f"/export/{description.name}/{form}", permissions=description.permissions)
    async def export_list(call: PageCall) -> web.StreamResponse:
        """Download a list."""
        export = ListExport(
            call.request,
            call.runtime,
            call.context,
            description,
            read_request(call, description),
            call.language,
        )
        return await export.send(form)


for _description in LISTS.values():
    for _form in EXPORT_FORMS:
        _add_route(_description, _form)
