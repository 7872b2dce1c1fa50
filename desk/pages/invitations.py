"""The page of an invitation: its person chooses a password and is signed in.

Nobody is signed in there; the link is the authority. A refused form answers itself, as at the
sign-in, so nothing of a stranger is kept.
"""

from typing import Final
from urllib.parse import urlencode

from aiohttp import web

from desk.pages.assets import find_asset
from desk.pages.call import PageCall
from desk.pages.forms import InvitationForm
from desk.pages.render import render_page
from desk.pages.routing import PageRoutes, redirect
from desk.pages.sign_in import begin_session
from services.accounts import invitations
from stamps.errors import VeritemError

routes = PageRoutes()

_SCRIPT: Final = "invitation.js"
"""Fills the code in; without it people paste the code."""


@routes.add("GET", invitations.PATH, is_open=True)
async def show_invitation(call: PageCall) -> web.StreamResponse:
    """Show the form."""
    return _render(call)


@routes.add("POST", f"{invitations.PATH}/language", is_open=True)
async def switch_language(call: PageCall) -> web.StreamResponse:
    """Show the form in another language; the link is opened again."""
    return redirect(f"{invitations.PATH}?{urlencode({'lang': call.language})}")


@routes.add("POST", invitations.PATH, is_open=True)
async def accept_invitation(call: PageCall) -> web.StreamResponse:
    """Set the password and lead on to one-time codes; who has them already signs in with one."""
    runtime, dependencies = call.runtime, call.runtime.dependencies
    try:
        form = call.parse_form(InvitationForm)
        staff = await invitations.accept_invitation(
            dependencies.ledger,
            runtime.budgets,
            form.invitation,
            form.password,
            network=runtime.authenticator.find_network(call.request),
            at=dependencies.clock(),
        )
    except VeritemError as refusal:
        return _render(call, refusal)
    if staff.has_otp:  # the link proves no phone
        return redirect(f"/sign-in?{urlencode({'name': staff.id, 'chosen': '1'})}")
    return await begin_session(call, staff, "/account/one-time-codes", "flash.invitation_accepted")


def _render(call: PageCall, refusal: VeritemError | None = None) -> web.Response:
    return render_page(
        call,
        "invitation.html",
        call.texts("invitation.title"),
        refusal=refusal,
        scripts=[_SCRIPT] if find_asset(_SCRIPT) else [],
        invitation=call.fields.get("invitation", ""),
    )
