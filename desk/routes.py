"""Routes: one table says what is dispatched, who may call it, and what the API's document tells.

A path is written `/api/v1/batches/{number:int}/spans`; `int` takes digits, anything else one
segment, percent-decoded once.
"""

import re
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote

from aiohttp import web

from desk.errors import NotFound, WrongMethod
from desk.roles import Permission

if TYPE_CHECKING:
    from desk.call import Call

Handler = Callable[["Call"], Awaitable[web.StreamResponse]]
Params = Mapping[str, str | int]

_PARAMETER: Final = re.compile(r"\{(\w+)(?::(\w+))?\}")
_LONGEST_NUMBER: Final = 9


@dataclass(frozen=True)
class Route:
    """One address and method. `permissions`: any one of them lets through; none asked, all may."""

    method: str
    path: str
    handler: Handler
    summary: str
    permissions: tuple[Permission, ...] = ()
    answers: Mapping[int, str | None] = field(default_factory=dict)
    """Status → name of the schema in `desk.schemas`, or a media type, or None for no body."""
    body: str | None = None
    """Name of the body's schema, for JSON."""
    media: tuple[str, ...] = ("application/json",)
    """What kinds of body are taken."""
    query: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """Query parameters with their JSON Schema."""
    key: bool = False
    """Whether the header `Idempotency-Key` must be there."""
    refusals: tuple[str, ...] = ()
    """Slugs of the refusals that are its own, beside those that any route may give."""
    is_open: bool = False
    """Whether a page is shown to people who are not signed in."""
    limit: int | None = None
    """The longest body in bytes, when not the setting's."""

    @property
    def pattern(self) -> str:
        """The path as OpenAPI writes it, without the kinds of its parameters."""
        return _PARAMETER.sub(r"{\1}", self.path)

    @property
    def parameters(self) -> dict[str, str]:
        """The path's parameters and their kinds, `int` or `str`."""
        return {name: kind or "str" for name, kind in _PARAMETER.findall(self.path)}


class Table:
    """The routes, found by method and path."""

    def __init__(self, routes: Iterable[Route]) -> None:
        self.routes: Sequence[Route] = tuple(routes)
        self._compiled = [(_compiled(route.path), route) for route in self.routes]

    def find(self, method: str, path: str) -> tuple[Route, Params]:
        """The route of a raw path (as it came, still encoded). Raises `NotFound`, `WrongMethod`."""
        allowed: list[str] = []
        for pattern, route in self._compiled:
            found = pattern.fullmatch(path)
            if found is None:
                continue
            if route.method == ("GET" if method == "HEAD" else method):
                return route, _read(route, found.groupdict())
            allowed += [route.method, *(["HEAD"] if route.method == "GET" else [])]
        if allowed:
            raise WrongMethod(allowed=", ".join(dict.fromkeys(allowed)))
        raise NotFound

    def knows(self, path: str) -> bool:
        """Whether any method has this path."""
        return any(pattern.fullmatch(path) for pattern, _ in self._compiled)


def _compiled(path: str) -> re.Pattern[str]:
    parts, at = [], 0
    for found in _PARAMETER.finditer(path):
        parts.append(re.escape(path[at : found.start()]))
        form = rf"[0-9]{{1,{_LONGEST_NUMBER}}}" if found[2] == "int" else "[^/]+"
        parts.append(f"(?P<{found[1]}>{form})")
        at = found.end()
    return re.compile("".join([*parts, re.escape(path[at:])]))


def _read(route: Route, found: Mapping[str, str]) -> Params:
    kinds = route.parameters
    return {
        name: int(value) if kinds[name] == "int" else unquote(value)
        for name, value in found.items()
    }
