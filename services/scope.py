"""Scope: the orders, batches and lots that an actor may see and act on.

Inspectors, authorities, issuers and the operator see everything. A print house sees the orders
assigned to it and their batches. A packer sees its own orders, orders that name no packer, and the
lots of its own people and packing houses. A row outside of the scope is answered as unknown.
"""

from collections.abc import Iterable
from typing import Final

from ledger import Batch, LotRow, Order
from ledger.errors import UnknownBatch, UnknownLot, UnknownOrder
from services.context import Actor, ServiceContext

_UNRESTRICTED: Final = frozenset({"inspector", "authority", "issuer", "operator"})


def is_unrestricted(actor: Actor) -> bool:
    """Whether the actor sees the rows of every organisation."""
    return actor.role in _UNRESTRICTED


def includes_order(actor: Actor, order: Order) -> bool:
    """Whether the order is in the actor's scope.

    An order that names no packer is open to every packer. One that names no print house is
    printed by nobody until it does.
    """
    if is_unrestricted(actor):
        return True
    if actor.role == "print_house":
        return order.print_house is not None and order.print_house == actor.organisation
    return order.packer is None or order.packer == actor.organisation


async def find_order(context: ServiceContext, order_id: str) -> Order:
    """The order, if it is in scope. Raises `UnknownOrder`."""
    order = await context.ledger.orders.get(order_id)
    if not includes_order(context.actor, order):
        raise UnknownOrder(order=order_id)
    return order


async def find_batch(context: ServiceContext, number: int) -> Batch:
    """The batch, if its order is in scope. Raises `UnknownBatch`."""
    batch = await context.ledger.batches.get(number)
    if not is_unrestricted(context.actor):
        order = await context.ledger.orders.get(batch.order)
        if not includes_order(context.actor, order):
            raise UnknownBatch(batch=number)
    return batch


async def find_lot(context: ServiceContext, code: str) -> LotRow:
    """The lot, if it is in scope. Raises `UnknownLot`."""
    lot = await context.ledger.lots.get(code)
    if not is_unrestricted(context.actor):
        ownership = await LotOwnership.load(context)
        if not ownership.includes(lot):
            raise UnknownLot(lot=code)
    return lot


class LotOwnership:
    """Decides which lots belong to an organisation: by its people and its packing houses."""

    def __init__(self, people: Iterable[str], packing_houses: Iterable[str]) -> None:
        self._people = frozenset(people)
        self._packing_houses = frozenset(packing_houses)

    @classmethod
    async def load(cls, context: ServiceContext) -> "LotOwnership":
        """The ownership of the actor's organisation; of the actor alone without one."""
        actor, ledger = context.actor, context.ledger
        if actor.organisation is None:
            return cls({actor.id}, ())
        accounts, places = await ledger.staff.list(), await ledger.places.list()
        return cls(
            {account.id for account in accounts if account.organisation == actor.organisation},
            {p.code for p in places if p.code and p.organisation == actor.organisation},
        )

    def includes(self, lot: LotRow) -> bool:
        """Whether the lot belongs to the organisation."""
        return lot.actor in self._people or lot.packing_house in self._packing_houses
