"""Authentication of API requests: a middleware that requires a machine's token."""

from typing import Final

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from desk.auth.errors import NotSignedIn
from desk.runtime import DeskRuntime
from ledger import Staff

ACCOUNT: Final = web.RequestKey("account", Staff)
"""The authenticated account of a request."""


def make_authentication_middleware(runtime: DeskRuntime) -> Middleware:
    """The middleware that answers 401 to requests without a living token."""

    @web.middleware
    async def authenticate(request: web.Request, handler: Handler) -> web.StreamResponse:
        staff = await runtime.authenticator.authenticate_token(request)
        if staff is None:
            raise NotSignedIn
        request[ACCOUNT] = staff
        return await handler(request)

    return authenticate
