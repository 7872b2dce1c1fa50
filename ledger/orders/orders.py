"""Orders: requests for stamps, each decided by another person or withdrawn by who requested it.

`ledger.orders.order_states` is the table of states and steps. Nobody decides on their own order
(`SamePerson`), and whoever requested or decides has an account that is enabled and confirmed. An
order above a limit (`ledger.orders.order_limits`) is approved by two people
(`ledger.orders.order_excess`). An order is fulfilled when its batches have as many stamps as were
approved. The ledger gives each a number (`ledger.orders.order_numbers`), by which people speak of
it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Literal

from sqlalchemy import RowMapping, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from ledger import schema
from ledger.account_names import is_same_account
from ledger.chains.chained_rows import record_row_change
from ledger.cursor_pages import Key
from ledger.enabled_organisations import require_enabled
from ledger.errors import (
    AlreadyExists,
    ForeignOrder,
    OrderAboveLimits,
    OrderNotOpen,
    SamePerson,
    UnknownOrder,
)
from ledger.orders.order_filter import OrderFilter
from ledger.orders.order_limits import LimitedOrder, compute_order_limits
from ledger.orders.order_numbers import (
    OrderNumber,
    find_order_numbers,
    find_year,
    give_order_number,
)
from ledger.orders.order_states import OrderState
from ledger.proposals.deciding_account import require_deciding_account
from ledger.proposals.proposals import withdraw_open_proposal
from ledger.search_words import put_search_words
from ledger.storage.store import Store, uncancellable
from stamps.vietnam_time import to_iso_day

Grade = Literal["sealed", "signed"]


@dataclass(frozen=True, slots=True)
class Order:
    """A request for stamps of one grade. Times are milliseconds, UTC."""

    id: str
    count: int
    grade: Grade
    requested_by: str
    has_pin: bool = False
    product: str | None = None
    packer: str | None = None
    print_house: str | None = None
    note: str | None = None
    requested_at: int | None = None
    """The ledger's clock fills None in."""
    state: OrderState = OrderState.REQUESTED
    decided_by: str | None = None
    decided_at: int | None = None
    """When it was decided or withdrawn."""
    due_on: str | None = None
    """The day by which the stamps are needed, an ISO date."""
    excess_reason: str | None = None
    """Why the requester asks for more than the limits leave."""
    decision_reason: str | None = None
    """Why it was refused."""
    number: OrderNumber | None = field(default=None, compare=False)
    """The ledger gives it; a given one is ignored."""

    def to_limited(self) -> LimitedOrder | None:
        """Comparison with its limits; None where it names no packer or product."""
        if self.packer is None or self.product is None:
            return None
        year = find_year(self.requested_at or 0) if self.number is None else self.number.year
        return LimitedOrder(self.packer, self.product, self.count, year, self.id)


class Orders:
    """The orders of one ledger."""

    def __init__(self, store: Store, clock: Callable[[], int]) -> None:
        self._store = store
        self._clock = clock

    @uncancellable
    async def add(self, order: Order) -> Order:
        """Add a requested order; a given state and decision are ignored."""
        at = self._clock() if order.requested_at is None else order.requested_at
        order = replace(
            order,
            requested_at=at,
            state=OrderState.REQUESTED,
            decided_by=None,
            decided_at=None,
            decision_reason=None,
        )
        async with self._store.write() as connection:
            try:
                known = await find_order(connection, order.id)
            except UnknownOrder:
                row = {name: cell for name, cell in asdict(order).items() if name != "number"}
                await connection.execute(insert(schema.orders).values(row))
                number = await give_order_number(connection, order.id, at)
                await put_search_words(connection, "order", order.id, order.id, order.note)
                details = {"number": str(number)}
                await _record(connection, order.id, "request", order.requested_by, at, details)
                return replace(order, number=number)
            if replace(known, requested_at=at) != order:
                raise AlreadyExists(kind="order", id=order.id)
            return known

    @uncancellable
    async def approve(self, id_: str, actor: str, at: int | None = None) -> Order:
        """Approve an order as a second person; approving again changes nothing.

        Raises `UnknownOrder`, `SamePerson`, `AccountRequired`, `OrderNotOpen`, `OrderAboveLimits`,
        `OrganisationDisabled`.
        """
        at = self._clock() if at is None else at
        async with self._store.write() as connection:
            return await decide_order(connection, id_, OrderState.APPROVED, actor=actor, at=at)

    @uncancellable
    async def refuse(self, id_: str, actor: str, reason: str, at: int | None = None) -> Order:
        """Refuse an order as a second person, with a reason; no batch can be issued from it.

        Raises as `approve` does, but not `OrderAboveLimits`.
        """
        at = self._clock() if at is None else at
        async with self._store.write() as connection:
            return await decide_order(
                connection, id_, OrderState.REFUSED, actor=actor, at=at, reason=reason
            )

    @uncancellable
    async def withdraw(self, id_: str, actor: str, at: int | None = None) -> Order:
        """Withdraw an order as the person who requested it; again changes nothing.

        Raises `UnknownOrder`, `ForeignOrder`, `OrderNotOpen`.
        """
        at = self._clock() if at is None else at
        async with self._store.write() as connection:
            order = await find_order(connection, id_)
            if not is_same_account(order.requested_by, actor):
                raise ForeignOrder(order=id_, actor=order.requested_by)
            if order.state is OrderState.WITHDRAWN:
                return order
            return await _close(
                connection, order, actor, at, {"state": OrderState.WITHDRAWN, "decided_at": at}
            )

    async def get(self, id_: str) -> Order:
        """Return the order of this id. Raises `UnknownOrder`."""
        async with self._store.read() as connection:
            return await find_order(connection, id_)

    async def find_page(
        self, wanted: OrderFilter, *, after: Key | None = None, limit: int
    ) -> "list[Order]":
        """At most `limit` orders that match, newest first.

        `after` is the sort key, `(requested_at, id)`, of the last row of the page before.
        """
        async with self._store.read() as connection:
            found = await connection.execute(wanted.select(after, limit))
            return await _from_rows(connection, found.mappings().all())

    async def list(self, state: OrderState | None = None) -> "list[Order]":
        """Return all orders, or those in one state, oldest first."""
        orders = schema.orders
        query = select(orders).order_by(orders.c.requested_at, orders.c.id)
        if state is not None:
            query = query.where(orders.c.state == state)
        async with self._store.read() as connection:
            found = await connection.execute(query)
            return await _from_rows(connection, found.mappings().all())

    async def find_similar(
        self, packer: str, product: str, count: int, *, since: int
    ) -> "Order | None":
        """The newest order of the same packer, product and count since a time.

        Refused and withdrawn orders do not count.
        """
        orders = schema.orders
        query = (
            select(orders)
            .where(
                orders.c.packer == packer,
                orders.c.requested_at >= since,
                orders.c.product == product,
                orders.c.count == count,
                orders.c.state.not_in((OrderState.REFUSED, OrderState.WITHDRAWN)),
            )
            .order_by(orders.c.requested_at.desc(), orders.c.id.desc())
            .limit(1)
        )
        async with self._store.read() as connection:
            rows = (await connection.execute(query)).mappings().all()
            return next(iter(await _from_rows(connection, rows)), None)


