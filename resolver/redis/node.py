"""One Redis server with one connection that all callers share (RESP2, pipelined).

A lost connection fails all waiting commands and is reconnected in the background. A connection on
which a command is not answered within `seconds` counts as lost.
"""

import asyncio
from contextlib import suppress
from typing import Any, Final, cast

import structlog

from resolver.redis.connection import LOST, RedisConnection, Word
from resolver.redis.errors import NotSent, RedisRefused

_RETRY_SECONDS: Final[tuple[float, ...]] = (0.05, 0.1, 0.25, 0.5, 1.0)

_log = structlog.get_logger(__name__)


class RedisNode:
    """A server at `host:port`. `setup` commands are sent first on every new connection."""

    def __init__(
        self,
        host: str,
        port: int,
        *,
        setup: tuple[tuple[Word, ...], ...] = (),
        seconds: float = 2.0,
        tls: bool = False,
    ) -> None:
        self.host, self.port = host, port
        self._setup = setup
        self._seconds = seconds
        self._tls = tls
        self._loop = asyncio.get_running_loop()
        self._connection: RedisConnection | None = None
        self._closed = False
        self._connector: asyncio.Task[None] | None = None
        self._first = asyncio.Event()

    @property
    def connected(self) -> bool:
        """Whether a command would be sent now."""
        return self._connection is not None

    def start(self) -> None:
        """Connect, and stay connected until `close`."""
        if self._connector is None:
            self._connector = asyncio.create_task(self._keep_connected(), name=f"redis {self.port}")

    async def ready(self) -> None:
        """Wait for the first connection. Raises ConnectionError after `seconds`."""
        self.start()
        try:
            await asyncio.wait_for(self._first.wait(), self._seconds)
        except TimeoutError:
            raise ConnectionError(f"no Redis at {self.host}:{self.port}") from None

    def call(self, *words: Word) -> "asyncio.Future[Any]":
        """Send a command; the future is its reply. Raises `NotSent` at once when not connected.

        The future fails with `RedisRefused` for an error reply, ConnectionError for a lost
        connection (the command may have been carried out).
        """
        connection = self._connection
        if connection is None:
            raise NotSent(LOST)
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
        """A new connection, setupd. Raises OSError, TimeoutError, `RedisRefused`."""
        connection = RedisConnection(self._loop)
        async with asyncio.timeout(self._seconds):
            await self._loop.create_connection(
                lambda: cast(asyncio.Protocol, connection),
                self.host,
                self.port,
                ssl=self._tls or None,
            )
            for words in self._setup:
                await connection.call(words)
        return connection

    async def _keep_connected(self) -> None:
        tries = 0
        while not self._closed:
            try:
                connection = await self._connect()
            except (OSError, TimeoutError, RedisRefused) as error:
                if tries == 0:
                    _log.warning("redis can not be reached", port=self.port, why=str(error))
                await asyncio.sleep(_RETRY_SECONDS[min(tries, len(_RETRY_SECONDS) - 1)])
                tries += 1
                continue
            tries = 0
            self._connection = connection
            self._first.set()
            await connection.watch(self._seconds)
            self._connection = None
            if not self._closed:
                _log.warning("redis connection lost", port=self.port)
