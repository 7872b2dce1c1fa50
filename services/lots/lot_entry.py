"""Lots that people describe in fields: read over what is known, then saved as any other lot."""

from collections.abc import Mapping
from contextlib import suppress

from ledger import LotRow, Proposal, SeenDraft
from ledger.errors import LotCodeTaken, UnknownLot, UnknownRow
from services.context import ServiceContext
from services.lots.lot_fields import read_lot
from services.lots.lots import NO_REASON, CorrectionRequest, get_lot, submit_lot
from services.permissions import Permission, require_permission
from services.tables.line_flaws import LineFlaw
from services.tables.typed_values import Thousands
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
    edited: str | None = None,
    kind: str | None = None,
    thousands: Thousands = "",
    correction: CorrectionRequest = NO_REASON,
    draft: SeenDraft | None = None,
) -> LotRow | Proposal:
    """Save the lot that fields describe (`services.lots.lot_fields`).

    `edited` is the code of the lot that is saved again: any other code is that of a new lot, and
    one that exists is taken, never merged. `kind` is the kind of produce where the fields name no
    product. `draft` is the draft that is removed with the save.

    Raises `Forbidden`, `LotFieldsRefused`, `LotCodeTaken`, and what `submit_lot` raises.
    """
    require_permission(context, Permission.LOT_PUT)
    code, product = texts.get("code", ""), None
    before: LotRow | None = None
    # A lot of another organisation is unknown here; `submit_lot` refuses its code as taken.
    with suppress(UnknownLot):
        before = await get_lot(context, code)
    known = before.document if before and code == edited else {}
    with suppress(UnknownRow):
        product = await context.ledger.products.get(texts.get("product", ""))
    found = read_lot(texts, product, known, kind=kind, thousands=thousands)
    if found.flaws:
        raise LotFieldsRefused(found.flaws)
    if before is not None and code != edited:
        if found.lot is not None and found.lot.to_document() == before.document:
            return before  # the same form, sent twice
        raise LotCodeTaken(lot=code)
    return await submit_lot(context, found.document, correction=correction, draft=draft)
