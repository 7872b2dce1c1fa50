"""The plain request: whole, in one piece, and of a form that leaves nothing to interpret.

Nearly all requests come like that: one `GET`, `HEAD` or `POST` that fills what was received to its
last byte, with headers that are known, each once. They are read here, in compiled code, at a third
of what the general parser takes. This is not a second parser of HTTP: it refuses nothing, and reads
no request but those of which RFC 9112 allows one reading only. Whatever is not plain, from a
tabulator to `Transfer-Encoding`, is left to aiohttp's parser, which has HTTP's law to keep
(`resolver.http.server`, ADR 0049). `tests/resolver/test_plain.py` holds them against each other.

Most lines of a head are alike from phone to phone, and what was read of those is kept; what tells
one client from another (a cookie, an address, a key) is not.

>>> asked = read_plain(b"GET /S/CODE HTTP/1.1\\r\\nHost: v.vn\\r\\nAccept: */*\\r\\n\\r\\n", "::1")
>>> asked.method, asked.target, asked.headers["accept"], asked.body
('GET', '/S/CODE', '*/*', b'')
>>> read_plain(b"GET /S/CODE HTTP/1.1\\r\\nHost : v.vn\\r\\n\\r\\n", "::1") is None
True
"""

from typing import Final

from resolver.http.request import Request

LONGEST_PLAIN: Final = 8_000
"""Bytes of a plain request: below every limit that the general parser knows."""

_KEPT_LINES: Final = 4_096
_LONGEST_KEPT: Final = 256
"""Characters of a line that is kept; with their number this bounds them to some 2 MB."""
_BODILESS: Final = frozenset({"GET", "HEAD"})
_ALIKE: Final = frozenset(
    {
        *("accept", "accept-encoding", "accept-language", "content-type", "user-agent", "host"),
        *("connection", "cache-control", "pragma", "priority", "purpose", "save-data", "dnt"),
        *("sec-fetch-dest", "sec-fetch-mode", "sec-fetch-site", "sec-fetch-user", "sec-gpc"),
        *("sec-ch-ua", "sec-ch-ua-mobile", "sec-ch-ua-platform", "upgrade-insecure-requests"),
        *("x-requested-with", "x-forwarded-host", "x-forwarded-port", "x-forwarded-proto"),
        *("via", "cdn-loop", "cf-ipcountry", "cf-visitor"),
    }
)
_OWN: Final = frozenset(
    {
        *("content-length", "cookie", "origin", "referer", "authorization", "idempotency-key"),
        *("if-none-match", "if-modified-since", "traceparent", "tracestate", "x-request-id"),
        *("x-forwarded-for", "forwarded", "x-real-ip", "cf-connecting-ip", "cf-ray"),
    }
)
"""With those that are alike the headers of a plain request, of which only `connection` and
`content-length` bear on its end."""
_kept: Final[dict[str, tuple[str, str]]] = {}
"""What was read of lines that are alike from phone to phone; begun anew when it is full."""


def read_plain(data: bytes, remote: str) -> Request | None:
    """The request that `data` is from its first byte to its last; None where it is not plain."""
    if len(data) > LONGEST_PLAIN:
        return None
    ends = data.find(b"\r\n\r\n")
    if ends < 0:
        return None
    head, body = data[:ends], data[ends + 4 :]
    if not head.isascii():
        return None
    lines = head.decode("ascii").split("\r\n")
    asked = lines[0]
    parts = asked.split(" ")
    if len(parts) != 3 or parts[2] != "HTTP/1.1" or not asked.isprintable():
        return None
    method, target = parts[0], parts[1]
    if not target.startswith("/") or "#" in target:
        return None
    headers: dict[str, str] = {}
    for at in range(1, len(lines)):
        line = lines[at]
        named = _kept.get(line) or _read_line(line)
        if named is None:
            return None
        headers[named[0]] = named[1]
    if len(headers) != len(lines) - 1 or "host" not in headers:
        return None
    length = headers.get("content-length")
    if method in _BODILESS:
        if body or length is not None:
            return None
    elif method != "POST" or length != str(len(body)):
        return None
    return Request(method, target, headers, remote, body, True)


def _read_line(line: str) -> tuple[str, str] | None:
    """A header's name, in lower case, and its value; None where they are not plain."""
    if not line.isprintable():  # no control character: of ASCII those are the others
        return None
    name, colon, value = line.partition(": ")
    name = name.lower()
    if not colon or not value or value != value.strip():
        return None
    if name == "connection" and value.lower() != "keep-alive":
        return None
    if name in _ALIKE:
        if len(line) <= _LONGEST_KEPT:
            if len(_kept) >= _KEPT_LINES:
                _kept.clear()
            _kept[line] = name, value
    elif name not in _OWN:
        return None
    return name, value
