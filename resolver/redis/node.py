"""One Redis server, one connection, many callers (RESP2, pipelined).

A connection (`resolver.redis.connection`) that is lost fails all who wait and is made anew by itself; one
on which a command goes unanswered for `seconds` counts as lost.
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
    """A server at `host:port`. `prepare` commands are sent first on every new connection."""

    def __init__(
        self,
        host: str,
        port: int,
        *,
        prepare: tuple[tuple[Word, ...], ...] = (),
        seconds: float = 2.0,
        tls: bool = False,
    ) -> None:
        self.host, self.port = host, port
        self._prepare = prepare
        self._seconds = seconds
        self._tls = tls
        self._loop = asyncio.get_running_loop()
        self._link: RedisConnection | None = None
        self._closed = False
        self._connector: asyncio.Task[None] | None = None
        self._first = asyncio.Event()

    @property
    def connected(self) -> bool:
        """Whether a command would be sent now."""
        return self._link is not None

    def start(self) -> None:
        """Connect, and stay connected until `close`."""
        if self._connector is None:
            self._connector = asyncio.create_task(self._stay(), name=f"redis {self.port}")

    async def ready(self) -> None:
        """Wait until it was connected once. Raises ConnectionError where it is not in time."""
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
        link = self._link
        if link is None:
            raise NotSent(LOST)
        return link.call(words)

    async def close(self) -> None:
        """Let go; who waits gets a ConnectionError."""
        self._closed = True
        if self._connector is not None:
            self._connector.cancel()
            with suppress(asyncio.CancelledError):
                await self._connector
        if self._link is not None:
            self._link.abort()

    async def _connected(self) -> RedisConnection:
        """A new connection, prepared. Raises OSError, TimeoutError, `RedisRefused`."""
        link = RedisConnection(self._loop)
        async with asyncio.timeout(self._seconds):
            await self._loop.create_connection(
                lambda: cast(asyncio.Protocol, link), self.host, self.port, ssl=self._tls or None
            )
            for words in self._prepare:
                await link.call(words)
        return link

    async def _stay(self) -> None:
        tries = 0
        while not self._closed:
            try:
                link = await self._connected()
            except (OSError, TimeoutError, RedisRefused) as error:
                if tries == 0:
                    _log.warning("redis not reached", port=self.port, why=str(error))
                await asyncio.sleep(_RETRY_SECONDS[min(tries, len(_RETRY_SECONDS) - 1)])
                tries += 1
                continue
            tries = 0
            self._link = link
            self._first.set()
            await link.watch(self._seconds)
            self._link = None
            if not self._closed:
                _log.warning("redis connection lost", port=self.port)
