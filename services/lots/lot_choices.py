"""Lots that an activation offers: the newest that can be bound, or those that a search finds.

A search finds any lot in scope. One that cannot be bound is among them and says why, so that
nobody looks for it in vain.
"""

from dataclasses import dataclass

from ledger import LotRow
from ledger.errors import UnknownLot
from ledger.lists.records import read_lot
from ledger.stamps.recall_notices import RecallNotice
from services.context import ServiceContext
from services.lists.description import ListRequest
from services.lists.find import find_list_page
from services.lists.lots import LOTS
from services.lots.lots import get_lot, list_bindable_lots
from services.stamps.recalls import find_recalls


@dataclass(frozen=True, slots=True)
class LotChoice:
    """A lot that is offered, and its recall."""

    lot: LotRow
    recall: RecallNotice | None = None

    @property
    def can_bind(self) -> bool:
        """Whether stamps can be bound to it, as far as the lot alone says."""
        return not self.lot.missing and self.lot.recalled_at is None


async def find_lot_choices(
    context: ServiceContext, search: str, limit: int, *, chosen: str = ""
) -> list[LotChoice]:
    """Lots to choose from: without a search the newest that can be bound.

    The chosen one is among them, however old it is. Raises `Forbidden`, `InvalidInput` for a search
    that is too long.
    """
    if search:
        page = await find_list_page(context, LOTS, ListRequest(search=search, limit=limit))
        rows = [read_lot(row) for row in page.rows]
    else:
        rows = await list_bindable_lots(context, limit)
    if chosen and all(row.code != chosen for row in rows):
        rows = await _find(context, chosen) + rows
    recalls = await find_recalls(context, [row.code for row in rows])
    return [LotChoice(row, recalls.get(row.code)) for row in rows]


async def _find(context: ServiceContext, code: str) -> list[LotRow]:
    """The lot of this code, if it is in scope."""
    try:
        return [await get_lot(context, code)]
    except UnknownLot:
        return []
