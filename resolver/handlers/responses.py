"""The kinds of response that the public service gives: page, JSON, problem, redirect, static."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import orjson

from resolver.http.response import HeaderBlock, Response
from resolver.pages.assets import POLICY
from resolver.pages.fragment import Piece, encode_gzip, encode_plain
from web.problems import CONTENT_TYPE as PROBLEM_TYPE
from web.security_headers import NO_STORE, SECURITY_HEADERS

_PAGE_FIELDS: Final = {
    **SECURITY_HEADERS,
    **NO_STORE,
    "Content-Type": "text/html; charset=utf-8",
    "Content-Security-Policy": POLICY,
    "Permissions-Policy": "geolocation=(self), camera=(), microphone=()",
    "Vary": "Accept, Accept-Language, Accept-Encoding",
}
_JSON_FIELDS: Final = {**SECURITY_HEADERS, **NO_STORE, "Vary": "Accept, Accept-Language"}
_STATIC_FIELDS: Final = {**SECURITY_HEADERS, "Cache-Control": "public, max-age=3600"}

_PAGE: Final = HeaderBlock(_PAGE_FIELDS)
_GZIP_PAGE: Final = HeaderBlock({**_PAGE_FIELDS, "Content-Encoding": "gzip"})
_CACHED_PAGE_FIELDS: Final = {**_PAGE_FIELDS, "Cache-Control": "public, max-age=3600"}
_CACHED_PAGE: Final = HeaderBlock(_CACHED_PAGE_FIELDS)
_GZIP_CACHED_PAGE: Final = HeaderBlock({**_CACHED_PAGE_FIELDS, "Content-Encoding": "gzip"})
_JSON: Final = HeaderBlock({**_JSON_FIELDS, "Content-Type": "application/json"})
_PROBLEM: Final = HeaderBlock({**_JSON_FIELDS, "Content-Type": PROBLEM_TYPE})
_REDIRECT: Final = HeaderBlock({**SECURITY_HEADERS, **NO_STORE})
_STATIC: Final = HeaderBlock(_STATIC_FIELDS)


def page_response(
    pieces: Sequence[Piece],
    *,
    gzip: bool,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """A page, compressed where the client accepts `gzip`."""
    if gzip:
        return _GZIP_PAGE.respond(encode_gzip(pieces), status, headers)
    return _PAGE.respond(encode_plain(pieces), status, headers)


def cached_page_response(pieces: Sequence[Piece], *, gzip: bool) -> Response:
    """A page that is the same for everybody for an hour, in the languages of `Vary`."""
    if gzip:
        return _GZIP_CACHED_PAGE.respond(encode_gzip(pieces))
    return _CACHED_PAGE.respond(encode_plain(pieces))


def json_response(
    document: Any, status: int = 200, headers: Mapping[str, str] | None = None
) -> Response:
    """A JSON document."""
    return _JSON.respond(orjson.dumps(document), status, headers)


def problem_response(
    document: Any, status: int, headers: Mapping[str, str] | None = None
) -> Response:
    """A problem document (RFC 9457)."""
    return _PROBLEM.respond(orjson.dumps(document), status, headers)


def redirect_response(path: str, headers: Mapping[str, str] | None = None) -> Response:
    """To another address of this service (an ASCII path), to be fetched with GET."""
    return _REDIRECT.respond(b"", 303, {**(headers or {}), "Location": path})


def static_response(body: bytes, content_type: str) -> Response:
    """A document that is the same for everybody for an hour."""
    return _STATIC.respond(body, 200, {"Content-Type": content_type})
