"""Answers in HTTP: one place that says which headers every answer carries."""

from collections.abc import Mapping
from typing import Any, Final

import orjson
from aiohttp import web

ALWAYS: Final = {
    "Server": "veritem",
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
_NONE: Final[Mapping[str, str]] = {}


def document(
    value: Any,
    status: int = 200,
    headers: Mapping[str, str] = _NONE,
    kind: str = "application/json",
) -> web.Response:
    """A JSON document."""
    told = {**ALWAYS, "Content-Type": kind, "Vary": "Accept-Language", **headers}
    return web.Response(body=orjson.dumps(value), status=status, headers=told)
