"""The admin port: metrics for Prometheus."""

from collections.abc import Awaitable, Callable

from aiohttp import web

from resolver.handlers.context import HandlerContext


def create_admin(context: HandlerContext) -> web.Application:
    """The admin port of the public service."""
    context.metrics.gauges["veritem_ledger_tells"] = (
        "Whether the ledger tells of its changes (0: it is polled for them)",
        lambda: context.dependencies.batch_cache.is_notified,
    )

    async def look() -> bytes:
        return context.metrics.render()

    return metrics_of(look)


def metrics_of(look: Callable[[], Awaitable[bytes]]) -> web.Application:
    """An admin port: `look` answers the metrics in Prometheus' text format."""

    async def metrics(_: web.Request) -> web.Response:
        kind = {"Content-Type": "text/plain; version=0.0.4; charset=utf-8"}
        return web.Response(body=await look(), headers=kind)

    app = web.Application()
    app.router.add_get("/metrics", metrics)
    return app
