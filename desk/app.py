"""The aiohttp application: one catch-all route to the front, and what stops with it."""

from collections.abc import AsyncIterator

from aiohttp import web

from desk.dependencies import DeskDependencies
from desk.front import Front
from printing.print_report import LARGEST

_FORM_BYTES = 65_536


def create_app(parts: DeskDependencies) -> web.Application:
    """The staff service over `parts`; who made the parts closes them."""
    front = Front(parts)
    # The front reads bodies by each route's own limit; this is the last one, for uploads.
    app = web.Application(client_max_size=LARGEST + _FORM_BYTES)
    # The front has its own table: it never decodes a path twice.
    app.router.add_route("*", "/{path:.*}", front.handle)

    async def bundles(_: web.Application) -> AsyncIterator[None]:
        yield
        await front.bundler.close()

    app.cleanup_ctx.append(bundles)
    return app
