"""The API as an aiohttp application, mounted at `/api/v1/`."""

from aiohttp import web

from desk.api.authentication import make_authentication_middleware
from desk.api.resources import ROUTES
from desk.api.routing import ApiEndpoint
from desk.runtime import DeskRuntime


def create_api(runtime: DeskRuntime) -> web.Application:
    """The application that answers every route of `desk.api.resources`."""
    app = web.Application(middlewares=[make_authentication_middleware(runtime)])
    for route in ROUTES:
        endpoint = ApiEndpoint(route, runtime)
        if route.method == "GET":
            app.router.add_get(f"/{route.pattern}", endpoint.handle)  # and HEAD
        else:
            app.router.add_route(route.method, f"/{route.pattern}", endpoint.handle)
    return app