async def find_order(connection: AsyncConnection, id_: str) -> Order:
    """Return the order inside the caller's transaction. Raises `UnknownOrder`."""
    found = await connection.execute(select(schema.orders).where(schema.orders.c.id == id_))
    row = found.mappings().one_or_none()
    if row is None:
        raise UnknownOrder(order=id_)
    return (await _from_rows(connection, [row]))[0]


def order_subject(id_: str) -> str:
    """The subject of proposals about an order."""
    return f"order:{id_}"


async def decide_order(
    connection: AsyncConnection,
    id_: str,
    state: OrderState,
    *,
    actor: str,
    at: int,
    reason: str | None = None,
    may_exceed: bool = False,
) -> Order:
    """Approve or refuse an order inside the caller's transaction.

    `may_exceed` says that two people approved it above a limit. Raises as `Orders.approve` does.
    """
    order = await find_order(connection, id_)
    if is_same_account(order.requested_by, actor):
        raise SamePerson(order=id_, actor=order.requested_by)
    await require_deciding_account(connection, actor)
    if order.state is state:
        return order
    decision = {
        "state": state,
        "decided_by": actor,
        "decided_at": at,
        "decision_reason": reason,
    }
    if state is not OrderState.APPROVED:
        return await _close(connection, order, actor, at, decision)
    _require_open(order)
    await require_deciding_account(connection, order.requested_by)
    await require_enabled(connection, order.packer, order.print_house)
    if not may_exceed:
        await _require_within_limits(connection, order, at)
    await _update(connection, id_, decision)
    await _record(connection, id_, state, actor, at)
    return await find_order(connection, id_)


async def fulfil_order(connection: AsyncConnection, order: Order, actor: str, at: int) -> None:
    """Mark an order as fulfilled inside the caller's transaction."""
    await _update(connection, order.id, {"state": OrderState.FULFILLED})
    await _record(connection, order.id, OrderState.FULFILLED, actor, at)


async def _close(
    connection: AsyncConnection, order: Order, actor: str, at: int, cells: Mapping[str, Any]
) -> Order:
    """Refuse or withdraw an open order, and with it what waits for a second approval."""
    _require_open(order)
    await withdraw_open_proposal(connection, order_subject(order.id), actor=actor, at=at)
    await _update(connection, order.id, cells)
    await _record(connection, order.id, cells["state"], actor, at)
    return await find_order(connection, order.id)


def _require_open(order: Order) -> None:
    if order.state is not OrderState.REQUESTED:
        raise OrderNotOpen(order=order.id, state=order.state, wanted=OrderState.REQUESTED)


async def _require_within_limits(connection: AsyncConnection, order: Order, at: int) -> None:
    """Raise `OrderAboveLimits` for an order that needs a second approval."""
    limited = order.to_limited()
    if limited is None:
        return  # limits are those of a packer and its product
    limits = await compute_order_limits(connection, limited, to_iso_day(at))
    if limits.is_above:
        raise OrderAboveLimits(
            order=order.id,
            count=order.count,
            quota_left=limits.left,
            crop_left=limits.crop_left,
        )


async def _update(connection: AsyncConnection, id_: str, values: Mapping[str, Any]) -> None:
    orders = schema.orders
    await connection.execute(update(orders).where(orders.c.id == id_).values(values))


async def _record(
    connection: AsyncConnection,
    id_: str,
    verb: str,
    actor: str,
    at: int,
    details: Mapping[str, Any] | None = None,
) -> None:
    await record_row_change(
        connection,
        schema.orders,
        id_,
        at=at,
        actor=actor,
        action=f"order.{verb}",
        details=details,
    )


async def _from_rows(connection: AsyncConnection, rows: Sequence[RowMapping]) -> list[Order]:
    """The orders in rows, with their numbers."""
    numbers = await find_order_numbers(connection, [row["id"] for row in rows])
    return [
        Order(**{**row, "state": OrderState(row["state"]), "number": numbers.get(row["id"])})
        for row in rows
    ]
