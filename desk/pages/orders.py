"""Orders: request stamps, decide what others requested, issue what was approved."""

import asyncio
from typing import Any, Final, get_args
from urllib.parse import quote

from aiohttp import web
from pydantic import ValidationError

from desk.pages.call import PageCall
from desk.pages.forms import DraftOrder, IssueForm, OrderForm, OrderReasonForm, PackerChoiceForm
from desk.pages.list_cells import name_order_number
from desk.pages.lists import render_list
from desk.pages.order_limits import describe_limits
from desk.pages.render import render_page
from desk.pages.routing import PageRoutes, redirect
from ledger import Grade, Order, OrderState, ProductRow
from ledger.account_names import is_same_account
from ledger.errors import UnknownRow
from printing import STANDARD_DESIGNS, draw_specimen
from services.batches import batches
from services.batches.batches import BatchRequest
from services.lists.find import find_person_names
from services.lists.orders import ORDERS
from services.orders import order_limits, orders
from services.orders.orders import OrderRequest
from services.organisations import registry
from services.permissions import Permission, has_permission
from services.proposals import proposals
from stamps.vietnam_time import to_iso_day
from web.i18n import Language, format_iso_day

routes = PageRoutes()

_PICTURE_HEADERS: Final = {
    "Cache-Control": "private, max-age=86400",
    # Opened by itself, the picture runs and loads nothing.
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; sandbox",
    "X-Content-Type-Options": "nosniff",
}


@routes.add("GET", "/orders", permissions=(Permission.ORDER_SEE,))
async def list_orders(call: PageCall) -> web.StreamResponse:
    """List the orders."""
    may_request = has_permission(call.context.actor, Permission.ORDER_REQUEST)
    actions = [("/new-order", call.texts("orders.new"))] if may_request else []
    if has_permission(call.context.actor, Permission.QUOTA_SET):
        actions.append(("/quotas", call.texts("quotas.title")))
    return await render_list(call, ORDERS, call.texts("orders.title"), actions=actions)


@routes.add("GET", "/orders/{order}", permissions=(Permission.ORDER_SEE,))
async def show_order(call: PageCall, order: str) -> web.StreamResponse:
    """Show an order."""
    return await _render_order(call, order)


@routes.add("GET", "/new-order", permissions=(Permission.ORDER_REQUEST,))
async def show_form(call: PageCall) -> web.StreamResponse:
    """Show the form of a new order."""
    return await _render_form(call)


@routes.add("GET", "/labels/{grade}", permissions=(Permission.ORDER_SEE, Permission.BATCH_SEE))
async def show_specimen(call: PageCall, grade: str) -> web.StreamResponse:
    """Show the label of a grade, marked as a specimen, as an SVG picture."""
    known: dict[str, Grade] = {one: one for one in get_args(Grade)}
    if grade not in known:
        raise UnknownRow(kind="label", id=grade)
    # The first drawing learns the symbol's encoder, which takes a second.
    content = await asyncio.to_thread(draw_specimen, known[grade])
    return web.Response(body=content, content_type="image/svg+xml", headers=_PICTURE_HEADERS)


@routes.add("POST", "/new-order", permissions=(Permission.ORDER_REQUEST,))
async def request_order(call: PageCall) -> web.StreamResponse:
    """Request stamps."""
    form = call.parse_form(OrderForm if call.staff.role == "packer" else PackerChoiceForm)
    request = OrderRequest(
        count=form.count,
        grade=form.grade,
        has_pin=form.has_pin is not None,
        product=form.product,
        packer=form.packer,
        print_house=form.print_house,
        note=form.note,
        due_on=form.due_on,
        excess_reason=form.excess_reason,
        is_another=form.is_another is not None,
    )
    order = await orders.request_order(call.context, request, call.key)
    return redirect(_address(order.id), "flash.order_sent", count=order.count)


@routes.add("POST", "/orders/{order}/approve", permissions=(Permission.ORDER_DECIDE,))
async def approve_order(call: PageCall, order: str) -> web.StreamResponse:
    """Approve an order."""
    await orders.approve_order(call.context, order)
    return redirect("/orders", "flash.order_approved")


@routes.add("POST", "/orders/{order}/excess", permissions=(Permission.ORDER_DECIDE,))
async def propose_excess(call: PageCall, order: str) -> web.StreamResponse:
    """Approve an order above a limit; another person's approval follows."""
    form = call.parse_form(OrderReasonForm)
    await orders.propose_excess(call.context, order, form.reason, call.key)
    return redirect(_address(order), "flash.excess_proposed")


@routes.add("POST", "/orders/{order}/excess/{proposal}", permissions=(Permission.ORDER_DECIDE,))
async def approve_excess(call: PageCall, order: str, proposal: int) -> web.StreamResponse:
    """Approve an order above a limit as the second person."""
    await proposals.approve_proposal(call.context, proposal)
    return redirect(_address(order), "flash.order_approved")


