"""The map of a case: its scans over the wards of Vietnam, drawn as SVG from the project's own data.

The land is a disc for each ward, of the ward's size and a little more, so that neighbours touch.
There are no borders in the data, and none are claimed. One unit of the drawing is one kilometre.
Scans far abroad are left to the table.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from math import cos, hypot, radians
from typing import Final

from desk.pages.scan_trail import ScanLine, find_place, name_country
from detection.place import Place
from traceability.administrative_units import load_administrative_units
from web.i18n import Texts

_KM_A_DEGREE: Final = 111.195
_SOUTH: Final = 8.2
_NORTH: Final = 23.6
_WEST: Final = 101.9
_EAST: Final = 115.0
_NEAR: Final = 3.0
"""Degrees around Vietnam within which a scan abroad is still drawn."""
_SQUEEZE: Final = cos(radians(16.0))
_LEAST_KM: Final = 240.0
"""Height of the smallest map."""
_WHOLE_KM: Final = 800.0
"""Least height of the drawing at which the map shows the whole country."""
_MARGIN: Final = 0.22
_LEAST_ASPECT: Final = 0.8
_MOST_ASPECT: Final = 1.25
_DISC: Final = 1.55
"""Radius of a ward's disc by the radius of the ward: neighbours touch."""
_DISC_SIZES: Final = (3, 5, 7, 9, 12, 16, 22, 30)
"""Radii of the discs, in kilometres."""
_MARKER: Final = 0.024
"""Radius of a marker by the height of the map."""
_LETTER: Final = 0.85
"""Width of a letter by the radius of a marker."""
_BEND: Final = 0.14
_MOST_PLACES: Final = 40

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class MapPlace:
    """One place of scans; lengths and coordinates are those of the drawing."""

    number: int
    x: float
    y: float
    radius: float
    """Within which the place is true."""
    name: str
    label: "MapLabel"
    is_evidence: bool


@dataclass(frozen=True, slots=True)
class MapLabel:
    """Position of the name of a place."""

    x: float
    y: float
    anchor: str
    """`start`, `middle` or `end`."""


@dataclass(frozen=True, slots=True)
class MapRoute:
    """The way between two consecutive places."""

    path: str
    is_leap: bool


@dataclass(frozen=True, slots=True)
class ScanMap:
    """Map as the template draws it."""

    view: str
    land: Sequence[tuple[int, str]]
    """Width of the pen, and its points, by the size of the wards."""
    routes: Sequence[MapRoute]
    places: Sequence[MapPlace]
    site: Point | None
    """The packing house of the lot."""
    unit: float
    """Radius of a marker."""
    outside: int
    """Places that are too far abroad to be drawn, or too many."""


@dataclass(frozen=True, slots=True)
class _Box:
    """A rectangle of the drawing."""

    x: float
    y: float
    width: float
    height: float

    def overlaps(self, other: "_Box") -> bool:
        return (
            self.x < other.x + other.width
            and other.x < self.x + self.width
            and self.y < other.y + other.height
            and other.y < self.y + self.height
        )


def draw_map(lines: Sequence[ScanLine], site: Place | None, texts: Texts) -> ScanMap | None:
    """The map of scans; None where no scan gave a place in or near Vietnam."""
    placed = _find_places(lines)
    near = {number: one for number, one in placed.items() if _is_near(one[0])}
    shown = dict(list(near.items())[:_MOST_PLACES])
    if not shown:
        return None
    points = {number: _project(place) for number, (place, _) in shown.items()}
    home = _project(site) if site is not None and _is_near(site) else None
    view = _choose_view([*points.values(), *([home] if home else [])])
    unit = view.height * _MARKER
    names = {number: _name_place(of, texts) for number, (_, of) in shown.items()}
    labels = place_labels([(points[number], name) for number, name in names.items()], unit)
    return ScanMap(
        view=f"{view.x:.1f} {view.y:.1f} {view.width:.1f} {view.height:.1f}",
        land=_draw_land(view),
        routes=_draw_routes(lines, points),
        places=[
            MapPlace(
                number=number,
                x=round(points[number][0], 1),
                y=round(points[number][1], 1),
                radius=round(place.accuracy_m / 1000, 1),
                name=names[number],
                label=label,
                is_evidence=any(line.is_evidence for line in of),
            )
            for (number, (place, of)), label in zip(shown.items(), labels, strict=True)
        ],
        site=None if home is None else (round(home[0], 1), round(home[1], 1)),
        unit=round(unit, 2),
        outside=len(placed) - len(shown),
    )


