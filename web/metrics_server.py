"""The admin port of a process: metrics for Prometheus."""

import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from aiohttp import web


@asynccontextmanager
async def serve_metrics(
    render: Callable[[], Awaitable[bytes]], listening: socket.socket
) -> AsyncIterator[None]:
    """Serve `/metrics` on a bound socket until the block ends.

    `render` returns the metrics in Prometheus' text format.
    """

    async def metrics(_: web.Request) -> web.Response:
        kind = {"Content-Type": "text/plain; version=0.0.4; charset=utf-8"}
        return web.Response(body=await render(), headers=kind)

    app = web.Application()
    app.router.add_get("/metrics", metrics)
    runner = web.AppRunner(app, access_log=None, auto_decompress=False)
    await runner.setup()
    try:
        await web.SockSite(runner, listening).start()
        yield
    finally:
        await runner.cleanup()