@routes.add("POST", "/orders/{order}/refuse", permissions=(Permission.ORDER_DECIDE,))
async def refuse_order(call: PageCall, order: str) -> web.StreamResponse:
    """Refuse an order, with a reason."""
    form = call.parse_form(OrderReasonForm)
    await orders.refuse_order(call.context, order, form.reason)
    return redirect("/orders", "flash.order_refused")


@routes.add("POST", "/orders/{order}/withdraw", permissions=(Permission.ORDER_REQUEST,))
async def withdraw_order(call: PageCall, order: str) -> web.StreamResponse:
    """Withdraw one's own order."""
    await orders.withdraw_order(call.context, order)
    return redirect(_address(order), "flash.order_withdrawn")


@routes.add("POST", "/orders/{order}/issue", permissions=(Permission.BATCH_ISSUE,))
async def issue_batch(call: PageCall, order: str) -> web.StreamResponse:
    """Issue what is left of an approved order."""
    host = call.runtime.dependencies.stamp_host
    form = call.parse_form(IssueForm)
    request = BatchRequest(order=order, host=host, gs1=form.gs1 is not None)
    batch = await batches.issue_batch(call.context, request, call.key)
    return redirect(f"/batches/{batch.number}", "flash.batch_issued", count=batch.count)


async def _render_order(call: PageCall, order_id: str) -> web.Response:
    context = call.context
    order = await orders.get_order(context, order_id)
    known = await registry.list_registry(context)
    product = next((p for p in known.products if p.id == order.product), None)
    issued = await batches.list_batches(context, order=order.id)
    is_open = order.state is OrderState.REQUESTED
    limits = await order_limits.compare_order(context, order) if is_open else None
    first = await orders.find_excess_proposal(context, order.id) if is_open else None
    is_own = is_same_account(order.requested_by, context.actor.id)
    may_decide = is_open and not is_own and has_permission(context.actor, Permission.ORDER_DECIDE)
    return render_page(
        call,
        "order.html",
        name_order_number(order.number, order.id, call.texts),
        order=order,
        people=await find_person_names(
            context, order.requested_by, order.decided_by, first.requested_by if first else None
        ),
        product=product and product_name(product, call.language),
        names={organisation.id: organisation.name for organisation in known.organisations},
        batches=issued.items,
        gs1=bool(product and product.gtin),
        due=order.due_on and format_iso_day(order.due_on, call.language),
        is_late=is_late(order, context.clock()),
        limits=limits and describe_limits(limits, call.texts),
        is_above=limits is not None and limits.is_above,
        first=first,
        is_own=is_own,
        may_decide=may_decide,
        is_complete=order.packer is not None and order.product is not None,
    )


async def _render_form(call: PageCall) -> web.Response:
    known = await registry.list_registry(call.context)
    enabled = [one for one in known.organisations if one.disabled_at is None]
    return render_page(
        call,
        "order_form.html",
        call.texts("orders.new"),
        grades=get_args(Grade),
        products=[(p.id, product_name(p, call.language)) for p in known.products],
        packers=[(o.id, o.name) for o in enabled if o.kind == "packer"],
        print_houses=[(o.id, o.name) for o in enabled if o.kind == "print_house"],
        own=call.staff.role == "packer",
        today=to_iso_day(call.context.clock()),
        designs=[(grade, STANDARD_DESIGNS[grade]) for grade in get_args(Grade)],
        **await _check_draft(call),
    )


async def _check_draft(call: PageCall) -> dict[str, Any]:
    """Return what limits and earlier orders say of the order that is shown again."""
    packer = call.staff.organisation if call.staff.role == "packer" else call.fields.get("packer")
    checked: dict[str, Any] = {"limits": None, "similar": None}
    try:
        typed = DraftOrder.model_validate(
            dict(call.fields) | {"packer": packer}, context=call.language
        )
    except ValidationError:
        return checked
    asked = (call.context, typed.packer, typed.product, typed.count)
    limits = await order_limits.compare_request(*asked)
    similar = await orders.find_similar_order(*asked)
    if limits.is_above:
        checked["limits"] = describe_limits(limits, call.texts)
    if similar is not None:
        checked["similar"] = similar
        checked["similar_name"] = name_order_number(similar.number, similar.id, call.texts)
    return checked


def is_late(order: Order, now: int) -> bool:
    """Whether an open or approved order was needed before today."""
    waits = order.state in (OrderState.REQUESTED, OrderState.APPROVED)
    return waits and order.due_on is not None and order.due_on < to_iso_day(now)


def _address(order: str) -> str:
    return f"/orders/{quote(order, safe='')}"


def product_name(product: ProductRow, language: Language) -> str:
    """A product's name in a language, else in Vietnamese, else its id."""
    return product.name.get(language) or product.name.get("vi", product.id)
