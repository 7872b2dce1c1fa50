"""Authentication of API requests: a middleware that requires a machine's token.

Each token has a budget of requests, so that a program in a loop leaves room for the others.
"""

from typing import Final

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from desk.auth.errors import NotSignedIn
from desk.runtime import DeskRuntime
from services import Actor

ACTOR: Final = web.RequestKey("actor", Actor)
"""The actor of a request's token."""
TOKEN: Final = web.RequestKey("token", str)
"""The id of its token."""


def make_authentication_middleware(runtime: DeskRuntime) -> Middleware:
    """The middleware that answers 401 without a living token, and 429 above its budget."""

    @web.middleware
    async def authenticate(request: web.Request, handler: Handler) -> web.StreamResponse:
        bearer = await runtime.authenticator.authenticate_token(request)
        if bearer is None:
            raise NotSignedIn
        # After the authentication: an id is no secret, and nobody spends what is another's.
        runtime.token_requests.take(bearer.token)
        request[ACTOR], request[TOKEN] = bearer.actor, bearer.token
        return await handler(request)

    return authenticate
