"""The aiohttp application: one catch-all route to the front, and the tasks that run beside it."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

from aiohttp import web

from resolver.hot import Hot
from resolver.parts import ResolverParts
from resolver.web.front import Front
from resolver.web.service import Service

SERVICE = web.AppKey("service", Service)
"""The service inside of an application: its counts, its way (`rules` may be replaced)."""


def create_app(parts: ResolverParts) -> web.Application:
    """The public service over `parts`, to be run by aiohttp; who made the parts closes them.

    `serving` runs the same front without an application around it.
    """
    service = Service(parts)
    app = web.Application(client_max_size=8192)
    app[SERVICE] = service
    # The front has its own table: it knows both cases of a letter and never decodes a path twice.
    app.router.add_route("*", "/{path:.*}", Front(service).handle)
    app.cleanup_ctx.append(_following)
    return app


def create_admin(service: Service) -> web.Application:
    """The admin port: metrics for Prometheus."""
    service.counts.gauges["veritem_ledger_tells"] = (
        "Whether the ledger tells of its changes (0: it is polled for them)",
        lambda: service.parts.hot.told,
    )

    async def look() -> bytes:
        return service.counts.exposition()

    return metrics_of(look)


def metrics_of(look: Callable[[], Awaitable[bytes]]) -> web.Application:
    """An admin port: `look` answers the metrics in Prometheus' text format."""

    async def metrics(_: web.Request) -> web.Response:
        kind = {"Content-Type": "text/plain; version=0.0.4; charset=utf-8"}
        return web.Response(body=await look(), headers=kind)

    app = web.Application()
    app.router.add_get("/metrics", metrics)
    return app


@asynccontextmanager
async def following(hot: Hot) -> AsyncIterator[None]:
    """Follow the ledger's changes while the block runs."""
    task = asyncio.create_task(hot.follow(), name="follow the ledger")
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def _following(app: web.Application) -> AsyncIterator[None]:
    async with following(app[SERVICE].parts.hot):
        yield
