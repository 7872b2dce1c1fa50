"""Ward lookup: from coordinates to the ward and province, and rounding of coordinates to a ward.

There are no borders in the data (see `traceability.administrative_units`), so a point belongs to
the ward whose centroid is nearest, distances being divided by the fourth root of the ward's area.
Against the centroids of 9,564 wards of before July 2025 whose successor is known, this names the
right ward for 83 % and the right province for 98.9 % (the plain nearest centroid: 82 % and
98.8 %); `tests/traceability/test_wards.py` measures it again (ADR 0013). It is good for saying
where a stamp was scanned and for storing no more than that. It is no proof of the side of a border.

>>> locate_ward(12.6667, 108.0383).name("en")
'Buon Ma Thuot Ward'
>>> locate_province(12.6667, 108.0383).name()
'Tỉnh Đắk Lắk'
>>> locate_province(13.7563, 100.5018) is None  # Bangkok
True
"""

from functools import cache
from math import cos, floor, hypot, inf, radians
from typing import Final, NamedTuple

import numpy as np

from traceability.administrative_units import (
    AdministrativeUnits,
    Province,
    Ward,
    load_administrative_units,
)

_KM_A_DEGREE: Final = 111.195
_CELL: Final = 0.05
"""Step of the grid in degrees."""
# Past this many radii and kilometres from its centroid a point is not in the ward: 99.5 % of the
# old wards lie within, coasts and islands included. A neighbour's village just over the border is
# still taken for Vietnam's; a city is not.
_RADII: Final = 3.0
_MARGIN_KM: Final = 5.0
# Outside Vietnam there is no ward to round to: a tenth of a degree, some 11 km.
_ABROAD_DECIMALS: Final = 1
_ABROAD_RADIUS_M: Final = 8_000.0


class RoundedPlace(NamedTuple):
    """Coordinates fit to be stored: degrees, and how far off they may be, in metres."""

    lat: float
    lon: float
    radius_m: float


class _Candidate(NamedTuple):
    """A ward that may be the nearest somewhere in a cell of the grid."""

    lat: float
    lon: float
    reach: float
    ward: Ward


class WardGrid:
    """The wards by cells of a grid. A cell's candidates are found on its first use, in 0.1 ms.

    A ward is a candidate when some point of the cell may be nearer to it than to every other
    ward: its least possible distance is not above the least of all greatest possible ones. A cell
    out at sea or abroad, too far from all its candidates, has none. The box around Vietnam has
    some 100,000 cells, which bounds what is kept.
    """

    def __init__(self, units: AdministrativeUnits) -> None:
        wards = units.wards.values()
        self._all = [_Candidate(w.lat, w.lon, w.area_km2**0.25, w) for w in wards]
        self._lat = np.array([ward.lat for ward in wards])
        self._lon = np.array([ward.lon for ward in wards])
        self._reach = np.array([candidate.reach for candidate in self._all])
        self._limit = np.array([_limit_km(ward) for ward in wards]) / _KM_A_DEGREE
        self._south, self._north = self._lat.min() - 1, self._lat.max() + 1
        self._west, self._east = self._lon.min() - 1, self._lon.max() + 1
        self._cells: dict[tuple[int, int], list[_Candidate]] = {}

    def locate(self, lat: float, lon: float) -> Ward | None:
        """The ward that these degrees most likely lie in; None outside Vietnam."""
        if not (self._south <= lat <= self._north and self._west <= lon <= self._east):
            return None
        cell = (floor(lat / _CELL), floor(lon / _CELL))
        candidates = self._cells.get(cell)
        if candidates is None:
            candidates = self._cells[cell] = self._find_candidates(cell)
        squeeze = cos(radians(lat))
        least, nearest = inf, None
        for candidate in candidates:
            distance = hypot(lat - candidate.lat, (lon - candidate.lon) * squeeze)
            if distance / candidate.reach < least:
                least, nearest = distance / candidate.reach, candidate
        if nearest is None or least * nearest.reach * _KM_A_DEGREE > _limit_km(nearest.ward):
            return None
        return nearest.ward

    def _find_candidates(self, cell: tuple[int, int]) -> list[_Candidate]:
        lat, lon = (cell[0] + 0.5) * _CELL, (cell[1] + 0.5) * _CELL
        distance = np.hypot(self._lat - lat, (self._lon - lon) * cos(radians(lat)))
        half = hypot(_CELL / 2, _CELL / 2)
        bound = ((distance + half) / self._reach).min()
        # A hundredth less, for the cosine that differs across the cell.
        least = distance * 0.99 - half
        near = least / self._reach <= bound
        if not (near & (least <= self._limit)).any():
            return []
        return [self._all[index] for index in np.flatnonzero(near)]


def locate_ward(lat: float, lon: float) -> Ward | None:
    """The ward that these WGS 84 degrees most likely lie in; None outside Vietnam."""
    return _load_grid().locate(lat, lon)


def locate_province(lat: float, lon: float) -> Province | None:
    """The province that these WGS 84 degrees most likely lie in; None outside Vietnam."""
    ward = locate_ward(lat, lon)
    return None if ward is None else load_administrative_units().provinces[ward.province]


def round_to_ward(lat: float, lon: float) -> RoundedPlace:
    """The centroid of the ward, with the radius of a circle of its area; abroad, 0.1 degrees.

    The detector needs no more, and the exact spot is forgotten.
    """
    ward = locate_ward(lat, lon)
    if ward is None:
        return RoundedPlace(
            lat=round(lat, _ABROAD_DECIMALS),
            lon=round(lon, _ABROAD_DECIMALS),
            radius_m=_ABROAD_RADIUS_M,
        )
    return RoundedPlace(lat=ward.lat, lon=ward.lon, radius_m=ward.radius_km * 1000)


def _limit_km(ward: Ward) -> float:
    return _RADII * ward.radius_km + _MARGIN_KM


@cache
def _load_grid() -> WardGrid:
    return WardGrid(load_administrative_units())
