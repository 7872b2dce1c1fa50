"""Rules of a lot that need more than its document: the time, and whose places it names.

The clock and the registry are handed in.
"""

from typing import Final

from stamps.errors import VeritemError
from stamps.timestamps import format_rfc3339
from traceability.lot import Lot
from traceability.registration_codes import normalize_code
from traceability.stages import Stage

CLOCK_TOLERANCE_MS: Final = 5 * 60_000
"""Largest lead over our clock of the clock of who describes a lot."""


class PackedInFuture(VeritemError):
    """The lot says that it is packed at a time that has not come."""

    code = "packed-in-future"
    message = "lot {lot} is said to be packed at {packed_at}; it is {now}"


class PackedElsewhere(VeritemError):
    """The stage of packing names another place than the lot's packing house."""

    code = "packed-elsewhere"
    message = "lot {lot} is packed at {location}; its packing house is {packing_house}"


def check_packing(lot: Lot, now: int) -> None:
    """Check when and where a lot is packed; `now` is in milliseconds, UTC.

    An expiry before packing cannot be written: it follows from packing and a shelf life of one day
    or more (`Lot`). Raises `PackedInFuture`, `PackedElsewhere`.
    """
    for stage in lot.stages:
        if stage.stage is not Stage.PACKED:
            continue
        if stage.at is not None and stage.at > now + CLOCK_TOLERANCE_MS:
            raise PackedInFuture(
                lot=lot.code, packed_at=format_rfc3339(stage.at), now=format_rfc3339(now)
            )
        house = lot.packing_house
        if stage.location is None or house is None:
            continue
        if normalize_code(stage.location) != house.code:
            raise PackedElsewhere(lot=lot.code, location=stage.location, packing_house=house.code)


def list_named_places(lot: Lot) -> frozenset[str]:
    """The codes of all places that the lot names, in canonical form."""
    codes = {site.code for site in lot.sites}
    return frozenset(codes | {normalize_code(s.location) for s in lot.stages if s.location})
