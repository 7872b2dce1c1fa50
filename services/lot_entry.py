"""Lots that people describe in fields: read over what is known, then saved as any other lot."""

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from ledger import LotRow, Proposal
from ledger.errors import UnknownLot, UnknownRow
from services.code_flaws import LineFlaw
from services.context import ServiceContext
from services.lot_fields import Thousands, read_lot
from services.lots import NO_REASON, CorrectionRequest, get_lot, submit_lot
from services.permissions import Permission, require_permission
from stamps.errors import VeritemError


class LotFieldsRefused(VeritemError):
    """Fields of a lot are missing or wrong; `flaws` names each with the reason."""

    code = "lot-fields-refused"
    message = "{field}: {why}"

    def __init__(self, flaws: Mapping[str, LineFlaw]) -> None:
        named = {name: str(flaw) for name, flaw in flaws.items()}
        field, why = next(iter(named.items()))
        super().__init__(field=field, why=why, flaws=named)
        self.flaws = dict(flaws)


async def enter_lot(
    context: ServiceContext,
    texts: Mapping[str, str],
    *,
    kind: str | None = None,
    thousands: Thousands = "",
    correction: CorrectionRequest = NO_REASON,
) -> LotRow | Proposal:
    """Save the lot that fields describe (`services.lot_fields`) over what is known of it.

    `kind` is the kind of produce where the fields name no product. Raises `Forbidden`,
    `LotFieldsRefused`, and what `submit_lot` raises.
    """
    require_permission(context, Permission.LOT_PUT)
    code, product = texts.get("code", ""), None
    known: Mapping[str, Any] = {}
    # A lot of another organisation is unknown here; `submit_lot` refuses its code as taken.
    with suppress(UnknownLot):
        known = (await get_lot(context, code)).document
    with suppress(UnknownRow):
        product = await context.ledger.products.get(texts.get("product", ""))
    found = read_lot(texts, product, known, kind=kind, thousands=thousands)
    if found.flaws:
        raise LotFieldsRefused(found.flaws)
    return await submit_lot(context, found.document, correction=correction)
