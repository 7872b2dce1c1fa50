"""Middlewares of the desk: security headers, turns, and one answer for every error."""

from typing import Final

import structlog
from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from desk.pages.errors import error_page, render_error
from desk.responses import problem_response
from desk.runtime import DeskRuntime
from stamps.errors import VeritemError
from web.aiohttp_server import TURN, check_codings
from web.control_characters import check_target
from web.errors import (
    InternalError,
    MethodNotAllowed,
    NotFound,
    ServiceBusy,
    TargetTooLong,
)
from web.security_headers import NO_STORE, SECURITY_HEADERS

_LONGEST_TARGET: Final = 2048
_MACHINE_PREFIXES: Final = ("/api/", "/epcis", "/health/")
"""Paths whose errors are problem documents; those of others are pages."""
_CLIENT_LEFT: Final = 499
"""A status that nobody receives."""
_log = structlog.get_logger(__name__)


@web.middleware
async def add_security_headers(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Add the security headers, and `no-store` unless the handler said otherwise."""
    response = await handler(request)
    if not response.prepared:
        for name, value in (*SECURITY_HEADERS.items(), *NO_STORE.items()):
            response.headers.setdefault(name, value)
    return response


def make_turn_middleware(runtime: DeskRuntime) -> Middleware:
    """The middleware in which requests wait for their turn; it refuses those above the bounds."""

    @web.middleware
    async def take_turn(request: web.Request, handler: Handler) -> web.StreamResponse:
        try:
            async with runtime.turns.take(runtime.authenticator.find_caller(request)) as turn:
                if request.transport is None:  # the client has left while it waited
                    return web.Response(status=_CLIENT_LEFT)
                request[TURN] = turn
                return await handler(request)
        except ServiceBusy as refusal:
            if request.path.startswith(_MACHINE_PREFIXES):
                return problem_response(request, refusal)
            return render_error(runtime, request, refusal)

    return take_turn


def make_error_middleware(runtime: DeskRuntime) -> Middleware:
    """The middleware that answers every error with a problem document or a page."""

    @web.middleware
    async def answer_errors(request: web.Request, handler: Handler) -> web.StreamResponse:
        try:
            _check_head(request)
            return await handler(request)
        except VeritemError as error:
            refusal = error
        except web.HTTPNotFound:
            refusal = NotFound()
        except web.HTTPMethodNotAllowed as error:
            refusal = MethodNotAllowed(allowed=", ".join(sorted(error.allowed_methods)))
        except web.HTTPException:
            raise
        except Exception:
            _log.exception("request failed", path=request.path)
            refusal = InternalError()
        if request.path.startswith(_MACHINE_PREFIXES):
            return problem_response(request, refusal)
        return await error_page(runtime, request, refusal)

    return answer_errors


def _check_head(request: web.Request) -> None:
    if len(request.raw_path) > _LONGEST_TARGET:
        raise TargetTooLong(limit=_LONGEST_TARGET)
    check_target(request.raw_path)
    check_codings(request)
