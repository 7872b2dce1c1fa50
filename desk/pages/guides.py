"""The guides: what each role does here, step by step, and what to do when something goes wrong.

Everybody may read all of them, before signing in too: who cannot sign in needs help most.
"""

from collections.abc import Sequence

from aiohttp import web

from desk.pages.call import PageCall
from desk.pages.guide_texts import PARTNER, find_guide, name_guide
from desk.pages.render import render_page
from desk.pages.routing import PageRoutes, redirect
from ledger import ROLES
from web.errors import NotFound

routes = PageRoutes()


@routes.add("GET", "/guide", is_open=True)
async def choose_guide(call: PageCall) -> web.StreamResponse:
    """Lead to the guide of the account's role, or list the guides."""
    if call.signed_in is not None and call.staff.role in ROLES:
        return redirect(f"/guide/{name_guide(call.staff.role)}")
    return render_page(call, "guides.html", call.texts("guide.title"), guides=_list_guides(call))


@routes.add("GET", "/guide/{guide}", is_open=True)
async def show_guide(call: PageCall, guide: str) -> web.StreamResponse:
    """Show a guide. Raises `NotFound` for a name that has none."""
    found = find_guide(guide, call.language)
    if found is None:
        raise NotFound
    return render_page(
        call,
        "guide.html",
        found.title,
        guide=found,
        others=[(link, text) for link, text in _list_guides(call) if link != call.page],
        hotline=call.runtime.dependencies.settings.hotline,
    )


def _list_guides(call: PageCall) -> Sequence[tuple[str, str]]:
    """Address of every guide, and whose it is."""
    shared = {PARTNER: "guide.partner"}
    texts = {name_guide(role): f"role.{role}" for role in ROLES} | shared
    return [(f"/guide/{name}", call.texts(text)) for name, text in texts.items()]
