"""`/api/v1/orders`: request stamps, and decide what another person requested."""

from typing import Annotated

from pydantic import Field

from desk.api.call import ApiCall
from desk.api.models import Body, ListQuery, SortedListDocument, Text
from desk.api.routing import ApiRoutes
from ledger import Grade, OrderState
from ledger.errors import AccountRequired, AlreadyExists, OrderNotOpen, SamePerson, UnknownOrder
from ledger.lists.records import read_order
from printing.errors import PinsNeedEncryption
from services import orders
from services.documents import OrderDocument, describe_order
from services.errors import InvalidInput
from services.lists.catalogue import ORDERS
from services.lists.find import find_list_page
from services.orders import MAX_COUNT, MAX_NOTE_LENGTH, ORDER_ID_PATTERN, OrderRequest
from services.permissions import Permission

routes = ApiRoutes("orders")


class OrderBody(Body):
    """A request for stamps; `id` names the order, a random name when absent."""

    id: Annotated[str, Field(pattern=ORDER_ID_PATTERN)] | None = None
    count: Annotated[int, Field(ge=1, le=MAX_COUNT)]
    grade: Grade
    has_pin: bool = False
    product: Text | None = None
    packer: Text | None = None
    print_house: Text | None = None
    note: Annotated[str, Field(min_length=1, max_length=MAX_NOTE_LENGTH)] | None = None


class OrderQuery(ListQuery):
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
    errors=(InvalidInput, AlreadyExists, PinsNeedEncryption),
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
    "POST",
    "orders/{order}/approve",
    permissions=(Permission.ORDER_DECIDE,),
    errors=(UnknownOrder, SamePerson, AccountRequired, OrderNotOpen),
)
async def approve_order(call: ApiCall, order: str) -> OrderDocument:
    """Approve an order of another person; twice is once."""
    return describe_order(await orders.approve_order(call.context, order))


@routes.add(
    "POST",
    "orders/{order}/refuse",
    permissions=(Permission.ORDER_DECIDE,),
    errors=(UnknownOrder, SamePerson, AccountRequired, OrderNotOpen),
)
async def refuse_order(call: ApiCall, order: str) -> OrderDocument:
    """Refuse an order of another person; twice is once."""
    return describe_order(await orders.refuse_order(call.context, order))
