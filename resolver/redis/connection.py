"""A connection to a Redis server: commands in, replies out, in order (RESP2).

Commands of one turn of the event loop leave in one write. hiredis parses replies; packing is ours,
which takes a third of the time when compiled (ADR 0035).

>>> pack_command((b"HGET", "key", 7))
b'*3\\r\\n$4\\r\\nHGET\\r\\n$3\\r\\nkey\\r\\n$1\\r\\n7\\r\\n'
"""

import asyncio
from collections import deque
from contextlib import suppress
from typing import Any, Final, cast

import hiredis

from resolver.redis.errors import REACTIONS, NotRun, Reaction, RedisRefused, UnfitServer

LOST: Final = "the connection is lost"

# Attributes of an enum class are slow to read (Python 3.11).
_RECONNECT: Final = Reaction.RECONNECT

Word = bytes | str | int


class RedisConnection:
    """One connection; implements `asyncio.Protocol`, a base class that mypyc cannot compile."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._reader = hiredis.Reader(replyError=RedisRefused)
        self._waiting: deque[asyncio.Future[Any]] = deque()
        self._unsent: list[bytes] = []
        self._transport: asyncio.Transport | None = None
        self._lost = asyncio.Event()
        self.refusal = ""
        """The error reply for which the connection was given up; empty if it was not."""

    @property
    def is_open(self) -> bool:
        """Whether the connection takes commands."""
        return not self.refusal and not self._lost.is_set()

    def call(self, words: tuple[Word, ...]) -> "asyncio.Future[Any]":
        """Send a command with all others of this loop turn; the future is its reply."""
        future: asyncio.Future[Any] = self._loop.create_future()
        if not self.is_open:
            raise NotRun(self.refusal or LOST)
        self._waiting.append(future)
        if not self._unsent:
            self._loop.call_soon(self._send)
        self._unsent.append(pack_command(words))
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
                break
            future = waiting.popleft()
            if isinstance(reply, RedisRefused):
                self._handle_refusal(future, reply)
            elif not future.done():  # else the caller was cancelled
                future.set_result(reply)
        # Commands that were sent before the refusal get their replies: no outcome stays unknown.
        if self.refusal and not waiting:
            self.abort()

    def _handle_refusal(self, future: "asyncio.Future[Any]", refusal: RedisRefused) -> None:
        error: Exception = refusal
        if REACTIONS.get(refusal.code) is _RECONNECT:
            self.refusal = str(refusal)
            error = UnfitServer(self.refusal)
        if not future.done():
            future.set_exception(error)

    def connection_lost(self, exc: Exception | None) -> None:
        """See asyncio: all waiting commands fail."""
        self._lost.set()
        self._transport = None
        while self._waiting:
            future = self._waiting.popleft()
            if not future.done():
                future.set_exception(ConnectionError(LOST))
                future.exception()  # marks it as retrieved: the caller may have been cancelled

    def eof_received(self) -> None:
        """See asyncio: the transport closes itself."""

    def pause_writing(self) -> None:
        """See asyncio: commands are small, and their callers wait for the replies."""

    def resume_writing(self) -> None:
        """See asyncio."""

    def abort(self) -> None:
        """Close the connection at once."""
        if self._transport is not None:
            self._transport.abort()

    async def watch(self, seconds: float) -> None:
        """Return when the connection is lost; abort it when a command is not answered.

        Every `seconds / 2` the oldest waiting command is compared with the one before. So a command
        that was sent just before a check, or while this process was stopped, has its time.
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


# Prefixes of nearly all commands and words.
_COMMANDS: Final = tuple(b"*%d" % count for count in range(64))
_WORDS: Final = tuple(b"\r\n$%d\r\n" % size for size in range(1024))


def pack_command(words: tuple[Word, ...]) -> bytes:
    """Encode a command in RESP."""
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
