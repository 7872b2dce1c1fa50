"""One Redis server, one connection, many callers (RESP2, pipelined).

Commands that are given within one turn of the event loop leave in one write, and replies are
matched to callers in order; parsing is hiredis'. redis-py's own pipeline costs three times as
much for each operation (ADR 0033). A connection that is lost fails all who wait and is made
anew by itself; one on which a command goes unanswered for `seconds` counts as lost.
"""

import asyncio
from collections import deque
from contextlib import suppress
from typing import Any, Final, cast

import hiredis
import structlog

_RETRY_SECONDS: Final = (0.05, 0.1, 0.25, 0.5, 1.0)
_LOST: Final = "the connection is lost"

_log = structlog.get_logger(__name__)

Word = bytes | str | int


class RedisRefused(Exception):
    """The server answered with an error; `args[0]` is its text, which begins with a code."""


class NotSent(ConnectionError):
    """There was no connection: the server has surely not carried out the command."""


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
        self._link: _Link | None = None
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
            raise NotSent(_LOST)
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

    async def _stay(self) -> None:
        tries = 0
        while not self._closed:
            try:
                async with asyncio.timeout(self._seconds):
                    _, link = await self._loop.create_connection(
                        lambda: _Link(self._loop), self.host, self.port, ssl=self._tls or None
                    )
                    for words in self._prepare:
                        await link.call(words)
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


class _Link(asyncio.Protocol):
    """One connection's life."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._reader = hiredis.Reader(replyError=RedisRefused)
        self._waiting: deque[asyncio.Future[Any]] = deque()
        self._unsent: list[bytes] = []
        self._transport: asyncio.Transport | None = None
        self._lost = asyncio.Event()

    def call(self, words: tuple[Word, ...]) -> "asyncio.Future[Any]":
        future: asyncio.Future[Any] = self._loop.create_future()
        if self._lost.is_set():
            raise NotSent(_LOST)
        self._waiting.append(future)
        if not self._unsent:
            self._loop.call_soon(self._send)
        self._unsent.append(hiredis.pack_command(words))  # type: ignore[arg-type]  # any mix is packed
        return future

    def _send(self) -> None:
        if self._transport is not None:
            self._transport.write(b"".join(self._unsent))
        self._unsent.clear()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports are asyncio's in all but name.
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        reader, waiting = self._reader, self._waiting
        reader.feed(data)
        while True:
            try:
                reply = reader.gets()
            except hiredis.ProtocolError:
                self.abort()
                return
            if reply is False:
                return
            future = waiting.popleft()
            if future.done():
                continue  # the caller went away
            if isinstance(reply, RedisRefused):
                future.set_exception(reply)
            else:
                future.set_result(reply)

    def connection_lost(self, exc: Exception | None) -> None:
        self._lost.set()
        self._transport = None
        while self._waiting:
            future = self._waiting.popleft()
            if not future.done():
                future.set_exception(ConnectionError(_LOST))
                future.exception()  # a caller who went away does not make it an unheard error

    def abort(self) -> None:
        if self._transport is not None:
            self._transport.abort()

    async def watch(self, seconds: float) -> None:
        """Until the connection is lost; one whose oldest command goes unanswered is ended.

        It counts as unanswered when it waits at two looks, half of `seconds` apart: a command that
        was sent just before a look, or while this process itself stood still, is given its time.
        """
        oldest = None
        while not self._lost.is_set():
            with suppress(TimeoutError):
                await asyncio.wait_for(self._lost.wait(), seconds / 2)
            waiting = self._waiting[0] if self._waiting else None
            if waiting is not None and waiting is oldest:
                self.abort()
                await self._lost.wait()
            oldest = waiting
