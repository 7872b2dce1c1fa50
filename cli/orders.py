"""`veritem order`: stamps asked for by one person and approved by another."""

from typing import Annotated, Any

import typer

from cli.context import Actor, ConfigFile, opened, run
from cli.output import Json, facts, say, table, when
from ledger import Grade, Order, OrderState
from stamps.timestamps import format_rfc3339

app = typer.Typer(no_args_is_help=True, help="Orders: stamps asked for, and approved by another.")

Id = Annotated[str, typer.Argument(metavar="ORDER", help="The order's name.")]


@app.command()
def request(
    order: Id,
    count: Annotated[int, typer.Option(min=1, help="How many stamps.")],
    actor: Actor,
    grade: Annotated[
        Grade, typer.Option(help="sealed: smallest symbol; signed: checks offline.")
    ] = "sealed",
    pin: Annotated[bool, typer.Option("--pin", help="With a PIN under a scratch layer.")] = False,
    product: Annotated[str | None, typer.Option(help="The product, if it is one.")] = None,
    note: Annotated[str | None, typer.Option(help="For whoever approves.")] = None,
    file: ConfigFile = None,
    as_json: Json = False,
) -> None:
    """Ask for stamps. Another person must approve."""
    asked = Order(
        id=order,
        count=count,
        grade=grade,
        requested_by=actor,
        has_pin=pin,
        product=product,
        note=note,
    )

    async def work() -> Order:
        async with opened(file) as (_, ledger):
            return await ledger.orders.add(asked)

    _show(run(work()), as_json)


@app.command()
def approve(order: Id, actor: Actor, file: ConfigFile = None, as_json: Json = False) -> None:
    """Approve an order that somebody else asked for."""

    async def work() -> Order:
        async with opened(file) as (_, ledger):
            return await ledger.orders.approve(order, actor)

    _show(run(work()), as_json)


@app.command()
def refuse(order: Id, actor: Actor, file: ConfigFile = None, as_json: Json = False) -> None:
    """Refuse an order that somebody else asked for."""

    async def work() -> Order:
        async with opened(file) as (_, ledger):
            return await ledger.orders.refuse(order, actor)

    _show(run(work()), as_json)


@app.command("list")
def list_(
    state: Annotated[OrderState | None, typer.Option(help="Only those in this state.")] = None,
    file: ConfigFile = None,
    as_json: Json = False,
) -> None:
    """List the orders, oldest first."""

    async def work() -> list[Order]:
        async with opened(file) as (_, ledger):
            return await ledger.orders.list(state)

    orders = run(work())
    say(
        {"orders": [_document(order) for order in orders]},
        as_json,
        lambda: table(
            "Orders",
            ("order", "stamps", "grade", "state", "asked by", "on", "decided by"),
            (
                (
                    o.id,
                    o.count,
                    o.grade,
                    o.state,
                    o.requested_by,
                    when(o.requested_at),
                    o.decided_by,
                )
                for o in orders
            ),
        ),
    )


def _document(order: Order) -> dict[str, Any]:
    return {
        "order": order.id,
        "count": order.count,
        "grade": order.grade,
        "pin": order.has_pin,
        "product": order.product,
        "state": order.state,
        "requested_by": order.requested_by,
        "requested_at": format_rfc3339(order.requested_at),
        "decided_by": order.decided_by,
        "decided_at": format_rfc3339(order.decided_at),
    }


def _show(order: Order, as_json: bool) -> None:
    say(
        _document(order),
        as_json,
        lambda: facts(
            f"Order {order.id}: {order.state}",
            {
                "stamps": order.count,
                "grade": order.grade,
                "asked by": order.requested_by,
                "decided by": order.decided_by,
            },
        ),
    )
