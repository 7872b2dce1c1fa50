"""A connection that answers a whole request by itself, and leaves everything else to aiohttp.

aiohttp wakes a task of the connection's for every request, which makes another task for the
answer, waits for it and winds both up: on Python 3.11 half of what a small answer costs. Nearly
all requests need none of it: one request, whole, on a connection that stays open. Those are
answered by one task of ours, which lives as long as the connection. Bodies still on their way,
pipelines, malformed requests, HTTP/1.0, closing and upgrading stay aiohttp's; parser and limits
are its own for all of them (ADR 0036).
"""

import asyncio

from aiohttp import HttpVersion11, web
from aiohttp.http import RawRequestMessage
from aiohttp.streams import StreamReader
from aiohttp.web_protocol import RequestHandler


class Listener(web.Server):
    """aiohttp's low-level server with connections of ours."""

    def __call__(self) -> RequestHandler:
        """A connection for a client that has just come."""
        return Connection(self, loop=self._loop, **self._kwargs)


_Request = tuple[RawRequestMessage, StreamReader]


class Connection(RequestHandler):
    """One client's connection. Names with an underscore are aiohttp's own but for those below."""

    __slots__ = ("_call", "_ours", "_whole")

    _ours: asyncio.Task[None] | None
    """Answers whole requests; None before the first."""
    _call: "asyncio.Future[_Request]"
    """What `_ours` waits for; resolved while it is at work."""
    _whole: bool
    """Whether `_ours` is at work: then nobody else is given a request."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """See asyncio.Protocol."""
        self._ours = None
        self._whole = False
        super().connection_made(transport)

    def connection_lost(self, exc: BaseException | None) -> None:
        """See asyncio.Protocol. What is being answered is finished: a scan may hang on it."""
        super().connection_lost(exc)
        if self._ours is not None and not self._whole:
            self._ours.cancel()

    def data_received(self, data: bytes) -> None:
        """See asyncio.Protocol. aiohttp parses, and finds nobody to wake."""
        waiter, self._waiter = self._waiter, None
        super().data_received(data)
        self._waiter = waiter
        self._next()

    def resume_reading(self, resume_parser: bool = True) -> None:
        """See aiohttp, which parses anew after each piece of a body that was read."""
        if self._reading_paused:
            super().resume_reading(resume_parser)

    def _next(self) -> None:
        """Give the next request to whom it belongs, if nobody is at work."""
        waiter = self._waiter
        if not self._messages or waiter is None or waiter.done() or self._whole:
            return
        message, payload = self._messages[0]
        if (
            len(self._messages) == 1
            and type(message) is RawRequestMessage
            and payload.is_eof()
            and message.version == HttpVersion11
            and not (message.should_close or message.upgrade or self._buffer_paused)
        ):
            self._messages.clear()
            self._parser.message_consumed()  # type: ignore[union-attr]  # it is not lost yet
            self._whole = True
            if self._ours is None:
                self._call = self._loop.create_future()
                self._ours = self._loop.create_task(self._answer_all())
            self._call.set_result((message, payload))
        else:
            waiter.set_result(None)

    async def _answer_all(self) -> None:
        try:
            while self.transport is not None:
                await self._answer(*await self._call)
                self._call = self._loop.create_future()
                self._whole = False
                self._next()
        finally:
            self.force_close()

    async def _answer(self, message: RawRequestMessage, payload: StreamReader) -> None:
        # A connection is idle so long after its last request came; no answer takes longer.
        self._next_keepalive_close_time = self._loop.time() + self._keepalive_timeout
        self._request_in_progress = True
        try:
            request = web.BaseRequest(message, payload, self, None, self._ours, self._loop)  # type: ignore[arg-type]  # the writer is not asked for
            answer = await self._request_handler(request)  # type: ignore[misc]
            await answer.prepare(request)
        except ConnectionError:
            pass  # the client went away
        finally:
            self._request_in_progress = False
            if self._handler_waiter is not None:  # `shutdown` waits for us
                self._handler_waiter.set_result(None)
        if self._close and self.transport is not None:
            self.transport.close()
