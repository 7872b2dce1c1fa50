"""What a stamp vouches for: parties, places, products and lots.

`Lot` is the record with its minimum data, `missing` by the table in `traceability.requirements`.
`traceability.places` says in which ward a place lies; `traceability.gs1` and `traceability.digital_link` read and
write GS1's numbers and addresses. No I/O, but for one reading of the atlas of wards.
"""

from traceability.areas import CODES, AreaCodes, MalformedArea
from traceability.lot import Lot, Standard
from traceability.parties import Address, Party, PartyKind, Site
from traceability.products import Product
from traceability.reading import MalformedLot
from traceability.requirements import Requirement, Rule
from traceability.stages import Stage, Step

__all__ = [
    "CODES",
    "Address",
    "AreaCodes",
    "Lot",
    "MalformedArea",
    "MalformedLot",
    "Party",
    "PartyKind",
    "Product",
    "Requirement",
    "Rule",
    "Site",
    "Stage",
    "Standard",
    "Step",
]
