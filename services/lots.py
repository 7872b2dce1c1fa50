"""Lots: the produce that stamps vouch for, described by packers, bound to stamps when complete."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ledger import LotRow
from ledger.errors import UnknownLot
from services import scope
from services.context import ServiceContext
from services.errors import InvalidInput
from services.paging import DEFAULT_LIMIT, Page, PageRequest
from services.permissions import Permission, require_permission
from traceability import Lot, find_missing_items


def to_row(lot: Lot, actor: str, at: int | None = None) -> LotRow:
    """The ledger's row of a lot, with the mandatory items that it lacks."""
    return LotRow(
        code=lot.code,
        document=lot.to_document(),
        missing=find_missing_items(lot),
        packing_house=lot.packing_house.code if lot.packing_house else None,
        product=lot.product.code,
        packed_at=lot.packed_at,
        expires_at=lot.expires_at,
        actor=actor,
        at=at,
    )


async def put_lot(
    context: ServiceContext, document: Mapping[str, Any], code: str | None = None
) -> LotRow:
    """Store a lot or a new version of it; an incomplete lot is stored and can not be bound yet.

    `code`, when given, must be the code in the document. Raises `Forbidden`, `MalformedLot`,
    `InvalidInput`, `UnknownLot` for a lot of another organisation, `LotIncomplete`.
    """
    require_permission(context, Permission.LOT_PUT)
    lot = Lot.from_document(document)
    if code is not None and lot.code != code:
        raise InvalidInput(field="code", why=f"is {lot.code}; the address says {code}")
    try:
        await context.ledger.lots.get(lot.code)
    except UnknownLot:
        pass
    else:
        await scope.find_lot(context, lot.code)
    return await context.ledger.lots.save(to_row(lot, context.actor.id, context.clock()))


async def get_lot(context: ServiceContext, code: str) -> LotRow:
    """One lot. Raises `Forbidden`, `UnknownLot`."""
    require_permission(context, Permission.LOT_SEE)
    return await scope.find_lot(context, code)


async def list_lots(
    context: ServiceContext, *, limit: int = DEFAULT_LIMIT, after: str | None = None
) -> Page[LotRow]:
    """The lots in scope, newest first. Raises `Forbidden`, `InvalidInput`."""
    require_permission(context, Permission.LOT_SEE)
    request = PageRequest(limit, after)
    rows = await context.ledger.lots.find_page(
        scope.lot_scope(context.actor), after=request.key(int, str), limit=limit + 1
    )
    return request.make_page(rows, lambda lot: (lot.at or 0, lot.code))


async def list_bindable_lots(context: ServiceContext, limit: int) -> list[LotRow]:
    """The newest lots in scope to which stamps can be bound. Raises `Forbidden`."""
    require_permission(context, Permission.LOT_SEE)
    wanted = replace(scope.lot_scope(context.actor), is_bindable=True)
    return await context.ledger.lots.find_page(wanted, limit=limit)
