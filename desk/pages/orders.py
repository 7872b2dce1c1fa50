"""Orders: request stamps, decide what others requested, issue what was approved."""

from typing import get_args
from urllib.parse import quote

from aiohttp import web

from desk.pages.call import PageCall
from desk.pages.forms import IssueForm, OrderForm
from desk.pages.list_cells import name_order_number
from desk.pages.lists import render_list
from desk.pages.render import render_page
from desk.pages.routing import PageRoutes, redirect
from ledger import Grade, ProductRow
from services import batches, orders, registry
from services.batches import BatchRequest
from services.lists.catalogue import ORDERS
from services.lists.find import find_person_names
from services.orders import OrderRequest
from services.permissions import Permission, has_permission
from web.i18n import Language

routes = PageRoutes()


@routes.add("GET", "/orders", permissions=(Permission.ORDER_SEE,))
async def list_orders(call: PageCall) -> web.StreamResponse:
    """List the orders."""
    may_request = has_permission(call.context.actor, Permission.ORDER_REQUEST)
    actions = [("/new-order", call.texts("orders.new"))] if may_request else []
    return await render_list(call, ORDERS, call.texts("orders.title"), actions=actions)


@routes.add("GET", "/orders/{order}", permissions=(Permission.ORDER_SEE,))
async def show_order(call: PageCall, order: str) -> web.StreamResponse:
    """Show an order."""
    return await _render_order(call, order)


@routes.add("GET", "/new-order", permissions=(Permission.ORDER_REQUEST,))
async def show_form(call: PageCall) -> web.StreamResponse:
    """Show the form of a new order."""
    return await _render_form(call)


@routes.add("POST", "/new-order", permissions=(Permission.ORDER_REQUEST,))
async def request_order(call: PageCall) -> web.StreamResponse:
    """Request stamps."""
    form = call.parse_form(OrderForm)
    request = OrderRequest(
        count=form.count,
        grade=form.grade,
        has_pin=form.has_pin is not None,
        product=form.product,
        packer=form.packer,
        print_house=form.print_house,
        note=form.note,
    )
    order = await orders.request_order(call.context, request, call.key)
    return redirect(f"/orders/{quote(order.id, safe='')}", "flash.order_sent", count=order.count)


@routes.add("POST", "/orders/{order}/approve", permissions=(Permission.ORDER_DECIDE,))
async def approve_order(call: PageCall, order: str) -> web.StreamResponse:
    """Approve an order."""
    await orders.approve_order(call.context, order)
    return redirect("/orders", "flash.order_approved")


@routes.add("POST", "/orders/{order}/refuse", permissions=(Permission.ORDER_DECIDE,))
async def refuse_order(call: PageCall, order: str) -> web.StreamResponse:
    """Refuse an order."""
    await orders.refuse_order(call.context, order)
    return redirect("/orders", "flash.order_refused")


@routes.add("POST", "/orders/{order}/issue", permissions=(Permission.BATCH_ISSUE,))
async def issue_batch(call: PageCall, order: str) -> web.StreamResponse:
    """Issue what is left of an approved order."""
    host = call.runtime.dependencies.stamp_host
    form = call.parse_form(IssueForm)
    request = BatchRequest(order=order, host=host, gs1=form.gs1 is not None)
    batch = await batches.issue_batch(call.context, request, call.key)
    return redirect(f"/batches/{batch.number}", "flash.batch_issued", count=batch.count)


async def _render_order(call: PageCall, order_id: str) -> web.Response:
    order = await orders.get_order(call.context, order_id)
    known = await registry.list_registry(call.context)
    product = next((p for p in known.products if p.id == order.product), None)
    issued = await batches.list_batches(call.context, order=order.id)
    return render_page(
        call,
        "order.html",
        name_order_number(order.number, order.id, call.texts),
        order=order,
        people=await find_person_names(call.context, order.requested_by, order.decided_by),
        product=product and product_name(product, call.language),
        names={organisation.id: organisation.name for organisation in known.organisations},
        batches=issued.items,
        gs1=bool(product and product.gtin),
    )


async def _render_form(call: PageCall) -> web.Response:
    known = await registry.list_registry(call.context)
    return render_page(
        call,
        "order_form.html",
        call.texts("orders.new"),
        grades=get_args(Grade),
        products=[(p.id, product_name(p, call.language)) for p in known.products],
        packers=[(o.id, o.name) for o in known.organisations if o.kind == "packer"],
        print_houses=[(o.id, o.name) for o in known.organisations if o.kind == "print_house"],
        own=call.staff.role == "packer",
    )


def product_name(product: ProductRow, language: Language) -> str:
    """A product's name in a language, else in Vietnamese, else its id."""
    return product.name.get(language) or product.name.get("vi", product.id)
