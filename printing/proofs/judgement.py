"""Judgement of a proof: which symbols of a printed sheet are right, and what the others lack.

Pure: the symbols with their stamps go in, findings come out. Symbols are taken in reading order of
the sheet as it was printed, however the picture is turned.

Grades are those of ISO/IEC 15415 for symbol contrast and unused error correction, A to F. C is
what trade asks for; a symbol below it is `poor`.
"""

import math
from bisect import bisect_left
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Final, Literal

Finding = Literal[
    "good", "poor", "unreadable", "duplicate", "misordered", "altered", "other-batch", "unknown"
]
FINDINGS: Final[tuple[Finding, ...]] = (
    "good",
    "poor",
    "unreadable",
    "duplicate",
    "misordered",
    "altered",
    "other-batch",
    "unknown",
)
Grade = Literal["A", "B", "C", "D", "F"]
Corners = tuple[tuple[int, int], ...]

_CONTRAST: Final[tuple[tuple[float, Grade], ...]] = (
    (0.7, "A"),
    (0.55, "B"),
    (0.4, "C"),
    (0.2, "D"),
)
_UNUSED: Final[tuple[tuple[float, Grade], ...]] = (
    (0.62, "A"),
    (0.5, "B"),
    (0.37, "C"),
    (0.25, "D"),
)
_POOR: Final = ("D", "F")
MOST_ON_SHEET: Final = 1000
"""Stamps of a sheet: with more absent ones the picture shows no connected sheet."""


@dataclass(frozen=True, slots=True)
class ProofSymbol:
    """One symbol of a proof. `index` is None unless the batch has its stamp."""

    corners: Corners
    finding: Finding
    index: int | None = None
    contrast: float | None = None
    """Symbol contrast, 0 to 1; None where the picture is too coarse to measure."""
    damage: float | None = None
    """Share of the error correction that is used up, 0 to 1 and above; None where not measured."""

    @property
    def grade(self) -> Grade | None:
        """The lower of both grades; None where nothing was measured."""
        if self.contrast is None or self.damage is None:
            return None
        return max(_grade(self.contrast, _CONTRAST), _grade(1 - self.damage, _UNUSED))


@dataclass(frozen=True, slots=True)
class ProofJudgement:
    """Result of a proof: its symbols, each with a finding."""

    symbols: tuple[ProofSymbol, ...]
    """In reading order."""
    missing: tuple[int, ...]
    """Stamps that belong on the sheet and were not seen."""

    @property
    def is_good(self) -> bool:
        """Whether there are symbols, all of them good, and none is missing."""
        return (
            bool(self.symbols)
            and not self.missing
            and all(symbol.finding == "good" for symbol in self.symbols)
        )

    def count(self, finding: Finding) -> int:
        """Return the number of symbols with a finding."""
        return sum(symbol.finding == finding for symbol in self.symbols)


def judge(symbols: Sequence[ProofSymbol], sheet: range | None = None) -> ProofJudgement:
    """Find duplicates, the wrong order, poor symbols and missing stamps.

    `sheet` has the indices of all stamps on the sheet, where the print house states them. Without
    it only a gap between two stamps is noticed. A symbol that comes in with another finding than
    `good` keeps it.
    """
    ordered = _sort_as_printed(symbols)
    seen = Counter(one.index for one in ordered if one.index is not None)
    own = [at for at, one in enumerate(ordered) if one.finding == "good" and one.index is not None]
    in_order = {own[at] for at in _longest_rise([ordered[at].index or 0 for at in own])}
    judged = []
    for at, one in enumerate(ordered):
        finding = one.finding
        if finding == "good":
            if one.index is not None and seen[one.index] > 1:
                finding = "duplicate"
            elif at not in in_order:
                finding = "misordered"
            elif one.grade in _POOR:
                finding = "poor"
        judged.append(replace(one, finding=finding))
    missing = _find_gaps(sorted(seen)) if sheet is None else tuple(sorted(set(sheet) - set(seen)))
    return ProofJudgement(tuple(judged), missing)


def _grade(value: float, bounds: Sequence[tuple[float, Grade]]) -> Grade:
    return next((grade for least, grade in bounds if value >= least), "F")


def _sort_as_printed(symbols: Sequence[ProofSymbol]) -> list[ProofSymbol]:
    """The symbols by rows from the top, each from the left, turned as most symbols are."""
    if not symbols:
        return []
    across = [
        math.atan2(one.corners[1][1] - one.corners[0][1], one.corners[1][0] - one.corners[0][0])
        for one in symbols
    ]
    angle = math.atan2(sum(map(math.sin, across)), sum(map(math.cos, across)))
    cos, sin = math.cos(-angle), math.sin(-angle)
    placed = []
    for one in symbols:
        x, y = (sum(corner[axis] for corner in one.corners) / 4 for axis in (0, 1))
        placed.append((x * sin + y * cos, x * cos - y * sin, one))
    placed.sort(key=lambda place: place[0])
    sides = sorted(math.dist(one.corners[0], one.corners[1]) for one in symbols)
    row_gap = sides[len(sides) // 2] / 2
    rows: list[list[tuple[float, float, ProofSymbol]]] = [[placed[0]]]
    for before, place in pairwise(placed):
        if place[0] - before[0] > row_gap:
            rows.append([])
        rows[-1].append(place)
    return [one for row in rows for _, _, one in sorted(row, key=lambda place: place[1])]


def _longest_rise(values: Sequence[int]) -> set[int]:
    """Positions of one longest strictly rising subsequence.

    >>> sorted(_longest_rise([3, 9, 4, 5, 5]))
    [0, 2, 4]
    """
    tails: list[int] = []
    ends: list[int] = []
    before: list[int] = []
    for at, value in enumerate(values):
        place = bisect_left(tails, value)
        before.append(ends[place - 1] if place else -1)
        if place == len(tails):
            tails.append(value)
            ends.append(at)
        else:
            tails[place], ends[place] = value, at
    found: set[int] = set()
    at = ends[-1] if ends else -1
    while at >= 0:
        found.add(at)
        at = before[at]
    return found


def _find_gaps(indexes: Sequence[int]) -> tuple[int, ...]:
    """Return the indexes that are absent between the first and the last, in the usual step.

    The step is 1 along the rows of a sheet, and larger where sheets are cut in a pile.
    """
    steps = Counter(after - before for before, after in pairwise(indexes))
    if not steps:
        return ()
    step = max(steps, key=lambda one: (steps[one], -one))
    expected = range(indexes[0], indexes[-1] + 1, step)
    if len(expected) - len(indexes) > MOST_ON_SHEET:
        return ()
    return tuple(sorted(set(expected) - set(indexes)))
