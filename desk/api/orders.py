"""`/api/v1/orders`: ask for stamps, and decide on what another person asked for."""

import re
from typing import Final, cast, get_args

from aiohttp import web

from desk import documents, reply, scope, work
from desk.call import Call
from desk.errors import MalformedBody
from desk.roles import Permission
from desk.routes import Route
from desk.schemas import SCHEMAS, one_of
from ledger import Order, OrderState
from ledger.orders import Grade

_ID: Final = re.compile(SCHEMAS["OrderRequest"]["properties"]["id"]["pattern"])
_STATES: Final = tuple(str(state) for state in OrderState)


async def request(call: Call) -> web.StreamResponse:
    """Ask for stamps; the same content under the same name twice is once."""
    body = await call.json()
    name = body.maybe_text("id") or work.new_order_id()
    if not _ID.fullmatch(name):
        raise MalformedBody(field="id", why="must be 1 to 40 letters, digits, dots or hyphens")
    order = Order(
        id=name,
        count=body.number("count"),
        grade=cast("Grade", body.choice("grade", get_args(Grade))),
        requested_by=call.actor,
        has_pin=body.flag("has_pin"),
        product=body.maybe_text("product"),
        packer=body.maybe_text("packer"),
        print_house=body.maybe_text("print_house"),
        note=body.maybe_text("note", longest=1000),
    )
    body.done()
    if order.count < 1:
        raise MalformedBody(field="count", why="must be at least 1")
    made = await work.request_order(call, order)
    headers = {"Location": f"/api/v1/orders/{made.id}"}
    return reply.document(documents.order(made), 201, headers)


async def listed(call: Call) -> web.StreamResponse:
    """The orders that are the caller's business."""
    state = call.query.get("state")
    if state is not None and state not in _STATES:
        raise MalformedBody(field="state", why=f"must be one of {', '.join(_STATES)}")
    found = await call.ledger.orders.list(None if state is None else OrderState(state))
    seen = [documents.order(order) for order in found if scope.sees_order(call.staff, order)]
    return reply.document({"orders": seen})


async def show(call: Call) -> web.StreamResponse:
    """One order."""
    return reply.document(
        documents.order(await scope.order_for(call.ledger, call.staff, call.text("order")))
    )


async def approve(call: Call) -> web.StreamResponse:
    """A second person agrees; twice is once."""
    made = await work.decide_order(call, call.text("order"), OrderState.APPROVED)
    return reply.document(documents.order(made))


async def refuse(call: Call) -> web.StreamResponse:
    """A second person says no; twice is once."""
    made = await work.decide_order(call, call.text("order"), OrderState.REFUSED)
    return reply.document(documents.order(made))


_SEE: Final = (Permission.ORDER_SEE,)
_DECIDE: Final = (Permission.ORDER_DECIDE,)
_DECIDED: Final = ("unknown-order", "same-person", "order-state")

ROUTES: Final = (
    Route(
        *("POST", "/api/v1/orders", request, "Ask for stamps", (Permission.ORDER_REQUEST,)),
        answers={201: "Order"},
        body="OrderRequest",
        refusals=("malformed-body", "already-there"),
    ),
    Route(
        *("GET", "/api/v1/orders", listed, "List orders", _SEE),
        answers={200: "Orders"},
        query={"state": one_of(OrderState)},
        refusals=("malformed-body",),
    ),
    Route(
        *("GET", "/api/v1/orders/{order}", show, "Show an order", _SEE),
        answers={200: "Order"},
        refusals=("unknown-order",),
    ),
    Route(
        *("POST", "/api/v1/orders/{order}/approve", approve, "Approve an order", _DECIDE),
        answers={200: "Order"},
        refusals=_DECIDED,
    ),
    Route(
        *("POST", "/api/v1/orders/{order}/refuse", refuse, "Refuse an order", _DECIDE),
        answers={200: "Order"},
        refusals=_DECIDED,
    ),
)