@dataclass(frozen=True, slots=True)
class SitePlace:
    """A registered place on the map of a code; `is_marked`: it is drawn as evidence is."""

    number: int
    place: Place
    name: str
    is_marked: bool


def draw_sites(site: Place | None, sites: Sequence[SitePlace]) -> ScanMap | None:
    """The map of a registered code and the places that it is used with; None without a place."""
    near = [one for one in sites if _is_near(one.place)][:_MOST_PLACES]
    home = _project(site) if site is not None and _is_near(site) else None
    points = [_project(one.place) for one in near]
    if not points and home is None:
        return None
    view = _choose_view([*points, *([home] if home else [])])
    unit = view.height * _MARKER
    labels = place_labels(
        [(point, one.name) for point, one in zip(points, near, strict=True)], unit
    )
    return ScanMap(
        view=f"{view.x:.1f} {view.y:.1f} {view.width:.1f} {view.height:.1f}",
        land=_draw_land(view),
        routes=[
            MapRoute(_draw_curve(point, home), is_leap=one.is_marked)
            for point, one in zip(points, near, strict=True)
            if home is not None
        ],
        places=[
            MapPlace(
                number=one.number,
                x=round(x, 1),
                y=round(y, 1),
                radius=0.0,
                name=one.name,
                label=label,
                is_evidence=one.is_marked,
            )
            for one, (x, y), label in zip(near, points, labels, strict=True)
        ],
        site=None if home is None else (round(home[0], 1), round(home[1], 1)),
        unit=round(unit, 2),
        outside=len(sites) - len(near),
    )


def _find_places(lines: Sequence[ScanLine]) -> dict[int, tuple[Place, list[ScanLine]]]:
    """Return the numbered places with their scans; a place is as exact as its most exact scan."""
    found: dict[int, tuple[Place, list[ScanLine]]] = {}
    for line in lines:
        place = find_place(line.scan)
        if place is None or line.number is None:
            continue
        known, of = found.get(line.number, (place, []))
        surest = min(known, place, key=lambda one: one.accuracy_m)
        found[line.number] = (surest, [*of, line])
    return found


def _name_place(lines: Sequence[ScanLine], texts: Texts) -> str:
    scan = lines[0].scan
    province = load_administrative_units().provinces.get(scan.province or "")
    if province is not None:
        return province.name(texts.language, short=True)
    return name_country(scan.country, texts) or ""


def place_labels(names: Sequence[tuple[Point, str]], unit: float) -> list[MapLabel]:
    """Position names so that few cover a marker or another name; `unit` is a marker's radius.

    >>> [label.anchor for label in place_labels([((0, 0), "Hà Nội"), ((3, 1), "Hải Phòng")], 1)]
    ['end', 'start']
    """
    taken = [_Box(x - 1.3 * unit, y - 1.3 * unit, 2.6 * unit, 2.6 * unit) for (x, y), _ in names]
    labels = []
    for (x, y), name in names:
        width, height = len(name) * _LETTER * unit, 2.0 * unit
        choices = (
            (_Box(x + 1.6 * unit, y - height / 2, width, height), "start"),
            (_Box(x - 1.6 * unit - width, y - height / 2, width, height), "end"),
            (_Box(x - width / 2, y + 1.4 * unit, width, height), "middle"),
            (_Box(x - width / 2, y - 1.4 * unit - height, width, height), "middle"),
        )
        box, anchor = min(choices, key=lambda one: sum(one[0].overlaps(other) for other in taken))
        taken.append(box)
        at = {"start": box.x, "middle": box.x + width / 2, "end": box.x + width}[anchor]
        labels.append(MapLabel(round(at, 1), round(box.y + 0.75 * height, 1), anchor))
    return labels


def _is_near(place: Place) -> bool:
    return (
        _SOUTH - _NEAR <= place.lat <= _NORTH + _NEAR
        and _WEST - _NEAR <= place.lon <= _EAST + _NEAR
    )


