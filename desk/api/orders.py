"""`/api/v1/orders`: request stamps, and decide what another person requested."""

from typing import Annotated, Final

from pydantic import Field, StringConstraints

from desk.api.call import ApiCall
from desk.api.models import Body, SortedListDocument, SortedPageQuery, Text
from desk.api.routing import ApiRoutes
from ledger import Grade, OrderState
from ledger.errors import (
    AlreadyExists,
    AlreadyProposed,
    ForeignOrder,
    KeyReused,
    OrderAboveLimits,
    OrderNotOpen,
    SamePerson,
    UnknownOrder,
)
from ledger.lists.records import read_order
from ledger.orders.order_rules import MAX_COUNT
from ledger.staff_errors import AccountRequired
from printing.errors import PinsNeedEncryption
from services.documents import (
    OrderDocument,
    OrderLimitsDocument,
    ProposalDocument,
    describe_order,
    describe_order_limits,
    describe_proposal,
)
from services.errors import ExcessReasonRequired, InvalidInput, OrderIncomplete, SimilarOrder
from services.lists.find import find_list_page
from services.lists.orders import ORDERS
from services.orders import order_limits, orders
from services.orders.orders import (
    MAX_NOTE_LENGTH,
    MAX_REASON_LENGTH,
    ORDER_ID_PATTERN,
    OrderRequest,
)
from services.permissions import Permission

routes = ApiRoutes("orders")

DAY_PATTERN: Final = "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"
Reason = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=MAX_REASON_LENGTH)
]


class OrderBody(Body):
    """A request for stamps; `id` names the order, a random name when absent."""

    id: Annotated[str, Field(pattern=ORDER_ID_PATTERN)] | None = None
    count: Annotated[int, Field(ge=1, le=MAX_COUNT)]
    grade: Grade
    has_pin: bool = False
    product: Text
    packer: Text | None = None
    """The packer who activates the stamps; a packer may leave it out, everybody else names it."""
    print_house: Text | None = None
    note: Annotated[str, Field(min_length=1, max_length=MAX_NOTE_LENGTH)] | None = None
    due_on: Annotated[str, Field(pattern=DAY_PATTERN, examples=["2026-12-31"])] | None = None
    """The day by which the stamps are needed."""
    excess_reason: Reason | None = None
    """Why the order is above the packer's quota or crop; needed where it is."""
    is_another: bool = False
    """Confirms that a similar order of the last days is not this one."""


class OrderReasonBody(Body):
    """Why an order is refused, or approved above a limit."""

    reason: Reason


class OrderQuery(SortedPageQuery):
    """Which orders are listed; sorted by `-requested_at`, or by `count`."""

    state: OrderState | None = None
    product: Text | None = None
    packer: Text | None = None
    print_house: Text | None = None
    requested_by: Text | None = None


class OrderListDocument(SortedListDocument):
    """Orders, newest first if nothing else is asked for."""

    orders: list[OrderDocument]


@routes.add(
    "POST",
    "orders",
    permissions=(Permission.ORDER_REQUEST,),
    status=201,
    errors=(
        InvalidInput,
        ExcessReasonRequired,
        SimilarOrder,
        AlreadyExists,
        PinsNeedEncryption,
    ),
)
async def request_order(call: ApiCall, body: OrderBody) -> OrderDocument:
    """Request stamps; the same content under the same id twice is one order."""
    order = await orders.request_order(
        call.context,
        OrderRequest(
            id=body.id,
            count=body.count,
            grade=body.grade,
            has_pin=body.has_pin,
            product=body.product,
            packer=body.packer,
            print_house=body.print_house,
            note=body.note,
            due_on=body.due_on,
            excess_reason=body.excess_reason,
            is_another=body.is_another,
        ),
    )
    call.headers["Location"] = f"/api/v1/orders/{order.id}"
    return describe_order(order)


@routes.add("GET", "orders", permissions=(Permission.ORDER_SEE,), errors=(InvalidInput,))
async def list_orders(call: ApiCall, query: OrderQuery) -> OrderListDocument:
    """Search, filter and sort the orders in the caller's scope."""
    asked = query.to_request("state", "product", "packer", "print_house", "requested_by")
    page = await find_list_page(call.context, ORDERS, asked)
    return OrderListDocument(
        orders=[describe_order(read_order(row)) for row in page.rows],
        next=page.next,
        previous=page.previous,
    )


@routes.add("GET", "orders/{order}", permissions=(Permission.ORDER_SEE,), errors=(UnknownOrder,))
async def show_order(call: ApiCall, order: str) -> OrderDocument:
    """Show an order."""
    return describe_order(await orders.get_order(call.context, order))


@routes.add(
    "GET",
    "orders/{order}/limits",
    permissions=(Permission.ORDER_SEE,),
    errors=(UnknownOrder, OrderIncomplete),
)
async def show_limits(call: ApiCall, order: str) -> OrderLimitsDocument:
    """Show an order against the packer's quota and crop."""
    return describe_order_limits(await order_limits.get_order_limits(call.context, order))


@routes.add(
    "POST",
    "orders/{order}/approve",
    permissions=(Permission.ORDER_DECIDE,),
    errors=(
        UnknownOrder,
        OrderIncomplete,
        SamePerson,
        AccountRequired,
        OrderNotOpen,
        OrderAboveLimits,
    ),
)
async def approve_order(call: ApiCall, order: str) -> OrderDocument:
    """Approve an order of another person; twice is once. One above a limit needs two people."""
    return describe_order(await orders.approve_order(call.context, order))


@routes.add(
    "POST",
    "orders/{order}/excess",
    permissions=(Permission.ORDER_DECIDE,),
    status=201,
    has_key=True,
    errors=(
        UnknownOrder,
        OrderIncomplete,
        SamePerson,
        AccountRequired,
        OrderNotOpen,
        InvalidInput,
        AlreadyProposed,
        KeyReused,
    ),
)
async def propose_excess(call: ApiCall, order: str, body: OrderReasonBody) -> ProposalDocument:
    """Approve an order above a limit; a third person approves the proposal, and so the order."""
    proposal = await orders.propose_excess(call.context, order, body.reason, call.key)
    call.headers["Location"] = f"/api/v1/proposals/{proposal.id}"
    return describe_proposal(proposal)


@routes.add(
    "POST",
    "orders/{order}/refuse",
    permissions=(Permission.ORDER_DECIDE,),
    errors=(UnknownOrder, InvalidInput, SamePerson, AccountRequired, OrderNotOpen),
)
async def refuse_order(call: ApiCall, order: str, body: OrderReasonBody) -> OrderDocument:
    """Refuse an order of another person, with a reason that its requester sees; twice is once."""
    return describe_order(await orders.refuse_order(call.context, order, body.reason))


@routes.add(
    "POST",
    "orders/{order}/withdraw",
    permissions=(Permission.ORDER_REQUEST,),
    errors=(UnknownOrder, ForeignOrder, OrderNotOpen),
)
async def withdraw_order(call: ApiCall, order: str) -> OrderDocument:
    """Withdraw one's own order before it is decided; twice is once."""
    return describe_order(await orders.withdraw_order(call.context, order))
