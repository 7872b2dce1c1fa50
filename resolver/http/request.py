"""An HTTP request as handlers see it: whole, its body included."""

from collections.abc import Mapping
from typing import Final

from stamps.errors import VeritemError


class Request:
    """A request whose head and body have arrived.

    `target` is path and query as sent, without scheme and host. `headers` has the field names in
    lower case; a field that came on several lines has its values joined by commas (RFC 9110, 5.3).
    `remote` is the address of the other side, empty where there is none. `error` says why the body
    could not be read; then `body` is empty. `is_cut` says that the end of the body was discarded.
    """

    __slots__ = ("body", "error", "headers", "is_cut", "keep_alive", "method", "remote", "target")

    def __init__(
        self,
        method: str,
        target: str,
        headers: Mapping[str, str],
        remote: str,
        keep_alive: bool,
    ) -> None:
        self.method: Final = method
        self.target: Final = target
        self.headers: Final = headers
        self.remote: Final = remote
        self.keep_alive = keep_alive
        """Whether the connection takes another request after this one."""
        self.body = b""
        self.error: VeritemError | None = None
        self.is_cut = False
