"""Contexts of stamps for the detector, from span and lot."""

from contextlib import suppress

from detection.stamp_context import StampContext
from ledger import Ledger, LotRow
from ledger.errors import UnknownBatch, UnknownLot
from stamps.spans import Span, SpanOutOfRange
from traceability.lot import Lot
from traceability.site_place import locate_site


def build_stamp_context(span: Span, row: LotRow | None) -> StampContext:
    """Return the context of a stamp in the present state of its span; its lot as it is now."""
    lot = None if row is None else Lot.from_document(row.document)
    site = lot.packing_house if lot is not None else None
    return StampContext(
        state=span.state,
        activated_at=span.activated_at,
        packed=None if site is None else locate_site(site),
        shelf_life_days=lot.shelf_life_days if lot else None,
        harvested_at=lot.harvested_at if lot else None,
        expires_at=lot.expires_at if lot else None,
        market=lot.market if lot else (),
    )


async def find_bound_lot(ledger: Ledger, span: Span) -> LotRow | None:
    """The lot that the stamps of a span are bound to, as it is now; None if there is none."""
    if span.lot is not None:
        with suppress(UnknownLot):
            return await ledger.lots.get(span.lot)
    return None


async def find_present_context(
    ledger: Ledger, batch: int, index: int
) -> tuple[Span, StampContext] | None:
    """The span of a stamp and its context as both are now; None for a stamp that is not ours."""
    try:
        span = await ledger.transitions.get_span(batch, index)
    except (UnknownBatch, SpanOutOfRange):
        return None
    return span, build_stamp_context(span, await find_bound_lot(ledger, span))
