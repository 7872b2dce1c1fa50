"""The page of an error that no page shows itself."""

from typing import Final

from aiohttp import web

from desk.auth.authenticator import SignedIn
from desk.forms.drafts import is_secret_field
from desk.pages.call import PageCall, choose_language, remember_language
from desk.pages.render import render_page
from desk.pages.routing import SENT_FORM
from desk.problems import status_of
from desk.responses import log_server_error
from desk.runtime import DeskRuntime
from stamps.errors import VeritemError

_SERVER_ERROR: Final = 500


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
    path = request.rel_url.raw_path
    call = PageCall(request, runtime, signed_in, choose_language(request), page=path)
    typed = request.get(SENT_FORM, {}) if status >= _SERVER_ERROR else {}
    page = render_page(
        call,
        "message.html",
        call.texts("site.desk"),
        refusal=error,
        status=status,
        action=request.rel_url.raw_path_qs,
        typed={name: text for name, text in typed.items() if not is_secret_field(name)},
        hidden=("csrf", "key"),
    )
    remember_language(request, page, runtime)
    return page
