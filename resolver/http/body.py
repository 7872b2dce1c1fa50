"""The body of the request that a connection reads: bounded, and cut short where it is too much.

A form with a file is longer than other bodies, and slow. Only so many are kept at one time. Of the
others, of longer ones and of those that do not arrive in time the begin is kept: the fields stand
there, before the file.
"""

from typing import Final

from resolver.http.request import Request
from resolver.http.server_context import ServerContext
from web.request_parsing import MULTIPART, parse_media_type

UPLOAD_BYTES: Final = 6 << 20
"""Bytes of a form with a file that are kept."""
MOST_UPLOAD_BYTES: Final = 20 << 20
"""Bytes of a form with a file that are read; what is longer is refused."""
UPLOAD_SECONDS: Final = 60.0
"""Deadline of a form with a file."""


class BodyBuffer:
    """Collects one body after another."""

    def __init__(self, server: ServerContext) -> None:
        self._server = server
        self._pieces: list[bytes] = []
        self._size = 0
        self._kept = server.body_limit
        self._holder: Request | None = None
        """The request for which the connection has an upload slot."""
        self.limit = server.body_limit
        """Bytes of the body that are read."""
        self.is_upload = False

    @property
    def seconds(self) -> float:
        """Time that the body may take."""
        return UPLOAD_SECONDS if self.is_upload else self._server.body_seconds

    def begin(self, request: Request, length: int) -> None:
        """Expect the body of a request; `length` is its announced length, 0 where there is none."""
        server = self._server
        self._pieces, self._size = [], 0
        self.limit = self._kept = server.body_limit
        self.is_upload = False
        if request.method != "POST" or "content-type" not in request.headers:
            return
        path = request.target.partition("?")[0]
        media = parse_media_type(request.headers["content-type"])
        if path != server.upload_path or media != MULTIPART:
            return
        self.is_upload = True
        self.limit = MOST_UPLOAD_BYTES
        if length <= UPLOAD_BYTES and self._holder is None and server.free_upload_slots > 0:
            server.free_upload_slots -= 1
            self._holder = request
            self._kept = UPLOAD_BYTES

    def add(self, request: Request, piece: bytes) -> bool:
        """Take a piece; return whether the body is within its limit."""
        before = self._size
        self._size = before + len(piece)
        if self._size > self.limit:
            return False
        if self._size <= self._kept:
            self._pieces.append(piece)
        else:
            if before < self._kept:
                self._pieces.append(piece[: self._kept - before])
            request.is_cut = True
        return True

    def finish(self, request: Request) -> None:
        """Give the request what was kept."""
        if self._pieces:
            request.body = self._pieces[0] if len(self._pieces) == 1 else b"".join(self._pieces)
            self._pieces = []

    def release(self, request: Request | None = None) -> None:
        """Give the upload slot back: when its request is answered, or, with None, in any case."""
        if self._holder is not None and (request is None or request is self._holder):
            self._holder = None
            self._server.free_upload_slots += 1

    def drop(self) -> None:
        """Forget a body that is refused."""
        self._pieces = []
        self.release()
