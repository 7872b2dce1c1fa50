"""A connection to a Redis server: commands in, replies out, in order (RESP2).

Commands that are given within one turn of the event loop leave in one write, and replies are
matched to callers in order; parsing is hiredis', packing ours (ADR 0047). redis-py's own pipeline
costs three times as much for each operation (ADR 0033).

>>> packed((b"HGET", "key", 7))
b'*3\\r\\n$4\\r\\nHGET\\r\\n$3\\r\\nkey\\r\\n$1\\r\\n7\\r\\n'
"""

import asyncio
from collections import deque
from contextlib import suppress
from typing import Any, Final, cast

import hiredis

from resolver.redis.errors import NotSent, RedisRefused

LOST: Final = "the connection is lost"

Word = bytes | str | int


class RedisConnection:
    """One connection's life.

    It is an `asyncio.Protocol` in all but its base: a class with that base can not be compiled.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._reader = hiredis.Reader(replyError=RedisRefused)
        self._waiting: deque[asyncio.Future[Any]] = deque()
        self._unsent: list[bytes] = []
        self._transport: asyncio.Transport | None = None
        self._lost = asyncio.Event()

    def call(self, words: tuple[Word, ...]) -> "asyncio.Future[Any]":
        """Send a command with all others of this turn of the loop; the future is its reply."""
        future: asyncio.Future[Any] = self._loop.create_future()
        if self._lost.is_set():
            raise NotSent(LOST)
        self._waiting.append(future)
        if not self._unsent:
            self._loop.call_soon(self._send)
        self._unsent.append(packed(words))
        return future

    def _send(self) -> None:
        if self._transport is not None:
            self._transport.write(b"".join(self._unsent))
        self._unsent.clear()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """See asyncio."""
        # uvloop's transports are asyncio's in all but name.
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        """See asyncio."""
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
        """See asyncio: everybody who waits is told."""
        self._lost.set()
        self._transport = None
        while self._waiting:
            future = self._waiting.popleft()
            if not future.done():
                future.set_exception(ConnectionError(LOST))
                future.exception()  # a caller who went away does not make it an unheard error

    def eof_received(self) -> None:
        """See asyncio: the transport closes itself."""

    def pause_writing(self) -> None:
        """See asyncio: commands are small, and who gives them waits for their replies."""

    def resume_writing(self) -> None:
        """See asyncio."""

    def abort(self) -> None:
        """End the connection."""
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


# Headers of commands and of words, as far as nearly all of them go.
_COMMANDS: Final = tuple(b"*%d" % count for count in range(64))
_WORDS: Final = tuple(b"\r\n$%d\r\n" % size for size in range(1024))


def packed(words: tuple[Word, ...]) -> bytes:
    """A command as RESP writes it; compiled, a third of what hiredis' own packer takes."""
    count = len(words)
    parts = [_COMMANDS[count] if count < 64 else b"*%d" % count]
    for word in words:
        if isinstance(word, str):
            word = word.encode()
        elif isinstance(word, int):
            word = b"%d" % word
        size = len(word)
        parts.append(_WORDS[size] if size < 1024 else b"\r\n$%d\r\n" % size)
        parts.append(word)
    parts.append(b"\r\n")
    return b"".join(parts)
