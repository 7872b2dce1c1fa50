"""The page of the settings in force."""

from aiohttp import web

from desk.pages.call import PageCall
from desk.pages.render import render_page
from desk.pages.routing import PageRoutes
from desk.settings_table import list_settings
from services.permissions import Permission

routes = PageRoutes()


@routes.add("GET", "/settings", permissions=(Permission.ACCOUNT_MANAGE,))
async def show_settings(call: PageCall) -> web.StreamResponse:
    """Show the settings with which this desk runs."""
    return render_page(
        call,
        "settings.html",
        call.texts("settings.title"),
        lines=list_settings(call.runtime.dependencies.settings),
    )
