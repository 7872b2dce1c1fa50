"""A connection of ours: plain requests read by us, all else by aiohttp, and one task that answers.

aiohttp's own connection wakes its task for every request, which makes another task for the answer,
waits for it and winds both up; on Python 3.11 that is half of what a small answer costs. Here the
connection's task answers by itself, one request after another (ADR 0042). As long as a client sends
whole plain requests, they are read by `resolver.http.parser`; from the first that is not, aiohttp's
parser has the connection to its end (ADR 0049), so it never lacks a part of what was sent.
Holding back a client that sends too much, closing idle connections and ending in order
stay aiohttp's (`RequestHandler`, whose fields have the underscores).
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, Final

from aiohttp import HttpVersion11, web
from aiohttp.http import RawRequestMessage
from aiohttp.streams import StreamReader
from aiohttp.web_protocol import RequestHandler

from resolver.http.parser import read_plain
from resolver.http.request import Request
from resolver.http.response import HeaderBlock, Response

_LINGER_SECONDS: Final = 2.0
"""How long the rest of a body that nobody wants is read, so that the client hears the answer."""
_HIGH_WATER: Final = 65_536
"""Bytes of answers that wait for a client to read them."""
_MALFORMED: Final = HeaderBlock(
    {"Server": "veritem", "Content-Type": "text/plain; charset=utf-8", "Cache-Control": "no-store"}
).whole(b"400: this is not HTTP\n", 400)


class Listener(web.Server):
    """aiohttp's low-level server with connections of ours; `answers` is who answers requests."""

    def __init__(self, answers: Callable[[Request], Awaitable[Response]], **limits: Any) -> None:
        # aiohttp would call it with a request of its own: our connections never let it.
        super().__init__(answers, **limits)  # type: ignore[arg-type]
        self.answers = answers

    def __call__(self) -> RequestHandler:
        """A connection for a client that has just come."""
        return Connection(self, loop=self._loop, **self._kwargs)


class Connection(RequestHandler):
    """One client's connection."""

    __slots__ = ("_answers", "_plain", "_remote")

    def __init__(self, listener: Listener, **limits: Any) -> None:
        super().__init__(listener, **limits)
        self._answers = listener.answers
        self._plain = True
        self._remote = ""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """See asyncio."""
        super().connection_made(transport)
        peer = transport.get_extra_info("peername")  # a path or nothing, where it is no network's
        self._remote = peer[0] if isinstance(peer, tuple) else ""

    def data_received(self, data: bytes) -> None:
        """See asyncio."""
        if self._plain and data and not (self._force_close or self._close):
            request = read_plain(data, self._remote)
            if request is not None:
                self._queue(request)
                return
            self._plain = False
        super().data_received(data)

    def _queue(self, request: Request) -> None:
        """Let a plain request wait for its turn, as `RequestHandler` does with those it parsed."""
        self._messages.append((request, None))  # type: ignore[arg-type]  # ours has its body
        waiter = self._waiter
        if waiter is not None and not waiter.done():
            waiter.set_result(None)
        if not self._buffer_paused and len(self._messages) >= self._max_msg_queue_size:
            self._pause_reading_for_buffer()

    async def start(self) -> None:
        """Answer the client's requests in their order, until one of us closes."""
        messages, stays = self._messages, True
        while stays and not (self._force_close or self._close):
            if not messages:
                self._waiter = self._loop.create_future()
                try:
                    await self._waiter
                finally:
                    self._waiter = None
            message, payload = messages.popleft()
            self._make_room(parsed=payload is not None)
            if payload is None:
                stays = await self._answer(message)
            elif isinstance(message, RawRequestMessage):
                stays = await self._answer(self._request(message, payload))
                stays = stays and (payload.is_eof() or await _rest_of(payload))
            else:
                stays = False
                self._refuse()
        if self.transport is not None:
            self.transport.close()

    def _request(self, message: RawRequestMessage, payload: StreamReader) -> Request:
        """What aiohttp's parser has read."""
        whole = payload.is_eof() and payload.exception() is None
        return Request(
            message.method,
            message.path,
            message.headers,
            self._remote,
            payload.read_nowait() if whole else payload,
            not (message.should_close or self._upgraded) and message.version == HttpVersion11,
        )

    async def _answer(self, request: Request) -> bool:
        """Answer a request; whether another may follow."""
        # A connection is idle so long after its last request came.
        closing = self._next_keepalive_close_time = self._loop.time() + self._keepalive_timeout
        if self._keepalive_handle is None:  # it went off while an answer was under way
            self._keepalive_handle = self._loop.call_at(closing, self._process_keepalive)
        self._request_in_progress = True
        try:
            answer = await self._answers(request)
            if self.transport is None:
                return False  # the client went away
            stays = request.stays
            self.transport.write(answer.encode(closes=not stays, bodiless=request.method == "HEAD"))
            if self.transport.get_write_buffer_size() > _HIGH_WATER:
                await self._drain_helper()  # a client that does not read makes us wait
        except ConnectionError:
            return False
        finally:
            self._request_in_progress = False
            if self._handler_waiter is not None:  # `shutdown` waits for us
                self._handler_waiter.set_result(None)
        return request.stays

    def _refuse(self) -> None:
        """What was sent is no request: say so, and close."""
        if self.transport is not None:
            self.transport.write(_MALFORMED.encode(closes=True))

    def _make_room(self, *, parsed: bool) -> None:
        """Let the client, and the parser, go on where too many requests were waiting."""
        if parsed and self._parser is not None:
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
