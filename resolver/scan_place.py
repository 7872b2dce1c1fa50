"""Places of scans and sites, in the precision that may be stored: a ward or a province.

Shaped for mypyc (ADR 0035): value types have written-out constructors, because those that
`dataclass` makes are not compiled. With ordinary ones a page or scan takes at least 10 % more
processor time.
"""

import math
from dataclasses import dataclass
from typing import Final, final

from detection.place import Place
from traceability.administrative_units import load_administrative_units
from traceability.parties import RegisteredSite
from traceability.site_place import locate_site
from traceability.wards import locate_ward, round_to_ward


@final
@dataclass(slots=True, init=False)
class ScanPlace:
    """Place of a scan: the centre and radius of a ward or province, and their codes."""

    place: Final[Place]
    province: Final[str | None]
    ward: Final[str | None]

    def __init__(
        self,
        place: Place,
        province: str | None,
        ward: str | None,
    ) -> None:
        self.place = place
        self.province = province
        self.ward = ward


def round_place(lat: float, lon: float, accuracy_m: float) -> ScanPlace:
    """The ward of a given place; its radius and the accuracy add up."""
    ward = locate_ward(lat, lon)
    near = round_to_ward(lat, lon)
    place = Place(near.lat, near.lon, near.radius_m + accuracy_m)
    return ScanPlace(place, ward.province if ward else None, ward.code if ward else None)


def measure_province(code: str) -> Place:
    """The centre of a province and a radius that covers 19 of 20 of its wards.

    All wards would not do: remote islands belong to provinces of the mainland. It takes 0.4 ms.
    Raises `traceability.administrative_units.UnknownPlace` for a code that is not in force.
    """
    province = load_administrative_units().province(code)
    centre = Place(province.lat, province.lon)
    distances = sorted(
        centre.distance_km(Place(ward.lat, ward.lon))
        for ward in load_administrative_units().wards_of(code)
    )
    return centre._replace(accuracy_m=math.ceil(distances[len(distances) * 19 // 20]) * 1000.0)


class Provinces:
    """The places of provinces, each measured once (there are at most 99)."""

    def __init__(self) -> None:
        self._places: dict[str, Place] = {}

    def locate(self, code: str) -> Place:
        """The place of a province. Raises `traceability.administrative_units.UnknownPlace`."""
        place = self._places.get(code)
        if place is None:
            place = self._places[code] = measure_province(code)
        return place

    def locate_scan(self, code: str) -> ScanPlace:
        """The place of a scan that named its province. Raises `UnknownPlace`."""
        return ScanPlace(self.locate(code), code, None)

    def locate_site(self, site: RegisteredSite) -> Place | None:
        """The place of a site: its coordinates, else its ward or province; None if it has none."""
        place = locate_site(site)
        if place is None and site.province:
            return self.locate(site.province)
        return place
