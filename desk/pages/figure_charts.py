"""Charts of figures as SVG that the server draws: grouped bars, readable without colour.

Each series has a pattern of its own and a label beside it; the table behind a chart has the same
numbers. Positions are in units of the view box, which is as wide as a phone.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

WIDTH: Final = 360
HEIGHT: Final = 190
_LEFT: Final = 46
_RIGHT: Final = 348
_TOP: Final = 12
_BOTTOM: Final = 164
_GAP: Final = 0.24
"""The part of a group that is empty."""
_MOST_LABELS: Final = 6
_STEPS: Final = (1, 2, 5)


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar; `series` is the number of its series."""

    series: int
    x: float
    y: float
    width: float
    height: float
    title: str


@dataclass(frozen=True, slots=True)
class Tick:
    """A label at an axis."""

    at: float
    text: str


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart with its table."""

    name: str
    title: str
    series: Sequence[str]
    """Labels of the series, in the order of their patterns."""
    bars: Sequence[Bar]
    ticks: Sequence[Tick]
    """Of the vertical axis."""
    labels: Sequence[Tick]
    """Of the horizontal axis."""
    rows: Sequence[tuple[str, Sequence[int]]]

    @property
    def is_empty(self) -> bool:
        """Whether nothing happened."""
        return not self.bars


def draw_chart(
    name: str,
    title: str,
    series: Sequence[str],
    rows: Sequence[tuple[str, str, Sequence[int]]],
    show: Callable[[int], str],
) -> Chart:
    """Draw rows of label, short label and one count for each series; `show` writes a number."""
    top = _round_up(max((max(counts, default=0) for _, _, counts in rows), default=0))
    group = (_RIGHT - _LEFT) / max(len(rows), 1)
    width = group * (1 - _GAP) / max(len(series), 1)
    bars = [
        Bar(
            series=number,
            x=round(_LEFT + at * group + group * _GAP / 2 + number * width, 2),
            y=round(_BOTTOM - _scale(count, top), 2),
            width=round(width, 2),
            height=round(_scale(count, top), 2),
            title=f"{label}, {series[number]}: {show(count)}",
        )
        for at, (label, _, counts) in enumerate(rows)
        for number, count in enumerate(counts)
        if count > 0
    ]
    step = -(-len(rows) // _MOST_LABELS)
    return Chart(
        name=name,
        title=title,
        series=series,
        bars=bars,
        ticks=[
            Tick(round(_BOTTOM - _scale(value, top), 2), _shorten(value, show))
            for value in (0, top // 2, top)
        ]
        if top > 1
        else [Tick(_BOTTOM, show(0)), Tick(_TOP, show(top))],
        labels=[
            Tick(round(_LEFT + (at + 0.5) * group, 2), short)
            for at, (_, short, _) in enumerate(rows)
            if at % max(step, 1) == 0
        ],
        rows=[(label, counts) for label, _, counts in rows],
    )


def _scale(count: int, top: int) -> float:
    return (_BOTTOM - _TOP) * max(count, 0) / max(top, 1)


def _round_up(count: int) -> int:
    """The next 1, 2 or 5 with zeros behind it.

    >>> _round_up(0), _round_up(3), _round_up(120), _round_up(5001)
    (1, 5, 200, 10000)
    """
    power = 1
    while True:
        for step in _STEPS:
            if step * power >= count:
                return step * power
        power *= 10


def _shorten(value: int, show: Callable[[int], str]) -> str:
    """A number in at most five characters.

    >>> _shorten(2500, str), _shorten(2_500_000, str), _shorten(200_000, str)
    ('2500', '2500k', '200k')
    """
    if value >= 10_000_000:
        return f"{show(value // 1_000_000)}M"
    return f"{show(value // 1000)}k" if value >= 10_000 else show(value)
