"""Contexts of stamps for the detector, from span and lot."""

from detection.stamp_context import StampContext
from ledger import LotRow
from stamps.spans import Span
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
