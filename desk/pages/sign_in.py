"""Sign-in, sign-out and the redirect to the home page.

A refused sign-in answers the form itself, not a redirect: nobody is signed in for whom anything
could be kept, and whoever watches the service for guessed passwords counts the answers 401 and 429.
"""

from typing import Any, Final
from urllib.parse import urlencode

from aiohttp import web

from desk.pages.call import PageCall
from desk.pages.forms import SignInForm
from desk.pages.local_path import is_local_path
from desk.pages.render import render_page
from desk.pages.routing import PageRoutes, Redirection, redirect
from ledger import Staff
from services import sign_in as sign_in_service
from services.accounts import sessions
from services.sign_in import SignInAttempt
from stamps.errors import VeritemError

routes = PageRoutes()

_HOME: Final = "/"


@routes.add("GET", "/sign-in", is_open=True)
async def show_sign_in(call: PageCall) -> web.StreamResponse:
    """Show the sign-in form."""
    following = call.query.get("next", "")
    if call.signed_in is not None:
        return redirect(following if _leads_on(following) else _HOME)
    name = call.query.get("name", "")
    if not name and "kept" in call.query:
        name = call.runtime.authenticator.find_former_account(call.request) or ""
    return _render(call, following, name)


@routes.add("POST", "/sign-in/language", is_open=True)
async def switch_language(call: PageCall) -> web.StreamResponse:
    """Show the sign-in form in another language, with the name that was typed."""
    kept = {name: text for name in ("next", "name", "kept") if (text := call.fields.get(name, ""))}
    return redirect(f"/sign-in?{urlencode({**kept, 'lang': call.language})}")


@routes.add("POST", "/sign-in", is_open=True)
async def sign_in(call: PageCall) -> web.StreamResponse:
    """Begin a session."""
    runtime, request = call.runtime, call.request
    try:
        form = call.parse_form(SignInForm)
        attempt = SignInAttempt(
            account=form.name,
            password=form.password,
            otp=form.otp,
            network=runtime.authenticator.find_network(request),
            browser=runtime.authenticator.find_browser(request),
        )
        staff = await sign_in_service.sign_in(
            runtime.dependencies.ledger, runtime.budgets, attempt, at=runtime.dependencies.clock()
        )
    except VeritemError as refusal:
        return _render(call, call.fields.get("next", ""), call.fields.get("name", ""), refusal)
    return await begin_session(call, staff, form.next)


@routes.add("POST", "/sign-out", page="/account")
async def sign_out(call: PageCall) -> web.StreamResponse:
    """End all sessions of the account."""
    await sessions.end_all_sessions(call.context, call.staff.id)
    response = redirect("/sign-in")
    call.runtime.authenticator.remove_cookie(response)
    return response


async def begin_session(
    call: PageCall, staff: Staff, next_path: str, flash: str | None = None, **values: Any
) -> Redirection:
    """Begin a session and lead to a page of the desk, which says `flash` (as `redirect` does)."""
    path = next_path if _leads_on(next_path) else _HOME
    response = redirect(path, flash, **values)
    await call.runtime.authenticator.begin_session(call.request, response, staff)
    call.runtime.authenticator.remember_browser(call.request, response, staff)
    return response


def _leads_on(path: str) -> bool:
    return is_local_path(path) and not path.startswith("/sign-")


def _render(
    call: PageCall, next_path: str, name: str = "", refusal: VeritemError | None = None
) -> web.Response:
    return render_page(
        call,
        "sign_in.html",
        call.texts("sign.title"),
        refusal=refusal,
        next_path=next_path,
        name=name,
        hotline=call.runtime.dependencies.settings.hotline,
        is_kept="kept" in call.query or call.fields.get("kept") == "1",
        is_chosen="chosen" in call.query,
    )
