"""Traceability record: lots, parties, places and products, their minimum data, and GS1 texts.

- `lot`: the lot document (pydantic models); `lot_profiles`, `lot_details`: what it tells by kind of
  produce; `requirements`: the mandatory items that it lacks.
- `parties`, `products`, `stages`, `document_fields`, `registration_codes`: parts of the document.
- `administrative_units`, `wards`: provinces and wards, and the ward of coordinates.
- `gs1`, `digital_link`: GS1 element strings and Digital Links; `stamp_link`, `gs1_values`: the
  fast subset for the scan path.

No I/O, but for one reading of the list of administrative units.
"""

from traceability.document_fields import MalformedLot
from traceability.lot import AppliedStandard, Lot
from traceability.lot_profiles import RequirementSource
from traceability.parties import Address, FarmingArea, GrowingArea, PackingHouse, Party, PartyKind
from traceability.products import LocalizedName, LotProduct
from traceability.registration_codes import MalformedRegistrationCode
from traceability.requirements import find_missing_items
from traceability.stages import Stage, StageRecord

__all__ = [
    "Address",
    "AppliedStandard",
    "FarmingArea",
    "GrowingArea",
    "LocalizedName",
    "Lot",
    "LotProduct",
    "MalformedLot",
    "MalformedRegistrationCode",
    "PackingHouse",
    "Party",
    "PartyKind",
    "RequirementSource",
    "Stage",
    "StageRecord",
    "find_missing_items",
]
