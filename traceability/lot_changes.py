"""Changes between two versions of a lot, and the reasons that a correction can have.

A change is *material* if it changes what the bound stamps vouch for: product, producer, growing
or farming area, details of its kind, packing or expiry. EPCIS 2.0 calls a correction an error
declaration; all reasons here are its `incorrect_data` (CBV 2.0, section 7.5), and say more
precisely why.

>>> from traceability.lot import Lot
>>> before = Lot.from_document({"code": "L1", "product": {"code": "ri6", "name": {"vi": "Ri6"}}})
>>> find_changed_parts(before, before.model_copy(update={"shelf_life_days": 9, "brand": "A"}))
(<LotPart.EXPIRY: 'expiry'>, <LotPart.BRAND: 'brand'>)
"""

from enum import StrEnum
from typing import Any, Final

from traceability.lot import Lot
from traceability.lot_profiles import find_profile
from traceability.stages import Stage


class LotPart(StrEnum):
    """A part of a lot as the pages name it, in their order."""

    PRODUCT = "product"
    PRODUCER = "producer"
    GROWING_AREA = "growing_area"
    FARMING_AREA = "farming_area"
    DETAILS = "details"
    """Details that only its kind of produce has."""
    PACKING = "packing"
    EXPIRY = "expiry"
    STAGES = "stages"
    IMAGE = "image"
    BRAND = "brand"
    STANDARDS = "standards"
    MARKET = "market"
    OWNER = "owner"
    """The organisation that the lot belongs to; it is beside the document."""


class CorrectionReason(StrEnum):
    """Why a lot that stamps are bound to is corrected."""

    TYPING_ERROR = "typing-error"
    OTHER_LOT = "other-lot"
    """The data of another lot was entered."""
    LATE_INFORMATION = "late-information"
    INSPECTION = "inspection"


MATERIAL_PARTS: Final = frozenset(
    {
        LotPart.PRODUCT,
        LotPart.PRODUCER,
        LotPart.GROWING_AREA,
        LotPart.FARMING_AREA,
        LotPart.DETAILS,
        LotPart.PACKING,
        LotPart.EXPIRY,
    }
)
"""The parts that a second person confirms once stamps are bound."""

_GROWING: Final = (Stage.GROWN, Stage.HARVESTED)


def find_changed_parts(before: Lot, after: Lot) -> tuple[LotPart, ...]:
    """The parts of a lot that differ between two versions, in the order of `LotPart`."""
    old, new = _split(before), _split(after)
    return tuple(part for part in LotPart if old.get(part) != new.get(part))


def _split(lot: Lot) -> dict[LotPart, Any]:
    """The document by parts; every field of it is in one part at least."""
    product, stages, profile = lot.product, lot.stages, find_profile(lot.kind)
    packing = [stage for stage in stages if stage.stage is Stage.PACKED]
    return {
        LotPart.PRODUCT: (lot.kind, product.model_copy(update={"image": None})),
        LotPart.PRODUCER: lot.producer,
        LotPart(profile.origin): (
            lot.origin,
            [(s.stage, s.location) for s in stages if s.stage in _GROWING],
        ),
        LotPart.DETAILS: dict(lot.details),
        LotPart.PACKING: (lot.packing_house, packing),
        LotPart.EXPIRY: (lot.shelf_life_days, lot.expires_at),
        LotPart.STAGES: [stage for stage in stages if stage.stage is not Stage.PACKED],
        LotPart.IMAGE: product.image,
        LotPart.BRAND: lot.brand,
        LotPart.STANDARDS: lot.standards,
        LotPart.MARKET: lot.market,
    }