def _project(place: Place) -> Point:
    """Kilometres east of the western and south of the northern edge."""
    return _project_degrees(place.lat, place.lon)


def _project_degrees(lat: float, lon: float) -> Point:
    return (lon - _WEST) * _SQUEEZE * _KM_A_DEGREE, (_NORTH - lat) * _KM_A_DEGREE


def _choose_view(points: Sequence[Point]) -> _Box:
    """Return the area that is drawn, in kilometres east and south of the corner of Vietnam.

    The whole country for far places, else their surroundings.
    """
    xs, ys = [x for x, _ in points], [y for _, y in points]
    width, height = max(xs) - min(xs), max(ys) - min(ys)
    if max(width, height) * (1 + 2 * _MARGIN) >= _WHOLE_KM:
        east, south = _project_degrees(_SOUTH, _EAST)
        left, top = min(0.0, min(xs) - 60), min(0.0, min(ys) - 60)
        return _Box(left, top, max(east, max(xs) + 60) - left, max(south, max(ys) + 60) - top)
    height = max(height * (1 + 2 * _MARGIN), _LEAST_KM)
    width = max(width * (1 + 2 * _MARGIN), height * _LEAST_ASPECT)
    height = max(height, width / _MOST_ASPECT)
    x, y = (max(xs) + min(xs) - width) / 2, (max(ys) + min(ys) - height) / 2
    return _Box(x, y, width, height)


@cache
def _list_discs() -> tuple[tuple[int, tuple[tuple[int, int], ...]], ...]:
    """The centres of the wards by the radius of their disc, the largest first, west to east."""
    found: dict[int, set[tuple[int, int]]] = {}
    for ward in load_administrative_units().wards.values():
        wanted = ward.radius_km * _DISC
        size = next((one for one in _DISC_SIZES if one >= wanted), _DISC_SIZES[-1])
        x, y = _project_degrees(ward.lat, ward.lon)
        found.setdefault(size, set()).add((round(x), round(y)))
    return tuple((size, tuple(sorted(found[size]))) for size in sorted(found, reverse=True))


def _draw_land(view: _Box) -> list[tuple[int, str]]:
    """The discs that the view shows: a pen for each size, and where it is put down."""
    drawn = []
    for size, centres in _list_discs():
        inside = [
            (x, y)
            for x, y in centres
            if view.x - size <= x <= view.x + view.width + size
            and view.y - size <= y <= view.y + view.height + size
        ]
        if inside:
            drawn.append((2 * size, _draw_dots(inside)))
    return drawn


def _draw_dots(centres: Sequence[tuple[int, int]]) -> str:
    """A dot at each centre, by relative steps: they are shorter than coordinates.

    >>> _draw_dots([(120, 40), (121, 38)])
    'M120 40h0m1-2h0'
    """
    (x, y), *_ = centres
    parts = [f"M{x} {y}h0"]
    for (x1, y1), (x2, y2) in pairwise(centres):
        dy = y2 - y1
        parts.append(f"m{x2 - x1}{' ' if dy >= 0 else ''}{dy}h0")
    return "".join(parts)


def _draw_routes(lines: Sequence[ScanLine], points: dict[int, Point]) -> list[MapRoute]:
    """Return one curve for each pair of places with a journey between them."""
    ways: dict[tuple[int, int], bool] = {}
    last: int | None = None
    for line in lines:
        if line.number is None:
            continue
        if last is not None and last != line.number:
            way = (last, line.number)
            is_leap = line.journey is not None and line.journey.is_leap
            ways[way] = ways.get(way, False) or is_leap
        last = line.number
    return [
        MapRoute(_draw_curve(points[start], points[end]), is_leap)
        for (start, end), is_leap in ways.items()
        if start in points and end in points
    ]


def _draw_curve(start: Point, end: Point) -> str:
    """A curve that bends to its right, so that the way there and the way back are apart."""
    (x1, y1), (x2, y2) = start, end
    length = hypot(x2 - x1, y2 - y1) or 1.0
    bend = length * _BEND
    cx, cy = (x1 + x2) / 2 - (y2 - y1) / length * bend, (y1 + y2) / 2 + (x2 - x1) / length * bend
    return f"M{x1:.1f} {y1:.1f}Q{cx:.1f} {cy:.1f} {x2:.1f} {y2:.1f}"
