"""The page of an invited actor: code, name and password make the account, which is signed in.

Nobody is signed in there; the code is the authority. It stands behind the `#` of the link, and a
script fills it in; without scripts people type it. A refused form answers itself, as at the
sign-in, so nothing of a stranger is kept.
"""

from typing import Final
from urllib.parse import urlencode

from aiohttp import web

from desk.pages.assets import find_asset
from desk.pages.call import PageCall
from desk.pages.forms import JoinForm
from desk.pages.render import render_page
from desk.pages.routing import PageRoutes, redirect
from desk.pages.sign_in import begin_session
from services.organisations.actor_invitations import PATH, accept_actor_invitation
from stamps.errors import VeritemError

routes = PageRoutes()

_SCRIPT: Final = "invitation.js"


@routes.add("GET", PATH, is_open=True)
async def show_join(call: PageCall) -> web.StreamResponse:
    """Show the form."""
    return _render(call)


@routes.add("POST", f"{PATH}/language", is_open=True)
async def switch_join_language(call: PageCall) -> web.StreamResponse:
    """Show the form in another language; the link is opened again."""
    return redirect(f"{PATH}?{urlencode({'lang': call.language})}")


@routes.add("POST", PATH, is_open=True)
async def join(call: PageCall) -> web.StreamResponse:
    """Make the account and its organisation, and sign the person in."""
    runtime, dependencies = call.runtime, call.runtime.dependencies
    try:
        form = call.parse_form(JoinForm)
        accepted = await accept_actor_invitation(
            dependencies.ledger,
            runtime.budgets,
            form.code,
            form.name,
            form.password,
            network=runtime.authenticator.find_network(call.request),
        )
    except VeritemError as refusal:
        return _render(call, refusal)
    return await begin_session(call, accepted.staff, "/joined")


@routes.add("GET", "/joined")
async def show_joined(call: PageCall) -> web.StreamResponse:
    """Say the name with which the person signs in, and what to do next."""
    return render_page(call, "joined.html", call.texts("join.done"), account=call.staff.id)


def _render(call: PageCall, refusal: VeritemError | None = None) -> web.Response:
    return render_page(
        call,
        "join.html",
        call.texts("join.title"),
        refusal=refusal,
        scripts=[_SCRIPT] if find_asset(_SCRIPT) else [],
        code=call.fields.get("code", ""),
        name=call.fields.get("name", ""),
        hotline=call.runtime.dependencies.settings.hotline,
    )
