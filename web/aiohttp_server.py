"""An aiohttp application behind a `ConnectionGuard`, through aiohttp's public interface.

async with guarded_server(app, socket, limits, drain_seconds=10) as guard:
    …
"""

import asyncio
import logging
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from aiohttp import web
from aiohttp.http import HttpProcessingError
from aiohttp.typedefs import Handler

from web.client_address import TrustedProxies
from web.connection_guard import (
    ConnectionGuard,
    ConnectionLimits,
    GuardedProtocol,
    wait_for_last_requests,
)
from web.errors import BodyTooLarge, MalformedBody, UnsupportedMedia
from web.request_parsing import body_deadline, check_content_encoding
from web.request_turns import Turn

_CANCEL_SECONDS: Final = 1.0
"""Time that a cancelled request may take to end."""
_LINGER_SECONDS: Final = 2.0
"""Time for which the rest of an unread body is discarded, so that the client sees the response."""

TURN: Final = web.RequestKey("turn", Turn)
"""The turn of a request, in services whose requests take turns."""


@web.middleware
async def mark_request(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Tell the connection's guard when a request begins and ends. The outermost middleware.

    While the service ends, the response closes the connection.
    """
    transport = request.transport
    guarded = None if transport is None else transport.get_protocol()
    if not isinstance(guarded, GuardedProtocol):
        return await handler(request)
    guarded.begin_request()
    try:
        response = await handler(request)
        if guarded.is_draining:
            response.force_close()
        return response
    finally:
        guarded.end_request()


@asynccontextmanager
async def guarded_server(
    app: web.Application,
    listening: socket.socket,
    limits: ConnectionLimits,
    *,
    drain_seconds: float,
    proxies: TrustedProxies,
    backlog: int = 1024,
) -> AsyncIterator[ConnectionGuard]:
    """Serve `app` on a bound socket; at the end of the block requests under way are finished.

    Those that are not finished after `drain_seconds` are cancelled.

    `app` has `mark_request` as its first middleware. Bodies are never decompressed. `proxies` have
    no limit of their own on connections.
    """
    runner = web.AppRunner(
        app,
        access_log=None,
        # aiohttp waits so long for requests, and then once more: those are cancelled before.
        shutdown_timeout=drain_seconds + _CANCEL_SECONDS,
        keepalive_timeout=limits.idle_seconds,
        lingering_time=_LINGER_SECONDS,
        auto_decompress=False,
        logger=_logger(),
    )
    await runner.setup()
    server = runner.server
    assert server is not None  # noqa: S101 - the runner is set up
    async with ConnectionGuard(limits, proxies.is_trusted) as guard:
        loop = asyncio.get_running_loop()
        listener = await loop.create_server(
            lambda: GuardedProtocol(server(), guard), sock=listening, backlog=backlog
        )
        try:
            yield guard
        finally:
            listener.close()
            guard.is_draining = True
            deadline = loop.call_later(drain_seconds, _cancel_requests, guard)
            await wait_for_last_requests(guard, drain_seconds)
            await runner.cleanup()
            deadline.cancel()


def _cancel_requests(guard: ConnectionGuard) -> None:
    for connection in guard.connections:
        if isinstance(connection, GuardedProtocol):
            connection.cancel_requests()


def _logger() -> logging.Logger:
    """The logger of aiohttp's defects; malformed requests and clients that leave are none.

    aiohttp logs a traceback and the client's address for each of them.
    """
    logger = logging.getLogger("web.aiohttp_server")
    if not logger.filters:
        logger.addFilter(_is_defect)
    return logger


def _is_defect(record: logging.LogRecord) -> bool:
    error = record.exc_info[1] if record.exc_info else None
    return not isinstance(error, HttpProcessingError | ConnectionResetError)


def find_client(request: web.BaseRequest, proxies: TrustedProxies) -> str:
    """The address of the client, read through trusted reverse proxies; empty where it is unknown.

    All lines of the header count: a proxy may add its line below those that the client sent.
    """
    lines = request.headers.getall(proxies.header, ())
    return proxies.client(request.remote or "", ", ".join(lines))


def check_codings(request: web.BaseRequest) -> None:
    """Raise `UnsupportedMedia` for a body with a content coding, or a coded transfer."""
    if not request.body_exists:
        return
    headers = request.headers
    check_content_encoding(", ".join(headers.getall("Content-Encoding", ())))
    if any(coding.lower() != "chunked" for coding in headers.getall("Transfer-Encoding", ())):
        raise UnsupportedMedia(allowed="bodies whose only transfer coding is chunked")


@asynccontextmanager
async def wait_for_body(request: web.BaseRequest, seconds: float) -> AsyncIterator[None]:
    """Read a body in this block; others have their turn meanwhile. Raises `BodyTimeout`."""
    turn = request.get(TURN)
    if turn is None or request.content.is_eof():
        async with body_deadline(seconds):
            yield
    else:
        async with turn.pause(), body_deadline(seconds):
            yield


async def read_body(request: web.BaseRequest, *, limit: int, seconds: float) -> bytes:
    """The whole body of a request.

    Raises `BodyTooLarge`, `BodyTimeout`, `MalformedBody`; the last one also for a body whose client
    has left.
    """
    if (request.content_length or 0) > limit:
        raise BodyTooLarge(limit=limit)
    pieces, size = [], 0
    try:
        async with wait_for_body(request, seconds):
            async for piece in request.content.iter_any():
                size += len(piece)
                if size > limit:
                    raise BodyTooLarge(limit=limit)
                pieces.append(piece)
    except (web.RequestPayloadError, ConnectionResetError, ValueError):
        raise MalformedBody(field="body", why="is damaged") from None
    return b"".join(pieces)
