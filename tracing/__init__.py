"""What a stamp vouches for: parties, places, products and lots.

`Lot` is the record with its minimum data, `missing` by the table in `tracing.requirements`.
`tracing.places` says in which ward a place lies; `tracing.gs1` and `tracing.digital_link` read and
write GS1's numbers and addresses. No I/O, but for one reading of the atlas of wards.
"""

from tracing.areas import CODES, AreaCodes, MalformedArea
from tracing.lot import Lot, Standard
from tracing.parties import Address, Party, PartyKind, Site
from tracing.products import Product
from tracing.reading import MalformedLot
from tracing.requirements import Requirement, Rule
from tracing.stages import Stage, Step

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
