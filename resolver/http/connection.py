"""One HTTP/1.1 connection of the public service, an asyncio protocol on httptools (llhttp).

Rules that every change keeps:

- Responses leave in the order of their requests (RFC 9112, 9.3.2): requests wait in a queue, and
  the connection's task takes them one by one. When too many wait, nothing more is read.
- A request is answered when it is whole. Its body is bounded (`resolver.http.body`) and is never
  decompressed. Where the body cannot be read, the request is answered with its `error`. A form
  with a file whose end is late or too much is answered without the end (`is_cut`).
- What can be read in two ways is refused: llhttp refuses conflicting lengths, obsolete folding and
  bare line feeds; `resolver.http.head` refuses a missing or repeated Host (RFC 9112, 3.2).
- After a refusal nothing more is parsed. The rest of the input is discarded for a moment, so that
  the client sees the response before the connection is reset.
- Every state of a connection that depends on the client has a deadline (`web.connection_guard`):
  head, body, idle, and a client that does not read.
- No header field outlives its request, and those that no handler reads are dropped.

This module is compiled with the scan path, so the connection is no subclass of `asyncio.Protocol`.
"""

import asyncio
import math
from collections import deque
from typing import Final, cast

import structlog
from httptools import HttpParserError, HttpParserUpgrade, HttpRequestParser

from resolver.http.body import BodyBuffer
from resolver.http.head import HEAD_LIMIT, HEAD_TOO_LARGE, MALFORMED, has_body, read_head
from resolver.http.request import Request
from resolver.http.response import Response
from resolver.http.server_context import ServerContext
from stamps.errors import VeritemError
from web.connection_guard import OVERLOADED
from web.errors import BodyTimeout, BodyTooLarge, UnsupportedMedia
from web.request_parsing import check_content_encoding

_CHUNK_OVERHEAD: Final = 16
"""Bytes received for each byte of a body: chunks of one byte need six."""
_QUEUE_HIGH: Final = 16
"""Requests of one connection that wait before reading pauses."""
_QUEUE_LOW: Final = 4
_LINGER_SECONDS: Final = 2.0
"""Time for which input is discarded after a refusal."""

# Phases of a connection's input.
_IDLE: Final = 0
_HEAD: Final = 1
_BODY: Final = 2
_DISCARD: Final = 3

_CONTINUE: Final = b"HTTP/1.1 100 Continue\r\n\r\n"

_log = structlog.get_logger(__name__)


