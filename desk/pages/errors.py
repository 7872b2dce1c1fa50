"""The page of an error that no page shows itself."""

from aiohttp import web

from desk.api.responses import log_server_error
from desk.auth.authenticator import SignedIn
from desk.pages.call import PageCall, choose_language, remember_language
from desk.pages.render import render_page
from desk.problems import status_of
from desk.runtime import DeskRuntime
from stamps.errors import VeritemError


async def error_page(
    runtime: DeskRuntime, request: web.Request, error: VeritemError
) -> web.StreamResponse:
    """The page of an error, with the menu of the account that is signed in."""
    try:
        signed_in = await runtime.authenticator.authenticate_session(request)
    except VeritemError:
        signed_in = None  # the ledger does not answer
    return render_error(runtime, request, error, signed_in)


def render_error(
    runtime: DeskRuntime,
    request: web.Request,
    error: VeritemError,
    signed_in: SignedIn | None = None,
) -> web.StreamResponse:
    """The page of an error, with the menu of an account."""
    status = status_of(error)
    log_server_error(request, error, status)
    call = PageCall(request, runtime, signed_in, choose_language(request))
    page = render_page(call, "message.html", call.texts("site.desk"), refusal=error, status=status)
    remember_language(request, page, runtime)
    return page
