"""One Redis server with one connection that all callers share (RESP2, pipelined).

A lost connection fails all waiting commands and is reconnected in the background. A connection on
which a command is not answered within `seconds` counts as lost; so does one to a server that is not
a primary with current data (`errors.REACTIONS`), until it is one again or the name leads to another
server.
"""

import asyncio
from contextlib import suppress
from typing import Any, Final, cast

import structlog

from resolver.redis.connection import LOST, RedisConnection, Word
from resolver.redis.errors import NotRun, RedisRefused

_RETRY_SECONDS: Final[tuple[float, ...]] = (0.05, 0.1, 0.25, 0.5, 1.0)
_STEADY_SECONDS: Final = 5.0
"""Lifetime of a good connection: after one, retries begin with the shortest pause.
A server that accepts connections and refuses commands is not asked in a loop."""
_CHECK: Final[tuple[Word, ...]] = ("EVAL", "#!lua\nreturn 1", 0)
"""A script that may write and does not: Redis refuses it for every reason to refuse writes, on one
server and on nodes of a cluster. Redis before 7 cannot read it and so refuses it for no such
reason; there, the first write finds out."""

_log = structlog.get_logger(__name__)


class RedisNode:
    """A server at `host:port`, or at a Unix `socket`.

    `setup` commands are sent first on every new connection.
    """

    def __init__(
        self,
        host: str,
        port: int,
        *,
        setup: tuple[tuple[Word, ...], ...] = (),
        seconds: float = 2.0,
        tls: bool = False,
        socket: str = "",
    ) -> None:
        self.host, self.port = host, port
        self._setup = setup
        self._seconds = seconds
        self._tls = tls
        self._socket = socket
        self._where = socket or f"{host}:{port}"
        self._loop = asyncio.get_running_loop()
        self._connection: RedisConnection | None = None
        self._closed = False
        self._connector: asyncio.Task[None] | None = None
        self._first = asyncio.Event()
        self._why = LOST
        """Why there is no connection."""

    @property
    def connected(self) -> bool:
        """Whether a command would be sent now."""
        return self._connection is not None and self._connection.is_open

    def start(self) -> None:
        """Connect, and stay connected until `close`."""
        if self._connector is None:
            self._connector = asyncio.create_task(
                self._keep_connected(), name=f"redis {self._where}"
            )

    async def ready(self) -> None:
        """Wait for the first connection. Raises ConnectionError after `seconds`."""
        self.start()
        try:
            await asyncio.wait_for(self._first.wait(), self._seconds)
        except TimeoutError:
            raise ConnectionError(f"no Redis at {self._where}: {self._why}") from None

    def call(self, *words: Word) -> "asyncio.Future[Any]":
        """Send a command; the future is its reply. Raises `NotRun` at once when not connected.

        The future fails with `RedisRefused` for an error reply, ConnectionError for a lost
        connection (the command may have been carried out).
        """
        connection = self._connection
        if connection is None:
            raise NotRun(self._why)
        return connection.call(words)

    async def close(self) -> None:
        """Close the connection; waiting commands fail with ConnectionError."""
        self._closed = True
        if self._connector is not None:
            self._connector.cancel()
            with suppress(asyncio.CancelledError):
                await self._connector
        if self._connection is not None:
            self._connection.abort()

    async def _connect(self) -> RedisConnection:
        """A new connection to a server that takes writes.

        Raises OSError (also `UnfitServer`), TimeoutError, `RedisRefused` (of a `setup` command).
        """
        connection = RedisConnection(self._loop)
        usable = False
        try:
            async with asyncio.timeout(self._seconds):
                await self._open(connection)
                for words in self._setup:
                    await connection.call(words)
                with suppress(RedisRefused):  # for a reason that concerns this command only
                    await connection.call(_CHECK)
            usable = True
        finally:
            if not usable:
                connection.abort()
        return connection

    async def _open(self, connection: RedisConnection) -> None:
        def protocol() -> asyncio.Protocol:
            return cast(asyncio.Protocol, connection)

        if self._socket:
            await self._loop.create_unix_connection(protocol, self._socket)
        else:
            await self._loop.create_connection(
                protocol, self.host, self.port, ssl=self._tls or None
            )

    async def _keep_connected(self) -> None:
        tries = 0
        while not self._closed:
            connection: RedisConnection | None = None
            try:
                connection = await self._connect()
            except (OSError, TimeoutError, RedisRefused) as error:
                self._why = str(error) or "no answer"
            if connection is None:
                if tries == 0:
                    self._warn("redis cannot be used")
                await self._pause(tries)
                tries += 1
                continue
            self._connection = connection
            self._first.set()
            since = self._loop.time()
            await connection.watch(self._seconds)
            self._connection = None
            self._why = connection.refusal or LOST
            if self._loop.time() - since > _STEADY_SECONDS:
                tries = 0
            if self._closed:
                return
            if tries == 0:
                self._warn("redis connection lost")
            if connection.refusal:
                await self._pause(tries)
                tries += 1

    def _warn(self, what: str) -> None:
        _log.warning(what, server=self._where, why=self._why)

    async def _pause(self, tries: int) -> None:
        await asyncio.sleep(_RETRY_SECONDS[min(tries, len(_RETRY_SECONDS) - 1)])
