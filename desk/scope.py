"""On what somebody may act: a print house on the batches assigned to it, a packer on its own.

What lies outside of somebody's scope is answered as if it were not there.
"""

from collections.abc import Iterable
from typing import Final

from ledger import Batch, Ledger, LotRow, Order, Staff
from ledger.errors import UnknownBatch, UnknownLot, UnknownOrder

_EVERYTHING: Final = frozenset({"inspector", "authority", "issuer"})


def sees_order(staff: Staff, order: Order) -> bool:
    """Whether an order is somebody's business.

    An order that names no packer is for any packer; one that names no print house is printed by
    nobody until it does.
    """
    if staff.role in _EVERYTHING:
        return True
    if staff.role == "print_house":
        return order.print_house is not None and order.print_house == staff.organisation
    return order.packer is None or order.packer == staff.organisation


async def order_for(ledger: Ledger, staff: Staff, id_: str) -> Order:
    """The order, if it is in the scope. Raises `UnknownOrder`."""
    order = await ledger.orders.get(id_)
    if not sees_order(staff, order):
        raise UnknownOrder(order=id_)
    return order


async def batch_for(ledger: Ledger, staff: Staff, number: int) -> Batch:
    """The batch, if its order is in the scope. Raises `UnknownBatch`."""
    batch = await ledger.batches.get(number)
    if staff.role not in _EVERYTHING and not sees_order(
        staff, await ledger.orders.get(batch.order)
    ):
        raise UnknownBatch(batch=number)
    return batch


async def batches_for(ledger: Ledger, staff: Staff) -> list[Batch]:
    """All batches in the scope, the newest first."""
    seen = {order.id for order in await ledger.orders.list() if sees_order(staff, order)}
    return [batch for batch in reversed(await ledger.batches.list()) if batch.order in seen]


async def lots_for(ledger: Ledger, staff: Staff) -> list[LotRow]:
    """All lots in the scope, the newest first."""
    lots = await ledger.lots.list()
    if staff.role in _EVERYTHING:
        return lots
    own = await _Own.of(ledger, staff)
    return [lot for lot in lots if own.has(lot)]


async def lot_for(ledger: Ledger, staff: Staff, code: str) -> LotRow:
    """The lot, if it is in the scope. Raises `UnknownLot`."""
    lot = await ledger.lots.get(code)
    if staff.role not in _EVERYTHING and not (await _Own.of(ledger, staff)).has(lot):
        raise UnknownLot(lot=code)
    return lot


class _Own:
    """What belongs to somebody's organisation: lots of its people and of its packing houses."""

    def __init__(self, people: Iterable[str], houses: Iterable[str]) -> None:
        self._people = frozenset(people)
        self._houses = frozenset(houses)

    @classmethod
    async def of(cls, ledger: Ledger, staff: Staff) -> "_Own":
        if staff.organisation is None:
            return cls({staff.id}, ())
        everybody, places = await ledger.staff.list(), await ledger.places.list()
        return cls(
            {one.id for one in everybody if one.organisation == staff.organisation},
            {p.code for p in places if p.code and p.organisation == staff.organisation},
        )

    def has(self, lot: LotRow) -> bool:
        return lot.actor in self._people or lot.packing_house in self._houses
