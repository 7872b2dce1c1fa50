"""`/epcis` as an aiohttp application: its routes as a table, and the answer to every refusal."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Final

from aiohttp import web
from aiohttp.typedefs import Handler

from desk.api.authentication import ACTOR, make_authentication_middleware
from desk.epcis import captures, events
from desk.epcis.call import DISCOVERY, EpcisCall, check_headers
from desk.epcis.problems import answer_problem
from desk.runtime import DeskRuntime
from services.permissions import Permission, require_permission
from stamps.errors import VeritemError
from web.errors import MethodNotAllowed, NotFound

EpcisHandler = Callable[[EpcisCall], Awaitable[web.Response]]

_SEE: Final = Permission.EVENT_SEE
_RECORD: Final = Permission.EVENT_RECORD
_PARTS: Final = "{resource:eventTypes|epcs|bizSteps|bizLocations|readPoints|dispositions}"

ROUTES: Final[Mapping[str, Mapping[str, tuple[EpcisHandler, Permission]]]] = {
    "": {"GET": (events.show_top, _SEE)},
    "/": {"GET": (events.show_top, _SEE)},
    "/capture": {
        "GET": (captures.show_captures, _SEE),
        "POST": (captures.post_capture, _RECORD),
    },
    "/capture/{id}": {"GET": (captures.show_capture, _SEE)},
    "/events": {"GET": (events.show_events, _SEE), "POST": (captures.post_event, _RECORD)},
    "/events/{event}": {"GET": (events.show_event, _SEE)},
    "/queries": {"GET": (events.show_queries, _SEE), "POST": (events.post_query, _SEE)},
    "/queries/{name}": {
        "GET": (events.show_query, _SEE),
        "DELETE": (events.delete_query, _SEE),
    },
    "/queries/{name}/events": {"GET": (events.show_events_of_query, _SEE)},
    "/queries/{name}/subscriptions": {
        "GET": (events.refuse_subscription, _SEE),
        "POST": (events.refuse_subscription, _SEE),
    },
    f"/{_PARTS}": {"GET": (events.show_names, _SEE)},
    f"/{_PARTS}/{{value}}": {"GET": (events.show_part, _SEE)},
    f"/{_PARTS}/{{value}}/events": {"GET": (events.show_events_of_part, _SEE)},
}
"""Each address with its methods; `OPTIONS` is answered at all of them."""


def create_epcis(runtime: DeskRuntime) -> web.Application:
    """The application that answers every address of the standard that is offered."""
    middlewares = [_answer_refusals, make_authentication_middleware(runtime)]
    app = web.Application(middlewares=middlewares)
    for path, methods in ROUTES.items():
        for method, (handler, permission) in methods.items():
            answer = _make_handler(runtime, handler, permission)
            if method == "GET":
                app.router.add_get(path, answer)  # and HEAD
            else:
                app.router.add_route(method, path, answer)
        app.router.add_route("OPTIONS", path, _make_discovery(methods))
    return app


def _make_handler(runtime: DeskRuntime, handler: EpcisHandler, permission: Permission) -> Handler:
    async def answer(request: web.Request) -> web.StreamResponse:
        context = runtime.dependencies.make_context(request[ACTOR])
        # The use case checks again; checked here, a refused caller sends no body.
        require_permission(context, permission)
        check_headers(request)
        return await handler(EpcisCall(request, runtime, context))

    return answer


def _make_discovery(methods: Mapping[str, object]) -> Handler:
    allowed = {*methods, "OPTIONS", *(["HEAD"] if "GET" in methods else [])}

    async def answer(_: web.Request) -> web.StreamResponse:
        return web.Response(status=204, headers={**DISCOVERY, "Allow": ", ".join(sorted(allowed))})

    return answer


@web.middleware
async def _answer_refusals(request: web.Request, handler: Handler) -> web.StreamResponse:
    try:
        return await handler(request)
    except VeritemError as error:
        refusal = error
    except web.HTTPNotFound:
        refusal = NotFound()
    except web.HTTPMethodNotAllowed as error:
        refusal = MethodNotAllowed(allowed=", ".join(sorted(error.allowed_methods)))
    return answer_problem(request, refusal)
