"""An answer that is ready before it is sent: head and body as bytes, written at once.

aiohttp's own response keeps its headers in a multidict and serialises them for each answer; ours
are the same for every page but for two lines (ADR 0035).
"""

from collections.abc import Mapping
from email.utils import formatdate
from http import HTTPStatus
from time import time
from typing import Final

_STATUS: Final = {s.value: f"HTTP/1.1 {s.value} {s.phrase}\r\n".encode() for s in HTTPStatus}


class HeaderBlock:
    """The headers that all answers of one kind share, made into bytes once."""

    __slots__ = ("_lines",)

    def __init__(self, headers: Mapping[str, str]) -> None:
        self._lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items()).encode()

    def whole(
        self, body: bytes, status: int = 200, more: Mapping[str, str] | None = None
    ) -> "Response":
        """An answer with this head; `more` are headers of its own."""
        own = b""
        if more:
            own = "".join(f"{name}: {value}\r\n" for name, value in more.items()).encode("latin-1")
        return Response(status, self._lines + own if own else self._lines, body)


class Response:
    """An answer as it goes out, in one write."""

    __slots__ = ("_body", "_head", "_status")

    def __init__(self, status: int, head: bytes, body: bytes) -> None:
        self._status = status
        self._head = head
        self._body = body

    def encode(self, *, closes: bool = False, bodiless: bool = False) -> bytes:
        """Status line, headers and body, as they are sent."""
        lines = b"Content-Length: %d\r\n" % len(self._body)
        if closes:
            lines += b"Connection: close\r\n"
        body = b"" if bodiless else self._body
        return b"".join((_STATUS[self._status], _date(), self._head, lines, b"\r\n", body))


_dated = (0, b"")


def _date() -> bytes:
    """The Date line of this second (RFC 9110, 6.6.1)."""
    global _dated
    now = int(time())
    if _dated[0] != now:
        _dated = now, f"Date: {formatdate(now, usegmt=True)}\r\n".encode()
    return _dated[1]
