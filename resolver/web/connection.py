"""A connection of ours: aiohttp's parser, limits and timers, and one task that answers.

aiohttp's own connection wakes its task for every request, which makes another task for the answer,
waits for it and winds both up; on Python 3.11 that is half of what a small answer costs. Here the
connection's task answers by itself, one request after another (ADR 0042). Reading, parsing,
holding back a client that sends too much, closing idle connections and ending in order stay
aiohttp's (`RequestHandler`, whose fields have the underscores).
"""

import asyncio
from typing import Final

from aiohttp import web
from aiohttp.http import RawRequestMessage
from aiohttp.streams import StreamReader
from aiohttp.web_protocol import RequestHandler

from resolver.web.whole import Head

_LINGER_SECONDS: Final = 2.0
"""How long the rest of a body that nobody wants is read, so that the client hears the answer."""
_MALFORMED: Final = Head(
    {"Server": "veritem", "Content-Type": "text/plain; charset=utf-8", "Cache-Control": "no-store"}
).whole(b"400: this is not HTTP\n", 400)


class Listener(web.Server):
    """aiohttp's low-level server with connections of ours."""

    def __call__(self) -> RequestHandler:
        """A connection for a client that has just come."""
        return Connection(self, loop=self._loop, **self._kwargs)


class Connection(RequestHandler):
    """One client's connection."""

    __slots__ = ()

    async def start(self) -> None:
        """Answer the client's requests in their order, until one of us closes."""
        stays = True
        while stays and not (self._force_close or self._close):
            if not self._messages:
                self._waiter = self._loop.create_future()
                try:
                    await self._waiter
                finally:
                    self._waiter = None
            message, payload = self._messages.popleft()
            self._make_room()
            if isinstance(message, RawRequestMessage):
                stays = await self._answer(message, payload)
            else:
                stays = False
                self._refuse()
        if self.transport is not None:
            self.transport.close()

    async def _answer(self, message: RawRequestMessage, payload: StreamReader) -> bool:
        """Answer a request; whether another may follow."""
        # A connection is idle so long after its last request came.
        closing = self._next_keepalive_close_time = self._loop.time() + self._keepalive_timeout
        if self._keepalive_handle is None:  # it went off while an answer was under way
            self._keepalive_handle = self._loop.call_at(closing, self._process_keepalive)
        self._request_in_progress = True
        try:
            request = web.BaseRequest(message, payload, self, None, self._task_handler, self._loop)  # type: ignore[arg-type]  # nobody asks for the writer
            answer = await self._request_handler(request)  # type: ignore[misc]  # it is not lost yet
            await answer.prepare(request)
            whole = payload.is_eof() or await _rest_of(payload)
        except ConnectionError:
            return False  # the client went away
        finally:
            self._request_in_progress = False
            if self._handler_waiter is not None:  # `shutdown` waits for us
                self._handler_waiter.set_result(None)
        return whole and bool(answer.keep_alive) and not self._upgraded

    def _refuse(self) -> None:
        """What was sent is no request: say so, and close."""
        if self.transport is not None:
            self.transport.write(_MALFORMED.as_sent(closes=True))

    def _make_room(self) -> None:
        """Let the parser go on where it stopped for too many requests waiting."""
        if self._parser is not None:
            self._parser.message_consumed()
        if self._buffer_paused and len(self._messages) <= self._msg_queue_resume_size:
            self._resume_reading_if_drained()

    def resume_reading(self, resume_parser: bool = True) -> None:
        """See aiohttp, which parses anew after each piece of a body that was read."""
        if self._reading_paused:
            super().resume_reading(resume_parser)


async def _rest_of(payload: StreamReader) -> bool:
    """Read a body to its end and throw it away; whether the end came in time."""
    try:
        async with asyncio.timeout(_LINGER_SECONDS):
            while not payload.is_eof():
                await payload.readany()
    except (TimeoutError, web.RequestPayloadError, ValueError):
        return False
    return True
