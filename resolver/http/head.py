"""The head of an HTTP request: from what httptools has read to a `Request`, or a refusal."""

from collections.abc import Mapping
from typing import Final

from httptools import HttpRequestParser

from resolver.http.request import Request
from resolver.http.response import HeaderBlock, Response
from web.security_headers import NO_STORE, SECURITY_HEADERS

HEAD_LIMIT: Final = 16_384
"""Bytes of a request line with all header fields."""
_FIELD_LIMIT: Final = 100
"""Header fields of a request."""

READ_HEADERS: Final = (
    "accept",
    "accept-encoding",
    "accept-language",
    "authorization",
    "content-encoding",
    "content-length",
    "content-type",
    "cookie",
    "expect",
    "host",
    "idempotency-key",
    "origin",
    "sec-fetch-site",
    "transfer-encoding",
    "user-agent",
)
"""The header fields that the server and the handlers read."""

_TEXT: Final = HeaderBlock(
    {**SECURITY_HEADERS, **NO_STORE, "Content-Type": "text/plain; charset=utf-8"}
)
MALFORMED: Final = _TEXT.respond(b"400: not an HTTP/1.1 request\n", 400)
HEAD_TOO_LARGE: Final = _TEXT.respond(b"431: the header fields are too large\n", 431)
_EXPECTATION_FAILED: Final = _TEXT.respond(b"417: only 100-continue can be expected\n", 417)
_NOT_IMPLEMENTED: Final = _TEXT.respond(b"501: the only transfer coding is chunked\n", 501)
_VERSION: Final = _TEXT.respond(b"505: only HTTP/1.1 and HTTP/1.0\n", 505)


def read_head(
    target: bytes,
    fields: list[tuple[bytes, bytes]],
    parser: HttpRequestParser,
    remote: str,
    names: Mapping[bytes, str],
) -> Request | Response:
    """The request of a head, its body still empty; a response where the head is refused.

    `parser` has just read the head. `names` are the header fields to keep, in lower case, by the
    spellings of most clients.
    """
    size = len(target) + sum(len(name) + len(value) for name, value in fields)
    if size > HEAD_LIMIT or len(fields) > _FIELD_LIMIT:
        return HEAD_TOO_LARGE
    version = parser.get_http_version()
    if version not in ("1.1", "1.0"):
        return _VERSION
    is_current = version == "1.1"
    headers: dict[str, str] = {}
    for raw, value in fields:
        name = names.get(raw) or names.get(raw.lower())
        if name is None:
            continue
        text = value.decode("latin-1").strip(" \t")
        if name in headers:
            if name == "host":
                return MALFORMED
            separator = "; " if name == "cookie" else ", "
            text = f"{headers[name]}{separator}{text}"
        headers[name] = text
    if is_current:
        if "host" not in headers:
            return MALFORMED
        if headers.get("expect", "100-continue").lower() != "100-continue":
            return _EXPECTATION_FAILED
        if headers.get("transfer-encoding", "chunked").lower() != "chunked":
            return _NOT_IMPLEMENTED
    else:
        headers.pop("expect", None)
        if "transfer-encoding" in headers:
            return MALFORMED
    upgrades = parser.should_upgrade()
    if upgrades and has_body(headers):
        return MALFORMED  # httptools skips the body of such a request
    return Request(
        parser.get_method().decode("ascii"),
        _origin_form(target),
        headers,
        remote,
        is_current and parser.should_keep_alive() and not upgrades,
    )


def has_body(headers: Mapping[str, str]) -> bool:
    """Whether a body follows the head (RFC 9112, 6)."""
    return "transfer-encoding" in headers or headers.get("content-length", "0") != "0"


def _origin_form(target: bytes) -> str:
    """The path and query of a target; of an absolute one (RFC 9112, 3.2.2) without its authority.

    >>> _origin_form(b"/S/X?a=b#c"), _origin_form(b"HTTP://V.VN/S/X"), _origin_form(b"http://v.vn?a")
    ('/S/X?a=b', '/S/X', '/?a')
    """
    text = target.decode("utf-8", "replace")
    if "#" in text:
        text = text.partition("#")[0]
    if not text.startswith("/") and text[:8].lower().startswith(("http://", "https://")):
        rest = text.partition("://")[2]
        cut = min((at for at in (rest.find("/"), rest.find("?")) if at >= 0), default=len(rest))
        text = rest[cut:] if rest[cut : cut + 1] == "/" else f"/{rest[cut:]}"
    return text
