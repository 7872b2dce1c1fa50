"""Objects that the connections of one HTTP server share; `resolver.http.server` makes them."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import Final

from resolver.http.head import READ_HEADERS
from resolver.http.request import Request
from resolver.http.response import DateField, Response
from web.connection_guard import ConnectionGuard


class ServerContext:
    """Objects that the connections of one server share. Only the server changes `is_draining`.

    `respond` answers a request and raises nothing. `read_headers` are header fields that handlers
    read beside the usual ones. Forms with files are sent to `upload_path`; `upload_slots` of them
    are kept at one time.
    """

    def __init__(
        self,
        respond: Callable[[Request], Awaitable[Response]],
        guard: ConnectionGuard,
        *,
        body_limit: int,
        body_seconds: float,
        read_headers: Iterable[str] = (),
        upload_path: str = "",
        upload_slots: int = 0,
    ) -> None:
        self.respond: Final = respond
        self.guard: Final = guard
        self.body_limit: Final = body_limit
        self.body_seconds: Final = body_seconds
        self.upload_path: Final = upload_path
        self.free_upload_slots = upload_slots
        """Only connections change it: each takes one for a form with a file, and gives it back."""
        self.date: Final = DateField()
        self.is_draining = False
        self.tasks: Final[set[asyncio.Task[None]]] = set()
        """The tasks of all connections; a request whose client has left is still finished."""
        self.field_names: Final[dict[bytes, str]] = {}
        """The names of the header fields that are read, as most clients spell them."""
        for name in (*READ_HEADERS, *read_headers):
            self.field_names[name.encode()] = name
            self.field_names[name.title().encode()] = name
