"""An answer that is ready before it is sent: head and body as bytes, written at once.

aiohttp's own response keeps its headers in a multidict and serialises them for each answer; ours
are the same for every page but for two lines. What is kept of aiohttp's is its parser, its
connection handling and its flow control (ADR 0035).
"""

from collections.abc import Mapping
from email.utils import formatdate
from http import HTTPStatus
from time import time
from typing import Final

from aiohttp import HttpVersion11, web
from aiohttp.abc import AbstractStreamWriter

_HIGH_WATER: Final = 65_536
_STATUS: Final = {s.value: f"HTTP/1.1 {s.value} {s.phrase}\r\n".encode() for s in HTTPStatus}


class Head:
    """The headers that all answers of one kind share, made into bytes once."""

    __slots__ = ("_lines",)

    def __init__(self, headers: Mapping[str, str]) -> None:
        self._lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items()).encode()

    def whole(
        self, body: bytes, status: int = 200, more: Mapping[str, str] | None = None
    ) -> "Whole":
        """An answer with this head; `more` are headers of its own."""
        own = b""
        if more:
            own = "".join(f"{name}: {value}\r\n" for name, value in more.items()).encode("latin-1")
        return Whole(status, self._lines + own if own else self._lines, body)


class Whole(web.StreamResponse):
    """Goes out in one write. It can not be changed, and is sent once."""

    def __init__(self, status: int, head: bytes, body: bytes) -> None:
        # Deliberately not aiohttp's: nothing of its state is used by `prepare` and `write_eof`.
        self._status = status
        self._head = head
        self._whole = body
        self._keep_alive = True

    async def prepare(self, request: web.BaseRequest) -> AbstractStreamWriter | None:
        """Write the answer; a client that does not read makes us wait."""
        transport = request.transport
        if transport is None:
            raise ConnectionResetError("the client went away")
        self._keep_alive = bool(request.keep_alive) and request.version == HttpVersion11
        transport.write(
            self.as_sent(closes=not self._keep_alive, bodiless=request.method == "HEAD")
        )
        if transport.get_write_buffer_size() > _HIGH_WATER:
            # Flow control has no public name on a request.
            await request.protocol._drain_helper()
        return None

    def as_sent(self, *, closes: bool = False, bodiless: bool = False) -> bytes:
        """Status line, headers and body, as they are sent."""
        lines = b"Content-Length: %d\r\n" % len(self._whole)
        if closes:
            lines += b"Connection: close\r\n"
        body = b"" if bodiless else self._whole
        return b"".join((_STATUS[self._status], _date(), self._head, lines, b"\r\n", body))

    async def write_eof(self, data: bytes = b"") -> None:
        """Nothing is left to write."""


_dated = (0, b"")


def _date() -> bytes:
    """The Date line of this second (RFC 9110, 6.6.1)."""
    global _dated
    now = int(time())
    if _dated[0] != now:
        _dated = now, f"Date: {formatdate(now, usegmt=True)}\r\n".encode()
    return _dated[1]
