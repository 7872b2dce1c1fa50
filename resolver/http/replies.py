"""Answers in HTTP: one place that says which headers every answer carries."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import orjson

from resolver.http.negotiation import takes_gzip
from resolver.http.request import Request
from resolver.http.response import HeaderBlock, Response
from resolver.pages.assets import POLICY
from resolver.pages.fragment import Piece, compressed, plain

_ALWAYS: Final = {
    "Server": "veritem",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
_SECRET: Final = {"Cache-Control": "no-store"}
_LASTING: Final = {"Cache-Control": "public, max-age=3600"}
_PAGE: Final = {
    **_ALWAYS,
    **_SECRET,
    "Content-Type": "text/html; charset=utf-8",
    "Content-Security-Policy": POLICY,
    "Permissions-Policy": "geolocation=(self), camera=(), microphone=()",
    "Vary": "Accept, Accept-Language, Accept-Encoding",
}
_JSON: Final = {**_ALWAYS, **_SECRET, "Vary": "Accept, Accept-Language"}

_PAGE_HEAD: Final = HeaderBlock(_PAGE)
_PAGE_GZIP_HEAD: Final = HeaderBlock({**_PAGE, "Content-Encoding": "gzip"})
_JSON_HEAD: Final = HeaderBlock({**_JSON, "Content-Type": "application/json"})
_PROBLEM_HEAD: Final = HeaderBlock({**_JSON, "Content-Type": "application/problem+json"})


def page(
    request: Request,
    pieces: Sequence[Piece],
    status: int = 200,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """A page, compressed where the client takes that."""
    if takes_gzip(request):
        return _PAGE_GZIP_HEAD.whole(compressed(pieces), status, headers)
    return _PAGE_HEAD.whole(plain(pieces), status, headers)


def document(value: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """A JSON document."""
    return _JSON_HEAD.whole(orjson.dumps(value), status, headers)


def problem(value: Any, status: int, headers: Mapping[str, str] | None = None) -> Response:
    """A problem document (RFC 9457)."""
    return _PROBLEM_HEAD.whole(orjson.dumps(value), status, headers)


def sent_on(where: str) -> Response:
    """To another address of ours, to be fetched with GET; `where` is a path in ASCII."""
    return HeaderBlock({**_ALWAYS, **_SECRET, "Location": where}).whole(b"", 303)


def lasting(body: bytes, kind: str) -> Response:
    """What is the same for everybody for an hour."""
    return HeaderBlock({**_ALWAYS, **_LASTING, "Content-Type": kind}).whole(body)
