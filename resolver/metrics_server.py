"""The admin port: metrics for Prometheus."""

from collections.abc import Awaitable, Callable

from aiohttp import web

from resolver.handlers.context import HandlerContext


def create_admin_app(context: HandlerContext) -> web.Application:
    """The application of the public service's admin port."""
    context.metrics.gauges["veritem_ledger_tells"] = (
        "1 while the ledger notifies of changes, 0 while it is polled",
        lambda: context.dependencies.batch_cache.is_notified,
    )

    async def render() -> bytes:
        return context.metrics.render()

    return create_metrics_app(render)


def create_metrics_app(render: Callable[[], Awaitable[bytes]]) -> web.Application:
    """An application with `/metrics`; `render` returns them in Prometheus' text format."""

    async def metrics(_: web.Request) -> web.Response:
        kind = {"Content-Type": "text/plain; version=0.0.4; charset=utf-8"}
        return web.Response(body=await render(), headers=kind)

    app = web.Application()
    app.router.add_get("/metrics", metrics)
    return app
