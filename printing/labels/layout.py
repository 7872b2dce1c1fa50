"""Layouts: the places of labels on sheets and rolls, and the order in which stamps fill them.

A layout turns a label's size into an `Imposition`: the page, the places of its labels and the
order of filling. Two orders exist:

- ``across``: along the rows of each page, as one reads;
- ``stacks``: each place has consecutive stamps through all pages of the part. Sheets cut in a
  pile, and the lanes of an n-up roll slit apart, then each hold one unbroken serial range, which
  is what packers activate.
"""

from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from printing.errors import LayoutRefused
from printing.labels.design import Design

FillOrder = Literal["across", "stacks"]
PAPER: Final = {"a4": (210.0, 297.0), "a3": (297.0, 420.0)}
MARK_ROOM_MM: Final = 8.0  # crop marks, registration marks and the slug line need this margin
DEFAULT_GAP_MM: Final = 3.0


@dataclass(frozen=True)
class Imposition:
    """A page of ``width_mm`` × ``height_mm``; ``places`` are the labels' top left corners."""

    name: str
    width_mm: float
    height_mm: float
    places: tuple[tuple[float, float], ...]
    order: FillOrder
    marks: bool

    def pages(self, count: int) -> int:
        """Number of pages for ``count`` stamps."""
        return -(-count // len(self.places))

    def assign_stamps(self, count: int, first: int, end: int) -> NDArray[np.int64]:
        """The stamp (0…count-1, -1: none) of each place on pages [first, end): (pages, places)."""
        page = np.arange(first, end)[:, None]
        place = np.arange(len(self.places))[None, :]
        if self.order == "across":
            stamp = page * len(self.places) + place
        else:
            stamp = place * self.pages(count) + page
        return np.where(stamp < count, stamp, -1)


@dataclass(frozen=True)
class SheetLayout:
    """Layout on a sheet of paper: as many labels as fit, centred, with marks."""

    paper: Literal["a4", "a3"] = "a4"
    margin_mm: float = 10.0
    gap_mm: float = DEFAULT_GAP_MM
    order: FillOrder = "across"
    marks: bool = True

    def impose(self, design: Design) -> Imposition:
        """Place the labels. Raises `LayoutRefused` when labels, marks or bleeds do not fit."""
        width, height = PAPER[self.paper]
        _check_gap(self.gap_mm, design)
        if self.marks and self.margin_mm < MARK_ROOM_MM:
            raise LayoutRefused(
                why=f"marks need a margin of {MARK_ROOM_MM:g} mm; there are {self.margin_mm:g} mm"
            )
        columns = _count_fitting(width - 2 * self.margin_mm, design.width_mm, self.gap_mm)
        rows = _count_fitting(height - 2 * self.margin_mm, design.height_mm, self.gap_mm)
        if columns < 1 or rows < 1:
            raise LayoutRefused(
                why=f"a label of {design.width_mm:g} × {design.height_mm:g} mm does not fit "
                f"{self.paper} ({width:g} × {height:g} mm) with margins of {self.margin_mm:g} mm"
            )
        left = (width - columns * (design.width_mm + self.gap_mm) + self.gap_mm) / 2
        top = (height - rows * (design.height_mm + self.gap_mm) + self.gap_mm) / 2
        places = tuple(
            (
                left + column * (design.width_mm + self.gap_mm),
                top + row * (design.height_mm + self.gap_mm),
            )
            for row in range(rows)
            for column in range(columns)
        )
        return Imposition(self.paper, width, height, places, self.order, self.marks)


@dataclass(frozen=True)
class RollLayout:
    """Layout on a roll with ``across`` lanes; a page is one label and its gap, a lane a stack."""

    across: int = 1
    gap_mm: float = DEFAULT_GAP_MM
    lane_gap_mm: float = DEFAULT_GAP_MM
    edge_mm: float = 1.5

    def impose(self, design: Design) -> Imposition:
        """Place the labels. Raises `LayoutRefused` when there is no lane or bleeds overlap."""
        if self.across < 1:
            raise LayoutRefused(why=f"a roll has at least one lane, not {self.across}")
        _check_gap(self.gap_mm, design)
        if self.across > 1:
            _check_gap(self.lane_gap_mm, design)
        if self.edge_mm < design.bleed_mm:
            raise LayoutRefused(
                why=f"the roll's edge of {self.edge_mm:g} mm is narrower than the bleed of "
                f"{design.bleed_mm:g} mm"
            )
        step = design.width_mm + self.lane_gap_mm
        width = 2 * self.edge_mm + self.across * step - self.lane_gap_mm
        places = tuple((self.edge_mm + lane * step, self.gap_mm / 2) for lane in range(self.across))
        height = design.height_mm + self.gap_mm
        name = "roll" if self.across == 1 else f"roll-{self.across}up"
        return Imposition(name, width, height, places, "stacks", marks=False)


Layout = SheetLayout | RollLayout


def _count_fitting(space: float, size: float, gap: float) -> int:
    return int((space + gap + 1e-6) // (size + gap))


def _check_gap(gap: float, design: Design) -> None:
    if gap < 2 * design.bleed_mm:
        raise LayoutRefused(
            why=f"a gap of {gap:g} mm is narrower than two bleeds of {design.bleed_mm:g} mm"
        )
