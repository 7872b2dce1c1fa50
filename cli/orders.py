"""`veritem order`: orders for stamps, requested by one person and decided by another."""

from typing import Annotated

import typer

from cli.context import ConfigFile, IdempotencyKey, SignedInAs
from cli.numbers import parse_number
from cli.output import (
    Json,
    format_local_time,
    print_fields,
    print_result,
    print_table,
)
from cli.proposal_output import print_proposed, warn_of_decision
from cli.use_cases import call_service
from ledger import Grade, Order, OrderState
from services import ServiceContext
from services.documents import describe_order, describe_order_limits, describe_quota
from services.orders import order_limits, orders
from services.orders.orders import OrderRequest

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
    product: Annotated[str, typer.Option(help="The one product of the stamps.")],
    actor: SignedInAs,
    grade: Annotated[
        Grade, typer.Option(help="sealed: smallest symbol; signed: checks offline.")
    ] = "sealed",
    pin: Annotated[bool, typer.Option("--pin", help="With a PIN under a scratch layer.")] = False,
    packer: Annotated[
        str | None, typer.Option(help="Who activates the stamps; a packer orders for itself.")
    ] = None,
    print_house: Annotated[str | None, typer.Option(help="Who prints the stamps.")] = None,
    note: Annotated[str | None, typer.Option(help="For the person who decides.")] = None,
    due: Annotated[
        str | None, typer.Option(metavar="DATE", help="The day by which the stamps are needed.")
    ] = None,
    excess_reason: Annotated[
        str | None, typer.Option(help="Why the order is above a limit of its packer.")
    ] = None,
    again: Annotated[
        bool, typer.Option("--again", help="Another order like one of these days.")
    ] = False,
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
        due_on=due,
        excess_reason=excess_reason,
        is_another=again,
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


@app.command("approve-excess")
def approve_excess(
    order: OrderId,
    reason: Annotated[str, typer.Option(help="Why the order may be above its limit.")],
    actor: SignedInAs,
    key: IdempotencyKey,
    file: ConfigFile = None,
    as_json: Json = False,
) -> None:
    """Approve an order above a limit; a third person approves the proposal that this makes."""
    proposal = call_service(
        file, lambda c: orders.propose_excess(c, order, reason, key), actor=actor
    )
    print_proposed(proposal, as_json)


@app.command()
def refuse(
    order: OrderId,
    reason: Annotated[str, typer.Option(help="What the requester is told.")],
    actor: SignedInAs,
    file: ConfigFile = None,
    as_json: Json = False,
) -> None:
    """Refuse an order of another person, with a reason."""
    decided = call_service(file, lambda c: orders.refuse_order(c, order, reason), actor=actor)
    _print_order(decided, as_json)


@app.command()
def withdraw(
    order: OrderId, actor: SignedInAs, file: ConfigFile = None, as_json: Json = False
) -> None:
    """Withdraw your own order before it is decided."""
    _print_order(
        call_service(file, lambda c: orders.withdraw_order(c, order), actor=actor), as_json
    )


@app.command("limits")
def show_limits(order: OrderId, file: ConfigFile = None, as_json: Json = False) -> None:
    """Show an order against the packer's quota and crop."""
    limits = call_service(file, lambda c: order_limits.get_order_limits(c, order))
    crop = limits.crop
    fields = {
        "stamps": limits.count,
        "quota of the year": limits.quota,
        "used": limits.used,
        "ordered of the product": limits.ordered,
        "activated": limits.activated,
        "fruits": None if crop is None else crop.fruits,
        "second approval": "needed" if limits.is_above else "not needed",
    }
    shown = {name: value for name, value in fields.items() if value is not None}
    print_result(
        describe_order_limits(limits),
        as_json,
        lambda: print_fields(f"Limits of order {order} in {limits.year}", shown),
    )


@app.command("quotas")
def list_quotas(
    year: Annotated[int | None, typer.Option(help="This year by default.")] = None,
    after: Annotated[str | None, typer.Option(help="`next` of the page before.")] = None,
    file: ConfigFile = None,
    as_json: Json = False,
) -> None:
    """List the packers with their quotas of a year."""
    page = call_service(file, lambda c: order_limits.list_quotas(c, year=year, after=after))
    print_result(
        {"quotas": [describe_quota(one) for one in page.items], "next": page.next},
        as_json,
        lambda: print_table(
            "Quotas",
            ("packer", "name", "year", "quota", "used", "left"),
            (
                (one.organisation, one.name, one.year, one.stamps, one.used, one.left)
                for one in page.items
            ),
        ),
    )


@app.command("set-quota")
def set_quota(
    packer: Annotated[str, typer.Argument(metavar="PACKER", help="The organisation's id.")],
    year: Annotated[int, typer.Option(help="The calendar year.")],
    actor: SignedInAs,
    stamps: Annotated[
        int | None,
        typer.Option(
            metavar="NUMBER", help="Stamps of the year; no quota without it.", parser=parse_number
        ),
    ] = None,
    file: ConfigFile = None,
    as_json: Json = False,
) -> None:
    """Set how many stamps a packer may be given in a year."""
    quota = call_service(
        file, lambda c: order_limits.set_quota(c, packer, year, stamps), actor=actor
    )
    print_result(
        describe_quota(quota),
        as_json,
        lambda: print_fields(
            f"Quota of {quota.organisation} in {quota.year}",
            {"stamps": "none" if quota.stamps is None else quota.stamps, "used": quota.used},
        ),
    )


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
        "needed by": order.due_on,
        "note": order.note,
        "above a limit because": order.excess_reason,
        "refused because": order.decision_reason,
    }
    shown = {name: value for name, value in fields.items() if value is not None}
    print_result(
        describe_order(order),
        as_json,
        lambda: print_fields(f"Order {order.id}: {order.state}", shown),
    )
