"""Page routes: declaration, and what every page shares: session, permission, form, language.

    @routes.add("POST", "/orders/{order}/approve", permissions=(Permission.ORDER_DECIDE,))
    async def approve_order(call: PageCall, order: str) -> web.StreamResponse:

The parameters of a handler beside `call` are segments of the path, `int` or `str`.
"""

import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, TypeVar, get_type_hints
from urllib.parse import urlencode

from aiohttp import web

from desk.pages.call import PageCall, choose_language, remember_language
from desk.pages.form_reader import read_form
from desk.pages.local_path import is_local_path
from desk.runtime import DeskRuntime
from services.permissions import Permission, require_permission

PageHandler = Callable[..., Awaitable[web.StreamResponse]]
H = TypeVar("H", bound=PageHandler)

_SEGMENT: Final = re.compile(r"\{(\w+)\}")
_INTEGER: Final = r"[0-9]{1,9}"


@dataclass(frozen=True)
class PageRoute:
    """One address and method of the pages."""

    method: str
    path: str
    handler: PageHandler
    permissions: tuple[Permission, ...]
    """Any one of these; for every signed-in account when empty."""
    parameters: Mapping[str, type]
    """Path parameters, `int` or `str`."""
    is_open: bool = False
    """Whether people who are not signed in may see it."""
    limit: int | None = None
    """Longest form in bytes, uploads included; the setting's, without uploads, when None."""

    @property
    def pattern(self) -> str:
        """The path as aiohttp's router takes it."""

        def segment(found: re.Match[str]) -> str:
            name = found[1]
            return f"{{{name}:{_INTEGER}}}" if self.parameters[name] is int else found[0]

        return _SEGMENT.sub(segment, self.path)


class PageRoutes:
    """The routes of one group of pages."""

    def __init__(self) -> None:
        self._routes: list[PageRoute] = []

    @property
    def routes(self) -> Sequence[PageRoute]:
        """The declared routes, in order."""
        return tuple(self._routes)

    def add(
        self,
        method: str,
        path: str,
        *,
        permissions: Sequence[Permission] = (),
        is_open: bool = False,
        limit: int | None = None,
    ) -> Callable[[H], H]:
        """Declare a route."""

        def declare(handler: H) -> H:
            hints = get_type_hints(handler)
            self._routes.append(
                PageRoute(
                    method=method,
                    path=path,
                    handler=handler,
                    permissions=tuple(permissions),
                    parameters={
                        name: kind for name, kind in hints.items() if name not in ("call", "return")
                    },
                    is_open=is_open,
                    limit=limit,
                )
            )
            return handler

        return declare


class PageEndpoint:
    """A route in one running desk: checks session, permission and form, calls the handler."""

    def __init__(self, route: PageRoute, runtime: DeskRuntime) -> None:
        self._route = route
        self._runtime = runtime

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Answer one request."""
        route, runtime = self._route, self._runtime
        authenticator = runtime.authenticator
        signed_in = await authenticator.authenticate_session(request)
        call = PageCall(request, runtime, signed_in, choose_language(request))
        if signed_in is None and not route.is_open:
            return redirect_to_sign_in(request)
        if route.permissions:
            require_permission(call.context, *route.permissions)
        if route.method == "POST":
            form = await read_form(request, runtime.dependencies.settings, route.limit)
            call = replace(call, fields=form.fields, files=form.files)
            # The form of an open page belongs to no session: two tabs may both ask to sign in.
            owner = None if route.is_open else signed_in
            authenticator.check_form(request, owner, call.fields.get("csrf", ""))
        arguments = {
            name: kind(request.match_info[name]) for name, kind in route.parameters.items()
        }
        response = await route.handler(call, **arguments)
        if signed_in is not None and not response.prepared:
            authenticator.renew_session(response, signed_in.session)
        remember_language(request, response, runtime)
        return response


def redirect(path: str) -> web.Response:
    """Send the browser to another page of the desk, with GET. Raises ValueError for any other."""
    if not is_local_path(path):
        raise ValueError(f"not a path of the desk: {path!r}")
    return web.Response(status=303, headers={"Location": path})


def redirect_to_sign_in(request: web.Request) -> web.Response:
    """Send the browser to the sign-in page, which leads back to a page that was asked for."""
    wanted = request.raw_path if request.method == "GET" else "/"
    query = "" if wanted == "/" else "?" + urlencode({"next": wanted})
    return redirect(f"/sign-in{query}")
