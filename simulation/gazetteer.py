"""Places: 34 provinces, 3,321 wards, and a few cities abroad.

Wards (code, centre, area, kind) come from the `vietnamadminunits` package, which follows the map
since 1 July 2025. It has no population, so a ward's weight is the province's population shared
out by kind: an urban ward (phường) counts three communes (xã), after the minimum populations of
resolution 76/2025/UBTVQH15 (45,000 and 16,000); islands (đặc khu) have nearly no weight.
"""

from dataclasses import dataclass
from functools import cache

import numpy as np
from vietnamadminunits.database import query

from simulation.chance import Floats, Ints, draw_choices

# Thousands of people, after the merger (resolution 202/2025/QH15, as listed by the press and
# tinbds.com/danh-sach-tinh-thanh/dan-so, June 2025).
POPULATION = {
    "79": 14_003, "01": 8_587, "91": 4_952, "31": 4_664, "75": 4_491, "37": 4_412, "82": 4_370,
    "86": 4_258, "92": 4_200, "25": 4_023, "68": 3_873, "38": 3_740, "24": 3_619, "52": 3_584,
    "33": 3_568, "40": 3_442, "66": 3_347, "80": 3_254, "48": 3_066, "96": 2_607, "56": 2_244,
    "51": 2_162, "44": 1_871, "08": 1_865, "19": 1_799, "15": 1_779, "22": 1_381, "42": 1_324,
    "14": 1_313, "46": 1_167, "20": 807, "11": 646, "04": 548, "12": 489,
}  # fmt: skip

KIND_WEIGHT = {"Phường": 3.0, "Xã": 1.0, "Đặc khu": 0.05}

# Cities abroad: (country, latitude, longitude, weight). China for export, after the border
# provinces and the large wholesale markets; the others for gifts and followers. Assumed.
ABROAD = (
    ("CN", 22.82, 108.37, 25.0), ("CN", 23.13, 113.26, 25.0), ("CN", 31.23, 121.47, 15.0),
    ("CN", 25.04, 102.71, 10.0), ("CN", 30.57, 104.07, 10.0), ("CN", 39.90, 116.40, 15.0),
    ("US", 33.76, -117.99, 35.0), ("JP", 35.68, 139.69, 20.0), ("KR", 37.57, 126.98, 20.0),
    ("AU", -33.87, 151.21, 15.0), ("DE", 52.52, 13.40, 10.0),
)  # fmt: skip

COUNTRIES = ("VN", "CN", "US", "JP", "KR", "AU", "DE", "SG")
"""Countries by index, as derived from an address. Many VPNs exit in SG."""

EARTH_KM = 6371.0
REACH_KM = 6.0
"""Greatest distance of shops and homes from a ward's centre, in any ward."""


@dataclass(frozen=True)
class Gazetteer:
    """Provinces by index 0–33 and wards by index 0–3,320; degrees north and east."""

    codes: tuple[str, ...]
    province_weight: Floats
    ward_code: tuple[str, ...]
    ward_province: Ints
    ward_lat: Floats
    ward_lon: Floats
    ward_radius_km: Floats
    ward_weight: Floats
    ward_start: Ints
    near: Ints
    """For each province, all provinces from nearest (itself) to farthest, by weighted centre."""


@cache
def load_gazetteer() -> Gazetteer:
    """Read the wards, ordered by province and ward code."""
    rows = query(
        "SELECT provinceCode p, wardCode c, wardType k, wardLat lat, wardLon lon, wardAreaKm2 a"
        " FROM admin_units ORDER BY provinceCode, wardCode"
    )
    codes = tuple(sorted({r["p"] for r in rows}))
    province = np.array([codes.index(r["p"]) for r in rows])
    kind = np.array([KIND_WEIGHT[r["k"]] for r in rows])
    people = np.array([float(POPULATION[c]) for c in codes])
    weight = kind / np.bincount(province, kind)[province] * people[province]
    lat, lon = np.array([r["lat"] for r in rows]), np.array([r["lon"] for r in rows])
    area = np.array([float(r["a"] or 1.0) for r in rows])
    middle = [np.bincount(province, weight * x) / people for x in (lat, lon)]
    apart = distance_km(
        middle[0][:, None], middle[1][:, None], middle[0][None, :], middle[1][None, :]
    )
    return Gazetteer(
        codes=codes,
        province_weight=people,
        ward_code=tuple(r["c"] for r in rows),
        ward_province=province,
        ward_lat=lat,
        ward_lon=lon,
        ward_radius_km=np.minimum(np.sqrt(area / np.pi) * 0.6, REACH_KM),
        ward_weight=weight,
        ward_start=np.searchsorted(province, np.arange(len(codes) + 1)),
        near=np.argsort(apart, axis=1),
    )


def distance_km(lat1: Floats, lon1: Floats, lat2: Floats, lon2: Floats) -> Floats:
    """Return great-circle distances (haversine), in kilometres."""
    a, b = np.radians(lat1), np.radians(lat2)
    half = (
        np.sin((b - a) / 2) ** 2
        + np.cos(a) * np.cos(b) * np.sin(np.radians(np.subtract(lon2, lon1)) / 2) ** 2
    )
    return np.asarray(2 * EARTH_KM * np.arcsin(np.sqrt(np.minimum(half, 1.0))))


def move_places(
    rng: np.random.Generator, lat: Floats, lon: Floats, km: Floats
) -> tuple[Floats, Floats]:
    """Return points `km` away from the given ones in random directions (short distances)."""
    turn = rng.uniform(0, 2 * np.pi, len(lat))
    north, east = km * np.cos(turn) / 111.2, km * np.sin(turn) / 111.2
    return np.clip(lat + north, -89, 89), lon + east / np.cos(np.radians(lat))


def places_in(rng: np.random.Generator, province: Ints) -> tuple[Floats, Floats]:
    """Draw a place for each province index: a ward by population, then a point in it."""
    g = load_gazetteer()
    edges = np.concatenate(([0.0], np.cumsum(g.ward_weight)))
    low, high = edges[g.ward_start[province]], edges[g.ward_start[province + 1]]
    draw = low + rng.random(len(province)) * (high - low)
    ward = np.searchsorted(edges, draw, side="right") - 1
    ward = np.clip(ward, g.ward_start[province], g.ward_start[province + 1] - 1)
    km = g.ward_radius_km[ward] * np.sqrt(rng.random(len(province)))
    return move_places(rng, g.ward_lat[ward], g.ward_lon[ward], km)


def draw_provinces(rng: np.random.Generator, size: int) -> Ints:
    """Draw provinces by population."""
    return draw_choices(rng, load_gazetteer().province_weight, size)


def cities_abroad(
    rng: np.random.Generator, size: int, *, china: bool
) -> tuple[Ints, Floats, Floats]:
    """Draw (country index, lat, lon) in China, or abroad outside China."""
    rows = [row for row in ABROAD if (row[0] == "CN") == china]
    which = draw_choices(rng, np.array([row[3] for row in rows]), size)
    lat, lon = np.array([row[1] for row in rows])[which], np.array([row[2] for row in rows])[which]
    country = np.array([COUNTRIES.index(row[0]) for row in rows])[which]
    return country, *move_places(rng, lat, lon, 12 * np.sqrt(rng.random(size)))
