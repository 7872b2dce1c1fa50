"""`veritem order`: orders for stamps, requested by one person and decided by another."""

from typing import Annotated

import typer

from cli.context import ConfigFile, SignedInAs
from cli.numbers import parse_number
from cli.output import Json, format_local_time, print_fields, print_result, print_table
from cli.proposal_output import warn_of_decision
from cli.use_cases import call_service
from ledger import Grade, Order, OrderState
from services import ServiceContext, orders
from services.documents import describe_order
from services.orders import OrderRequest

app = typer.Typer(
    no_args_is_help=True, help="Orders for stamps: requested by one person, decided by another."
)

OrderId = Annotated[str, typer.Argument(metavar="ORDER", help="The order's name.")]


@app.command()
def request(
    order: OrderId,
    count: Annotated[
        int, typer.Option(metavar="NUMBER", help="How many stamps.", parser=parse_number)
    ],
    actor: SignedInAs,
    grade: Annotated[
        Grade, typer.Option(help="sealed: smallest symbol; signed: checks offline.")
    ] = "sealed",
    pin: Annotated[bool, typer.Option("--pin", help="With a PIN under a scratch layer.")] = False,
    product: Annotated[str | None, typer.Option(help="The one product of the stamps.")] = None,
    packer: Annotated[str | None, typer.Option(help="Who activates the stamps.")] = None,
    print_house: Annotated[str | None, typer.Option(help="Who prints the stamps.")] = None,
    note: Annotated[str | None, typer.Option(help="For the person who decides.")] = None,
    file: ConfigFile = None,
    as_json: Json = False,
) -> None:
    """Request stamps. Another person must approve."""
    wanted = OrderRequest(
        count=count,
        grade=grade,
        id=order,
        has_pin=pin,
        product=product,
        packer=packer,
        print_house=print_house,
        note=note,
    )
    added = call_service(file, lambda c: orders.request_order(c, wanted), actor=actor)
    _print_order(added, as_json)


@app.command()
def approve(
    order: OrderId, actor: SignedInAs, file: ConfigFile = None, as_json: Json = False
) -> None:
    """Approve an order of another person."""

    async def decide(context: ServiceContext) -> tuple[Order, bool]:
        return await orders.approve_order(context, order), context.ledger.is_sqlite

    decided, is_sqlite = call_service(file, decide, actor=actor)
    _print_order(decided, as_json)
    warn_of_decision(is_sqlite=is_sqlite)


@app.command()
def refuse(
    order: OrderId, actor: SignedInAs, file: ConfigFile = None, as_json: Json = False
) -> None:
    """Refuse an order of another person."""
    decided = call_service(file, lambda c: orders.refuse_order(c, order), actor=actor)
    _print_order(decided, as_json)


@app.command("show")
def show_order(order: OrderId, file: ConfigFile = None, as_json: Json = False) -> None:
    """Show an order."""
    _print_order(call_service(file, lambda c: orders.get_order(c, order)), as_json)


@app.command("list")
def list_(
    state: Annotated[OrderState | None, typer.Option(help="Only orders in this state.")] = None,
    file: ConfigFile = None,
    as_json: Json = False,
) -> None:
    """List the orders, oldest first."""
    page = call_service(file, lambda c: orders.list_orders(c, state=state))
    print_result(
        {"orders": [describe_order(order) for order in page.items], "next": page.next},
        as_json,
        lambda: print_table(
            "Orders",
            ("number", "order", "stamps", "grade", "state", "requested by", "on", "decided by"),
            (
                (
                    order.number,
                    order.id,
                    order.count,
                    order.grade,
                    order.state,
                    order.requested_by,
                    format_local_time(order.requested_at),
                    order.decided_by,
                )
                for order in page.items
            ),
        ),
    )


def _print_order(order: Order, as_json: bool) -> None:
    fields = {
        "stamps": order.count,
        "grade": order.grade + (", with PIN" if order.has_pin else ""),
        "product": order.product,
        "packer": order.packer,
        "print house": order.print_house,
        "requested by": order.requested_by,
        "decided by": order.decided_by,
        "note": order.note,
    }
    shown = {name: value for name, value in fields.items() if value is not None}
    print_result(
        describe_order(order),
        as_json,
        lambda: print_fields(f"Order {order.id}: {order.state}", shown),
    )
