"""Place of a registered site, as detection takes it."""

from typing import Final

from detection.place import Place
from traceability.administrative_units import load_administrative_units
from traceability.parties import RegisteredSite

_SITE_RADIUS_M: Final = 2_000.0


def locate_site(site: RegisteredSite) -> Place | None:
    """The place of a site: its coordinates, else its ward; None if it states neither."""
    if site.lat is not None and site.lon is not None:
        return Place(site.lat, site.lon, _SITE_RADIUS_M)
    if site.address.ward is not None:
        ward = load_administrative_units().ward(site.address.ward)
        return Place(ward.lat, ward.lon, ward.radius_km * 1000)
    return None
