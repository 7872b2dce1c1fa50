"""Finds the handler of a request, and turns every error into a response."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Final

from resolver.http.request import Request
from resolver.http.response import Response
from resolver.urls import LONGEST_TARGET, StampRequest, parse_target
from traceability.gs1_keys import COMPRESSED_REFUSED, is_compressed_link_path, is_link_path
from traceability.gs1_values import MalformedGs1
from web.control_characters import check_target
from web.errors import MethodNotAllowed, NotFound, TargetTooLong

READ: Final = ("GET", "HEAD")
WRITE: Final = ("POST",)

Handler = Callable[[Request], Awaitable[Response]]
StampHandler = Callable[[Request, StampRequest], Awaitable[Response]]
ErrorHandler = Callable[[Request, StampRequest | None, Exception, float], Awaitable[Response]]
"""Answers an error; takes the request, the stamp asked for, the error and the loop time of the
request."""


@dataclass(frozen=True)
class Route:
    """The handler of one path and the methods that it takes."""

    methods: tuple[str, ...]
    handler: Handler


class Router:
    """The routes of the public service.

    `routes` are fixed paths. `folders` answer all paths below one letter, such as `/x/`. All other
    paths are tried as addresses of stamps (`resolver.urls`), then as other Digital Links, which
    `links` answers.
    `observe` is called with the seconds that each response took.
    """

    def __init__(
        self,
        routes: Mapping[str, Route],
        folders: Mapping[str, Route],
        links: Route,
        stamp_handler: StampHandler,
        error_handler: ErrorHandler,
        observe: Callable[[float], None],
    ) -> None:
        self._routes = routes
        self._folders = folders
        self._links = links
        self._stamp_handler = stamp_handler
        self._error_handler = error_handler
        self._observe = observe

    async def respond(self, request: Request) -> Response:
        """The response to a request, whatever happens."""
        loop = asyncio.get_running_loop()
        began = loop.time()
        stamp: StampRequest | None = None
        try:
            try:
                _check_target(request.target)
                stamp = _find_stamp(request)
                if stamp is not None:
                    return await self._stamp_handler(request, stamp)
                return await self._find(request)(request)
            except Exception as raised:  # the error handler decides what is a defect
                error = raised
            # Not in the except block, see `ErrorResponder`.
            return await self._error_handler(request, stamp, error, began)
        finally:
            self._observe(loop.time() - began)

    def _find(self, request: Request) -> Handler:
        path = request.target.partition("?")[0]
        route = self._routes.get(path) or self._folders.get(path[:3])
        if route is None and is_link_path(path):
            route = self._links
        if route is None:
            if is_compressed_link_path(path):
                raise MalformedGs1(text=path, why=COMPRESSED_REFUSED)
            if parse_target(request.target) is None:
                raise NotFound
            raise MethodNotAllowed(allowed=", ".join(READ))
        if request.method not in route.methods:
            raise MethodNotAllowed(allowed=", ".join(route.methods))
        if request.error is not None:
            raise request.error
        return route.handler


def _check_target(target: str) -> None:
    """Raise `TargetTooLong`, `ControlCharacter`."""
    if len(target) > LONGEST_TARGET:
        raise TargetTooLong(limit=LONGEST_TARGET)
    check_target(target)


def _find_stamp(request: Request) -> StampRequest | None:
    """The stamp whose page or document is asked for. Raises the request's own error."""
    if request.method not in READ:
        return None
    stamp = parse_target(request.target)
    if stamp is not None and request.error is not None:
        raise request.error
    return stamp
