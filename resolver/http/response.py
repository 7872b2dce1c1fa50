"""An HTTP response as bytes: header fields of one kind are encoded once, and each is one write.

>>> page = HeaderBlock({"Server": "veritem"}).respond(b"hello", 404, {"Vary": "Accept"})
>>> page.encode(b"Date: now\\r\\n", closes=True, has_body=False).decode().splitlines()
['HTTP/1.1 404 Not Found', 'Date: now', 'Server: veritem', 'Vary: Accept', 'Content-Length: 5', \
'Connection: close', '']
"""

from collections.abc import Mapping
from email.utils import formatdate
from http import HTTPStatus
from time import time
from typing import Final

_STATUS_LINES: Final = {
    status.value: f"HTTP/1.1 {status.value} {status.phrase}\r\n".encode() for status in HTTPStatus
}


class Response:
    """A response that is ready to be sent."""

    __slots__ = ("_body", "_fields", "_status")

    def __init__(self, status: int, fields: bytes, body: bytes) -> None:
        self._status = status
        self._fields = fields
        self._body = body

    def encode(self, date: bytes, *, closes: bool = False, has_body: bool = True) -> bytes:
        """Status line, `date` (a header line), header fields and body.

        `closes` announces the end of the connection. Without `has_body` the body is left out, as
        for HEAD; Content-Length stays.
        """
        length = b"Content-Length: %d\r\n" % len(self._body)
        if closes:
            length += b"Connection: close\r\n"
        body = self._body if has_body else b""
        return b"".join((_STATUS_LINES[self._status], date, self._fields, length, b"\r\n", body))


class HeaderBlock:
    """The header fields that all responses of one kind share, encoded once."""

    __slots__ = ("_lines",)

    def __init__(self, headers: Mapping[str, str]) -> None:
        self._lines = _encode_fields(headers)

    def respond(
        self, body: bytes, status: int = 200, headers: Mapping[str, str] | None = None
    ) -> Response:
        """A response with these header fields; `headers` are its own, beside them."""
        fields = self._lines + _encode_fields(headers) if headers else self._lines
        return Response(status, fields, body)


class DateField:
    """The Date header line (RFC 9110, 6.6.1), made once a second."""

    __slots__ = ("_line", "_second")

    def __init__(self) -> None:
        self._second = 0
        self._line = b""

    def line(self) -> bytes:
        """The line for now."""
        second = int(time())
        if second != self._second:
            self._second = second
            self._line = f"Date: {formatdate(second, usegmt=True)}\r\n".encode()
        return self._line


def _encode_fields(headers: Mapping[str, str]) -> bytes:
    return "".join(f"{name}: {value}\r\n" for name, value in headers.items()).encode("latin-1")