class HttpConnection:
    """One client's connection: a protocol of asyncio, and of httptools."""

    def __init__(self, server: ServerContext) -> None:
        self.deadline = math.inf
        self._server = server
        self._limits = server.guard.limits
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport | None = None
        self._task: asyncio.Task[None] | None = None
        self._is_admitted = False
        self._remote = ""
        self._parser = HttpRequestParser(self)
        # The input.
        self._phase = _IDLE
        self._awaited = _IDLE
        """The phase that the deadline is for."""
        self._wire_bytes = 0
        """Bytes received since the last head or request was whole."""
        self._target = b""
        self._fields: list[tuple[bytes, bytes]] = []
        self._request: Request | None = None
        self._body = BodyBuffer(server)
        self._continue_due = False
        self._is_paused = False
        # The output.
        self._queue: deque[Request | Response] = deque()
        """Requests to answer; a response refuses what could not be read as a request."""
        self._is_answering = False
        self._is_ending = False
        self._lingers = False
        self._waiter: asyncio.Future[None] | None = None
        self._writable: asyncio.Future[None] | None = None
        """Set while the client does not read."""

    # asyncio.Protocol

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Admit the connection, or refuse it with 503."""
        stream = cast(asyncio.Transport, transport)
        self._transport = stream
        peer = stream.get_extra_info("peername")
        self._remote = peer[0] if isinstance(peer, tuple) else ""
        self._is_admitted = self._server.guard.admit(self, self._remote)
        if not self._is_admitted:
            self._phase = _DISCARD
            stream.write(OVERLOADED)
            stream.close()
            return
        self.deadline = self._loop.time() + self._limits.head_seconds
        self._task = self._loop.create_task(self._run())
        self._server.tasks.add(self._task)
        self._task.add_done_callback(self._server.tasks.discard)

    def connection_lost(self, exc: Exception | None) -> None:
        """Let the task end. A request under way is answered to nobody: its scan may be recorded."""
        self._server.guard.release(self)
        self._body.drop()
        self._transport = None
        self._phase = _DISCARD
        self._wake()
        if self._writable is not None and not self._writable.done():
            self._writable.set_result(None)

    def data_received(self, data: bytes) -> None:
        """Parse what was received."""
        if self._phase == _DISCARD:
            return
        self._wire_bytes += len(data)
        try:
            self._parser.feed_data(data)
        except HttpParserUpgrade:
            # No other protocol is spoken: the request was queued, and what follows is not HTTP.
            self._phase = _DISCARD
            self._lingers = True
        except HttpParserError:
            self._refuse(MALFORMED)
        if self._phase == _HEAD and self._wire_bytes > HEAD_LIMIT:
            self._refuse(HEAD_TOO_LARGE)
        request = self._request
        if self._phase == _BODY and request is not None:
            limit = self._body.limit
            if self._wire_bytes > _CHUNK_OVERHEAD * limit:
                self._refuse_body(request, BodyTooLarge(limit=limit))
        if not self._is_answering and not self._queue:
            self._expect_input()
        if len(self._queue) >= _QUEUE_HIGH and not self._is_paused and self._transport is not None:
            self._is_paused = True
            self._transport.pause_reading()

    def eof_received(self) -> bool:
        """Answer what was asked, then close; an unfinished request is dropped."""
        self._phase = _DISCARD
        if self._is_answering or self._queue:
            self._is_ending = True
            return True
        return False

    def pause_writing(self) -> None:
        """The client does not read: more than the high-water mark waits for it."""
        if self._writable is None:
            self._writable = self._loop.create_future()
            self.deadline = self._loop.time() + self._limits.write_seconds

    def resume_writing(self) -> None:
        """The client reads again."""
        if self._writable is not None:
            if not self._writable.done():
                self._writable.set_result(None)
            self._writable = None
            self.deadline = math.inf
            if not self._is_answering and not self._queue:
                self._expect_input()

    # httptools

    def on_message_begin(self) -> None:
        """A request begins."""
        if self._phase != _DISCARD:
            self._phase = _HEAD

    def on_url(self, url: bytes) -> None:
        """A piece of the target."""
        self._target += url

    def on_header(self, name: bytes, value: bytes) -> None:
        """A header field. Trailer fields, which come after the head, are dropped."""
        if self._phase == _HEAD:
            self._fields.append((name, value))

    def on_headers_complete(self) -> None:
        """The head has arrived."""
        if self._phase != _HEAD:
            return
        target, fields = self._target, self._fields
        self._target, self._fields, self._wire_bytes = b"", [], 0
        request = read_head(target, fields, self._parser, self._remote, self._server.field_names)
        if isinstance(request, Response):
            self._refuse(request)
            return
        headers, length = request.headers, int(request.headers.get("content-length", "0"))
        self._body.begin(request, length)
        if "content-encoding" in headers and has_body(headers):
            try:
                check_content_encoding(headers["content-encoding"])
            except UnsupportedMedia as error:
                self._refuse_body(request, error)
                return
        if length > self._body.limit:
            self._refuse_body(request, BodyTooLarge(limit=self._body.limit))
            return
        self._request = request
        self._phase = _BODY
        self._continue_due = "expect" in headers and has_body(headers)

    def on_body(self, body: bytes) -> None:
        """A piece of the body."""
        request = self._request
        if self._phase != _BODY or request is None:
            return
        self._continue_due = False
        if not self._body.add(request, body):
            self._refuse_body(request, BodyTooLarge(limit=self._body.limit))

    def on_message_complete(self) -> None:
        """The request is whole: let it be answered."""
        request = self._request
        if self._phase != _BODY or request is None:
            return
        self._body.finish(request)
        self._enqueue(request)
        self._phase = _IDLE if request.keep_alive else _DISCARD

    # The guard and the server

    def expire(self) -> None:
        """The deadline has passed: end the connection, or refuse a body that is late."""
        request = self._request
        if self._transport is None or self._writable is not None:
            self.abort()
        elif self._phase == _BODY and request is not None:
            self.deadline = math.inf
            if self._body.is_upload:
                self._cut_short(request)
            else:
                self._refuse_body(request, BodyTimeout(seconds=self._body.seconds))
        elif self._phase == _DISCARD or self._transport.get_write_buffer_size():
            self.abort()
        else:
            self.deadline = self._loop.time() + _LINGER_SECONDS
            self._phase = _DISCARD
            self._transport.close()

    def drain(self) -> None:
        """Close after the requests that are whole have been answered."""
        self._is_ending = True
        self._phase = _DISCARD
        self._wake()
        if self._transport is not None and (self._task is None or self._task.done()):
            self._transport.close()

    def abort(self) -> None:
        """Cut the connection."""
        self.deadline = math.inf
        if self._transport is not None:
            self._transport.abort()

    # The input

    def _enqueue(self, item: Request | Response) -> None:
        self._request = None
        self._wire_bytes = 0
        self._continue_due = False
        if self._writable is None:
            self.deadline = math.inf
        self._queue.append(item)
        self._wake()

    def _refuse(self, response: Response) -> None:
        """Answer what is no request, after the requests before it, and read no more."""
        if self._phase != _DISCARD:
            self._phase = _DISCARD
            self._lingers = True
            self._enqueue(response)

    def _refuse_body(self, request: Request, error: VeritemError) -> None:
        """Answer a request whose body cannot be read, and read no more."""
        self._phase = _DISCARD
        self._lingers = True
        self._body.drop()
        request.error = error
        request.keep_alive = False
        self._enqueue(request)

    def _cut_short(self, request: Request) -> None:
        """Answer a form of which only the begin has arrived, and read no more."""
        self._phase = _DISCARD
        self._lingers = True
        self._body.finish(request)
        request.is_cut = True
        request.keep_alive = False
        self._enqueue(request)

    def _expect_input(self) -> None:
        """Set the deadline for the next request, or for the rest of a head or body."""
        if self._writable is not None or self._phase == _DISCARD:
            return
        if self._phase == _BODY:
            if self._continue_due and self._transport is not None:
                self._continue_due = False
                self._transport.write(_CONTINUE)
            seconds = self._body.seconds
        elif self._phase == _HEAD:
            seconds = self._limits.head_seconds
        else:
            seconds = self._limits.idle_seconds
        # A deadline stays where it is while pieces of what it is for arrive.
        if self.deadline == math.inf or self._awaited != self._phase:
            self.deadline = self._loop.time() + seconds
        self._awaited = self._phase

    # The output

    def _wake(self) -> None:
        waiter = self._waiter
        if waiter is not None and not waiter.done():
            waiter.set_result(None)

    async def _run(self) -> None:
        """Answer the requests in their order until one of the two sides ends."""
        server, queue = self._server, self._queue
        keep_alive = True
        try:
            while keep_alive and self._transport is not None:
                if not queue:
                    if self._is_ending:
                        break
                    self._expect_input()
                    self._waiter = self._loop.create_future()
                    await self._waiter
                    self._waiter = None
                    continue
                item = queue.popleft()
                if self._is_paused and len(queue) <= _QUEUE_LOW and self._transport is not None:
                    self._is_paused = False
                    self._transport.resume_reading()
                self._is_answering = True
                if isinstance(item, Request):
                    response = await server.respond(item)
                    self._body.release(item)
                    keep_alive = item.keep_alive and not (server.is_draining and not queue)
                    has_body = item.method != "HEAD"
                else:
                    response, keep_alive, has_body = item, False, True
                self._is_answering = False
                if self._transport is None:
                    return
                self._transport.write(
                    response.encode(server.date.line(), closes=not keep_alive, has_body=has_body)
                )
                if self._writable is not None:
                    await self._writable
        except Exception:
            _log.exception("connection failed")
            self.abort()
        self._end()

    def _end(self) -> None:
        """Close. After a refusal input is discarded for a moment first."""
        transport = self._transport
        if transport is None:
            return
        self._phase = _DISCARD
        self.deadline = self._loop.time() + _LINGER_SECONDS
        if self._lingers and not self._is_ending and transport.can_write_eof():
            if self._is_paused:
                transport.resume_reading()
            try:
                transport.write_eof()
            except OSError:  # the client is gone; uvloop says so later, asyncio's own loop here
                transport.abort()
        else:
            transport.close()
