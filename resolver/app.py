"""The aiohttp application: one catch-all route to the front, and the tasks that run beside it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress

from aiohttp import web

from resolver.parts import ResolverParts
from resolver.web.front import Front
from resolver.web.service import Service

SERVICE = web.AppKey("service", Service)
"""The service inside of an application: its counts, its way (`rules` may be replaced)."""


def create_app(parts: ResolverParts) -> web.Application:
    """The public service over `parts`; who made the parts closes them."""
    service = Service(parts)
    app = web.Application(client_max_size=8192)
    app[SERVICE] = service
    # The front has its own table: it knows both cases of a letter and never decodes a path twice.
    app.router.add_route("*", "/{path:.*}", Front(service).handle)
    app.cleanup_ctx.append(_following)
    return app


def create_admin(service: Service) -> web.Application:
    """The admin port: metrics for Prometheus."""

    async def metrics(_: web.Request) -> web.Response:
        kind = {"Content-Type": "text/plain; version=0.0.4; charset=utf-8"}
        return web.Response(body=service.counts.exposition(), headers=kind)

    app = web.Application()
    app.router.add_get("/metrics", metrics)
    return app


async def _following(app: web.Application) -> AsyncIterator[None]:
    task = asyncio.create_task(app[SERVICE].parts.hot.follow(), name="follow the ledger")
    yield
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
