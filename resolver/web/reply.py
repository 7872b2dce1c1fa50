"""Answers in HTTP: one place that says which headers every answer carries."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import orjson
from aiohttp import web

from resolver.pages.assets import POLICY
from resolver.pages.fragment import Piece, compressed, plain
from resolver.web.asking import takes_gzip

_ALWAYS: Final = {
    "Server": "veritem",
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
_PAGE: Final = _ALWAYS | {
    "Content-Type": "text/html; charset=utf-8",
    "Content-Security-Policy": POLICY,
    "Permissions-Policy": "geolocation=(self), camera=(), microphone=()",
    "Vary": "Accept, Accept-Language, Accept-Encoding",
}
_PAGE_GZIP: Final = _PAGE | {"Content-Encoding": "gzip"}
_JSON: Final = _ALWAYS | {
    "Content-Type": "application/json",
    "Vary": "Accept, Accept-Language",
}
_PROBLEM: Final = _JSON | {"Content-Type": "application/problem+json"}
_NONE: Final[Mapping[str, str]] = {}


def page(
    request: web.BaseRequest,
    pieces: Sequence[Piece],
    status: int = 200,
    headers: Mapping[str, str] = _NONE,
) -> web.Response:
    """A page, compressed where the client takes that."""
    if takes_gzip(request):
        return web.Response(
            body=compressed(pieces), status=status, headers={**_PAGE_GZIP, **headers}
        )
    return web.Response(body=plain(pieces), status=status, headers={**_PAGE, **headers})


def document(
    value: Any,
    status: int = 200,
    headers: Mapping[str, str] = _NONE,
    *,
    problem: bool = False,
) -> web.Response:
    """A JSON document."""
    kind = _PROBLEM if problem else _JSON
    return web.Response(body=orjson.dumps(value), status=status, headers={**kind, **headers})


def plain_text(value: str, headers: Mapping[str, str] = _NONE) -> web.Response:
    """A short text for machines."""
    kind = {"Content-Type": "text/plain; charset=utf-8"}
    return web.Response(body=value.encode(), headers={**_ALWAYS, **kind, **headers})
