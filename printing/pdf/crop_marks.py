"""Crop and registration marks in a sheet's margin, as PDF operators in points.

Crop marks are at both edges of every column and row, farther from the labels than a usual bleed;
registration targets are beside the middle label of each side, clear of them. All are hairlines in
the registration colour, which prints on every plate.
"""

from typing import Final

from printing.labels.layout import Imposition
from printing.operands import MM

_LENGTH: Final = 3.0  # mm
_OFF: Final = 2.0  # mm between the outermost label and a mark
_TARGET: Final = 1.6  # mm, radius of a registration target
_BEZIER: Final = 0.5523


def draw_crop_marks(imposition: Imposition, width_mm: float, height_mm: float) -> str:
    """The operators that draw the marks of a sheet whose labels have this size."""
    lefts = {x for x, _ in imposition.places}
    tops = {y for _, y in imposition.places}
    left, right = min(lefts) - _OFF, max(lefts) + width_mm + _OFF
    top, bottom = min(tops) - _OFF, max(tops) + height_mm + _OFF
    lines = []
    for x in sorted(lefts | {x + width_mm for x in lefts}):
        lines += [(x, top, x, top - _LENGTH), (x, bottom, x, bottom + _LENGTH)]
    for y in sorted(tops | {y + height_mm for y in tops}):
        lines += [(left, y, left - _LENGTH, y), (right, y, right + _LENGTH, y)]
    parts = [f"/All CS 1 SCN {0.25:g} w"]
    high = imposition.height_mm
    parts += [f"{_at(x0, y0, high)} m {_at(x1, y1, high)} l S" for x0, y0, x1, y1 in lines]
    middle_x = _middle(lefts, width_mm)
    middle_y = _middle(tops, height_mm)
    for x, y in (
        (middle_x, top - _LENGTH / 2),
        (middle_x, bottom + _LENGTH / 2),
        (left - _LENGTH / 2, middle_y),
        (right + _LENGTH / 2, middle_y),
    ):
        parts.append(_target(x, y, high))
    return "\n".join(parts)


def _middle(starts: set[float], size: float) -> float:
    """The middle of the label that is in the middle of a row or column."""
    return sorted(starts)[(len(starts) - 1) // 2] + size / 2


def _at(x: float, y: float, height: float) -> str:
    return f"{x * MM:.3f} {(height - y) * MM:.3f}"


def _target(x: float, y: float, height: float) -> str:
    """A circle with a cross through it."""
    r, k = _TARGET * 0.6, _TARGET * 0.6 * _BEZIER
    arcs = [
        ((x + r, y + k), (x + k, y + r), (x, y + r)),
        ((x - k, y + r), (x - r, y + k), (x - r, y)),
        ((x - r, y - k), (x - k, y - r), (x, y - r)),
        ((x + k, y - r), (x + r, y - k), (x + r, y)),
    ]
    path = [f"{_at(x + r, y, height)} m"]
    path += [" ".join(_at(*point, height) for point in arc) + " c" for arc in arcs]
    cross = [
        f"{_at(x - _TARGET, y, height)} m {_at(x + _TARGET, y, height)} l",
        f"{_at(x, y - _TARGET, height)} m {_at(x, y + _TARGET, height)} l",
    ]
    return " ".join([*path, *cross, "S"])
