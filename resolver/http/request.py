"""One request, as those who answer it see it, however it was read off its connection."""

from collections.abc import Mapping

from aiohttp.streams import StreamReader


class Request:
    """A request. `remote` is the address on the other side, empty where it has none.

    `headers` is asked by names in lower case; of one that came twice it has the first. `body` is
    bytes where they came with the head, else the stream by which they come.
    """

    __slots__ = ("body", "headers", "method", "remote", "stays", "target")

    def __init__(
        self,
        method: str,
        target: str,
        headers: Mapping[str, str],
        remote: str,
        body: bytes | StreamReader,
        stays: bool,
    ) -> None:
        self.method = method
        self.target = target
        """Path and query as they were sent."""
        self.headers = headers
        self.remote = remote
        self.body = body
        self.stays = stays
        """Whether the connection may be used again."""
