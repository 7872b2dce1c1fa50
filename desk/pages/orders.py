"""Orders: ask for stamps, decide on what others ask for, issue what was approved."""

from typing import Final, cast, get_args

from aiohttp import web

from desk import scope, work
from desk.access import Access
from desk.call import Call
from desk.errors import MalformedBody
from desk.pages.render import Writer
from desk.roles import Permission
from desk.routes import Route
from ledger import Order, OrderState
from ledger.orders import Grade
from stamps.errors import VeritemError

_FORM: Final = ("application/x-www-form-urlencoded",)


class Orders:
    """The pages of orders."""

    def __init__(self, access: Access) -> None:
        self._access = access

    async def listed(self, call: Call) -> web.StreamResponse:
        """Orders that wait, then those that were decided on, the newest first."""
        orders = [o for o in await call.ledger.orders.list() if scope.sees_order(call.staff, o)]
        writer = Writer(call, self._access.sessions)
        return writer.page(
            "orders.html",
            writer.words("orders.title"),
            waiting=[order for order in orders if order.state is OrderState.REQUESTED],
            decided=[o for o in reversed(orders) if o.state is not OrderState.REQUESTED],
        )

    async def show(self, call: Call) -> web.StreamResponse:
        """One order."""
        return await self._order(call)

    async def form(self, call: Call) -> web.StreamResponse:
        """The form of a new order."""
        return await self._form(call)

    async def request(self, call: Call) -> web.StreamResponse:
        """Ask for stamps."""
        fields = call.fields
        said = fields.get("count", "").replace(".", "").replace(",", "")
        try:
            if not (said.isascii() and said.isdigit() and len(said) < 12 and int(said) > 0):
                raise MalformedBody(field="count", why="must be a whole number from 1")
            if fields.get("grade") not in get_args(Grade):
                raise MalformedBody(field="grade", why=f"must be one of {get_args(Grade)}")
            own = call.staff.organisation if call.staff.role == "packer" else None
            key = call.own_key(fields.get("key", ""))
            order = await work.request_order(
                call,
                Order(
                    # The form's key names it, so that pressing the button twice asks once.
                    id=f"o-{key.rpartition('/')[2][:16]}",
                    count=int(said),
                    grade=cast("Grade", fields["grade"]),
                    requested_by=call.actor,
                    has_pin=fields.get("has_pin") == "yes",
                    product=fields.get("product") or None,
                    packer=own or fields.get("packer") or None,
                    print_house=fields.get("print_house") or None,
                    note=fields.get("note", "")[:1000] or None,
                ),
            )
        except VeritemError as refusal:
            return await self._form(call, refusal)
        return web.Response(status=303, headers={"Location": f"/orders/{order.id}"})

    async def approve(self, call: Call) -> web.StreamResponse:
        """Agree to an order."""
        return await self._decide(call, OrderState.APPROVED)

    async def refuse(self, call: Call) -> web.StreamResponse:
        """Say no to an order."""
        return await self._decide(call, OrderState.REFUSED)

    async def issue(self, call: Call) -> web.StreamResponse:
        """Issue what is left of an approved order."""
        try:
            key = call.own_key(call.fields.get("key", ""))
            gs1 = call.fields.get("gs1") == "yes"
            batch = await work.issue(call, call.text("order"), key, None, gs1)
        except VeritemError as refusal:
            return await self._order(call, refusal)
        return web.Response(status=303, headers={"Location": f"/batches/{batch.number}"})

    def routes(self) -> tuple[Route, ...]:
        """The routes of these pages."""
        see, ask = (Permission.ORDER_SEE,), (Permission.ORDER_REQUEST,)
        decide, issue = (Permission.ORDER_DECIDE,), (Permission.BATCH_ISSUE,)
        one = "/orders/{order}"
        return (
            Route("GET", "/orders", self.listed, "orders.title", see),
            Route("GET", "/new-order", self.form, "orders.new", ask),
            Route("POST", "/new-order", self.request, "orders.new", ask, media=_FORM),
            Route("GET", one, self.show, "orders.title", see),
            Route("POST", f"{one}/approve", self.approve, "orders.approve", decide, media=_FORM),
            Route("POST", f"{one}/refuse", self.refuse, "orders.refuse", decide, media=_FORM),
            Route("POST", f"{one}/issue", self.issue, "orders.issue", issue, media=_FORM),
        )

    async def _decide(self, call: Call, state: OrderState) -> web.StreamResponse:
        try:
            await work.decide_order(call, call.text("order"), state)
        except VeritemError as refusal:
            return await self._order(call, refusal)
        return web.Response(status=303, headers={"Location": "/orders"})

    async def _order(self, call: Call, refusal: VeritemError | None = None) -> web.Response:
        order = await scope.order_for(call.ledger, call.staff, call.text("order"))
        product = await call.ledger.products.get(order.product) if order.product else None
        names = {o.id: o.name for o in await call.ledger.organisations.list()}
        writer = Writer(call, self._access.sessions)
        return writer.page(
            "order.html",
            f"{writer.words('batches.order')} {order.id}",
            refusal=refusal,
            order=order,
            product=product and (product.name.get(call.language) or product.name.get("vi")),
            names=names,
            batches=await call.ledger.batches.list(order.id),
            gs1=bool(product and product.gtin),
        )

    async def _form(self, call: Call, refusal: VeritemError | None = None) -> web.Response:
        organisations = await call.ledger.organisations.list()
        writer = Writer(call, self._access.sessions)
        return writer.page(
            "order_form.html",
            writer.words("orders.new"),
            refusal=refusal,
            f=lambda name: call.fields.get(name, ""),
            grades=get_args(Grade),
            products=[
                (product.id, product.name.get(call.language) or product.name.get("vi", product.id))
                for product in await call.ledger.products.list()
            ],
            packers=[o for o in organisations if o.kind == "packer"],
            print_houses=[o for o in organisations if o.kind == "print_house"],
            own=call.staff.role == "packer",
        )
