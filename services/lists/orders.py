"""The lists of orders and batches."""

from collections.abc import Mapping, Sequence
from typing import Final

from ledger import OrderState
from ledger.lists import Match, tables
from ledger.schema import NO_DUE_DAY
from services import scope
from services.context import ServiceContext
from services.lists.description import Groups, ListColumn, ListDescription, ListFilter, Row
from services.lists.filters import (
    PACKER_FILTER,
    PRINT_HOUSE_FILTER,
    PRODUCT_FILTER,
    PROVINCE_FILTER,
)
from services.lists.search import (
    search_batches,
    search_orders,
)
from services.permissions import Permission
from stamps.lifecycle import State
from stamps.vietnam_time import to_iso_day


def _scope_orders(context: ServiceContext) -> Groups:
    """Scope as in `scope.order_scope`; batches have the parties of their order."""
    wanted = scope.order_scope(context.actor)
    groups: list[list[Match]] = []
    if wanted.open_to_packer is not None:
        groups.append([("packer", wanted.open_to_packer), ("packer", None)])
    if wanted.print_house is not None:
        groups.append([("print_house", wanted.print_house)])
    if wanted.province is not None:
        groups.append([("province", wanted.province)])
    return groups


async def _count_states(context: ServiceContext, rows: Sequence[Row]) -> Sequence[Row]:
    """Add the counts of each batch's stamps by state: `states`, and a cell for each state."""
    counted = await context.ledger.transitions.count_states([row["id"] for row in rows])
    today = to_iso_day(context.clock())
    return [
        {
            **row,
            "states": states,
            **{f"stamps_{state}": n for state, n in states.items()},
            **_judge_due_day(row, today, is_open=State.ISSUED in states),
        }
        for row in rows
        for states in [counted.get(row["id"], {})]
    ]


async def _judge_orders(context: ServiceContext, rows: Sequence[Row]) -> Sequence[Row]:
    """Rows that say whether the stamps are late."""
    today = to_iso_day(context.clock())
    waits = (OrderState.REQUESTED, OrderState.APPROVED)
    return [{**row, **_judge_due_day(row, today, is_open=row["state"] in waits)} for row in rows]


def _judge_due_day(row: Row, today: str, *, is_open: bool) -> Mapping[str, str | None]:
    """The day by which stamps are needed, if there is one, and `late` for one that has passed."""
    due = row["due_on"] if row["due_on"] != NO_DUE_DAY else None
    is_late = is_open and due is not None and due < today
    return {"due": due, "due_state": "late" if is_late else None}


ORDERS: Final = ListDescription(
    name="orders",
    table=tables.ORDERS,
    permissions=(Permission.ORDER_SEE,),
    columns=(
        ListColumn("id", "order"),
        ListColumn("product", "product", below="id"),
        ListColumn("count", "count", sort="count"),
        ListColumn("packer", "organisation"),
        ListColumn("print_house", "organisation", below="packer"),
        ListColumn("requested_at", "moment", sort="requested_at"),
        ListColumn("requested_by", "person", below="requested_at"),
        ListColumn("due", "date"),
        ListColumn("due_state", "slug", family="orders", below="due"),
        ListColumn("state", "slug", family="orders"),
        ListColumn("note", "text", is_exported_only=True),
        ListColumn("decided_by", "person", is_exported_only=True),
        ListColumn("decided_at", "moment", is_exported_only=True),
    ),
    filters=(
        ListFilter("state", "choice", choices=tuple(OrderState), family="orders"),
        PRODUCT_FILTER,
        PACKER_FILTER,
        PRINT_HOUSE_FILTER,
        PROVINCE_FILTER,
        ListFilter("requested_by", "person"),
    ),
    sorts={"requested_at": int, "count": int},
    key_type=str,
    default_sort="-requested_at",
    scope=_scope_orders,
    search=search_orders,
    complete=_judge_orders,
)


BATCHES: Final = ListDescription(
    name="batches",
    table=tables.BATCHES,
    permissions=(Permission.BATCH_SEE,),
    columns=(
        ListColumn("id", "batch"),
        ListColumn("product", "product", below="id"),
        ListColumn("count", "count"),
        ListColumn("packer", "organisation"),
        ListColumn("print_house", "organisation", below="packer"),
        ListColumn("states", "bar"),
        *(ListColumn(f"stamps_{one}", "count", is_exported_only=True) for one in State),
        ListColumn("due", "date", sort="due_on"),
        ListColumn("due_state", "slug", family="orders", below="due"),
        ListColumn("at", "moment", sort="at"),
        ListColumn("order", "order", is_exported_only=True),
        ListColumn("grade", "slug", family="batches", is_exported_only=True),
        ListColumn("has_pin", "yes", is_exported_only=True),
        ListColumn("gtin", "text", is_exported_only=True),
    ),
    filters=(
        ListFilter("stage", "choice", choices=("to_print", "to_activate"), family="stage"),
        PRODUCT_FILTER,
        PACKER_FILTER,
        PRINT_HOUSE_FILTER,
        PROVINCE_FILTER,
        ListFilter("order", "record"),
    ),
    sorts={"at": int, "due_on": str},
    key_type=int,
    default_sort="-at",
    scope=_scope_orders,
    search=search_batches,
    complete=_count_states,
)
