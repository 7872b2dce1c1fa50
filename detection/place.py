"""Places on earth: a point with its accuracy, and the distance between two.

A place says where somebody was *within* its accuracy radius. The judge never believes more than
that: `gap_km` is the distance that is left after both radii are taken off.

For keeping, a place is rounded to a **cell**: one number of 32 bits that holds latitude and
longitude in steps of 1/64 degree (at most 1.8 km, finer than a ward, coarser than a house) and
one of eight accuracy classes, the radius rounded *up*. Rounding adds at most 1.3 km of error,
which the smallest class covers.

>>> hanoi, saigon = Place(21.03, 105.85, 50), Place(10.78, 106.70, 50)
>>> round(hanoi.distance_km(saigon))
1143
>>> round(gap_km(cell_of(hanoi), cell_of(saigon)))
1139
"""

from math import asin, cos, radians, sin, sqrt
from typing import Final, NamedTuple

EARTH_KM: Final = 6371.0088
CELLS_A_DEGREE: Final = 64
# Kilometres; a place vaguer than the last says no more than a country does.
ACCURACY_CLASSES_KM: Final[tuple[float, ...]] = (2.0, 5.0, 10.0, 20.0, 40.0, 80.0, 160.0, 320.0)
_FINEST_KM: Final = ACCURACY_CLASSES_KM[0]

_LON_BITS: Final = 15
_ACCURACY_BITS: Final = 3
_LON_MASK: Final = (1 << _LON_BITS) - 1
_ACCURACY_MASK: Final = (1 << _ACCURACY_BITS) - 1
_LAT_STEPS: Final = 180 * CELLS_A_DEGREE
_LON_STEPS: Final = 360 * CELLS_A_DEGREE


class Place(NamedTuple):
    """A point in WGS 84 degrees and the radius in metres within which it is true."""

    lat: float
    lon: float
    accuracy_m: float = 0.0

    def distance_km(self, other: "Place") -> float:
        """Kilometres along the great circle between the two points, radii left out of account."""
        return _arc_km(self.lat, self.lon, other.lat, other.lon)


def cell_of(place: Place) -> int:
    """The cell that a place falls in: latitude 14 bits, longitude 15, accuracy class 3.

    Latitudes past the poles are clamped to the pole; longitudes wrap.
    """
    lat, lon, accuracy_m = place
    row = int((lat + 90.0) * CELLS_A_DEGREE)
    row = 0 if row < 0 else _LAT_STEPS - 1 if row >= _LAT_STEPS else row
    column = int((lon + 180.0) * CELLS_A_DEGREE) % _LON_STEPS
    return ((row << _LON_BITS | column) << _ACCURACY_BITS) | _accuracy_class(accuracy_m / 1000.0)


def cell_place(cell: int) -> Place:
    """The middle of a cell, with the radius of its accuracy class."""
    where = cell >> _ACCURACY_BITS
    return Place(
        ((where >> _LON_BITS) + 0.5) / CELLS_A_DEGREE - 90.0,
        ((where & _LON_MASK) + 0.5) / CELLS_A_DEGREE - 180.0,
        ACCURACY_CLASSES_KM[cell & _ACCURACY_MASK] * 1000.0,
    )


def gap_km(one: int, other: int) -> float:
    """Kilometres that surely lie between two cells: their distance less both radii, at least 0."""
    if one >> _ACCURACY_BITS == other >> _ACCURACY_BITS:
        return 0.0
    a, b = one >> _ACCURACY_BITS, other >> _ACCURACY_BITS
    apart = _arc_km(
        (a >> _LON_BITS) / CELLS_A_DEGREE - 90.0,
        (a & _LON_MASK) / CELLS_A_DEGREE,
        (b >> _LON_BITS) / CELLS_A_DEGREE - 90.0,
        (b & _LON_MASK) / CELLS_A_DEGREE,
    )
    sure = (
        apart
        - ACCURACY_CLASSES_KM[one & _ACCURACY_MASK]
        - ACCURACY_CLASSES_KM[other & _ACCURACY_MASK]
    )
    return sure if sure > 0.0 else 0.0


def _accuracy_class(radius_km: float) -> int:
    if radius_km <= _FINEST_KM:
        return 0
    for number, reach in enumerate(ACCURACY_CLASSES_KM):
        if radius_km <= reach:
            return number
    return _ACCURACY_MASK


def _arc_km(lat_a: float, lon_a: float, lat_b: float, lon_b: float) -> float:
    """Great-circle distance by the haversine formula."""
    a, b = radians(lat_a), radians(lat_b)
    up, along = sin((b - a) / 2.0), sin(radians(lon_b - lon_a) / 2.0)
    half_chord = sqrt(up * up + cos(a) * cos(b) * along * along)
    return 2.0 * EARTH_KM * asin(half_chord if half_chord < 1.0 else 1.0)
