"""API routes: one declaration serves the router, the validation and the OpenAPI document.

    routes = ApiRoutes("orders")

    @routes.add("POST", "orders", permissions=(Permission.ORDER_REQUEST,), status=201)
    async def request_order(call: ApiCall, body: OrderBody) -> OrderDocument:
        \"\"\"Request stamps.\"\"\"

The signature of a handler is its contract. `body` is the model of its JSON body, or `bytes` for a
raw one; `query` is the model of its query; every other parameter is a segment of the path, `int`
or `str`. The return annotation is the model of the answer. The first line of the docstring is the
summary. aiohttp decodes the path once, after splitting, so `%2F` stays within its segment.
"""

import inspect
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeVar, get_type_hints

from aiohttp import web
from pydantic import BaseModel

from desk.api.authentication import ACTOR
from desk.api.call import ApiCall
from desk.api.preconditions import read_version, tag_answer
from desk.responses import json_response
from desk.runtime import DeskRuntime
from desk.validation import validate_json, validate_values
from services.permissions import Permission, require_permission
from stamps.errors import VeritemError
from web.aiohttp_server import read_body
from web.errors import UnsupportedMedia
from web.request_parsing import JSON

ApiHandler = Callable[..., Awaitable[BaseModel | web.StreamResponse]]
Answer = type[BaseModel] | str | None
"""The model of an answer, or its media type, or None for no body."""
H = TypeVar("H", bound=ApiHandler)

_SEGMENT: Final = re.compile(r"\{(\w+)\}")
_INTEGER: Final = r"[0-9]{1,9}"


@dataclass(frozen=True)
class ApiRoute:
    """One address and method of the API."""

    method: str
    path: str
    """`batches/{batch}/reports`, below the API's prefix."""
    tag: str
    handler: ApiHandler
    permissions: tuple[Permission, ...]
    """Any one of these; for every signed-in account when empty."""
    answers: Mapping[int, Answer]
    body: type[BaseModel] | type[bytes] | None
    media: tuple[str, ...]
    """Media types of the body."""
    query: type[BaseModel] | None
    parameters: Mapping[str, type]
    """Path parameters, `int` or `str`."""
    has_key: bool
    """Whether the header `Idempotency-Key` is required."""
    errors: tuple[type[VeritemError], ...]
    """The errors of this route, beside those that every route may answer."""
    limit: int | None = None
    """Longest body in bytes; the setting's when None."""
    has_version: bool = False
    """Whether the header `If-Match` is required: an edit of what the caller read."""

    @property
    def summary(self) -> str:
        """First line of the handler's docstring."""
        return (inspect.getdoc(self.handler) or "").partition("\n")[0].rstrip(".")

    @property
    def pattern(self) -> str:
        """The path as aiohttp's router takes it."""

        def segment(found: re.Match[str]) -> str:
            name = found[1]
            return f"{{{name}:{_INTEGER}}}" if self.parameters[name] is int else found[0]

        return _SEGMENT.sub(segment, self.path)


class ApiRoutes:
    """The routes of one resource."""

    def __init__(self, tag: str) -> None:
        self.tag: Final = tag
        self._routes: list[ApiRoute] = []

    @property
    def routes(self) -> Sequence[ApiRoute]:
        """The declared routes, in order."""
        return tuple(self._routes)

    def add(
        self,
        method: str,
        path: str,
        *,
        permissions: Sequence[Permission] = (),
        status: int = 200,
        answers: Mapping[int, Answer] | None = None,
        media: Sequence[str] = (JSON,),
        has_key: bool = False,
        errors: Sequence[type[VeritemError]] = (),
        limit: int | None = None,
        has_version: bool = False,
    ) -> Callable[[H], H]:
        """Declare a route; `answers` replaces what `status` and the return annotation say."""

        def declare(handler: H) -> H:
            hints = get_type_hints(handler)
            returned = hints.pop("return")
            hints.pop("call")
            self._routes.append(
                ApiRoute(
                    method=method,
                    path=path,
                    tag=self.tag,
                    handler=handler,
                    permissions=tuple(permissions),
                    answers=answers or {status: returned},
                    body=hints.pop("body", None),
                    media=tuple(media),
                    query=hints.pop("query", None),
                    parameters=hints,
                    has_key=has_key,
                    errors=tuple(errors),
                    limit=limit,
                    has_version=has_version,
                )
            )
            return handler

        return declare


class ApiEndpoint:
    """A route in one running desk: checks permission, validates, calls the handler."""

    def __init__(self, route: ApiRoute, runtime: DeskRuntime) -> None:
        self._route = route
        self._runtime = runtime

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Answer one request."""
        route, runtime = self._route, self._runtime
        context = runtime.dependencies.make_context(request[ACTOR])
        if route.permissions:
            # The use case checks again; checked here, a refused caller sends no body.
            require_permission(context, *route.permissions)
        arguments: dict[str, Any] = {
            name: kind(request.match_info[name]) for name, kind in route.parameters.items()
        }
        if route.query is not None:
            arguments["query"] = validate_values(route.query, request.query)
        if route.body is not None:
            arguments["body"] = await self._read_body(request)
        version = read_version(request) if route.has_version else None
        call = ApiCall(request, runtime, context, version)
        answer = await route.handler(call, **arguments)
        if not isinstance(answer, web.StreamResponse):
            answer = json_response(answer, next(iter(route.answers)), call.headers)
        return tag_answer(request, answer)

    async def _read_body(self, request: web.Request) -> BaseModel | bytes:
        route, settings = self._route, self._runtime.dependencies.settings
        if request.content_type not in route.media:
            raise UnsupportedMedia(allowed=", ".join(route.media))
        limit = route.limit or settings.body_bytes
        content = await read_body(request, limit=limit, seconds=settings.body_seconds)
        if route.body is None or not issubclass(route.body, BaseModel):
            return content
        return validate_json(route.body, content)
