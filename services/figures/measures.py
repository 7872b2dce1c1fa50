"""Measures: the figures that dashboards, reports and exports show, each computed from facts.

The one table of what a figure means. Its name is a text `figures.<name>` in three languages.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, Literal

from ledger.figures.totals import Totals

Unit = Literal["stamps", "scans", "alerts", "recalls", "reports", "hours"]


@dataclass(frozen=True, slots=True)
class Measure:
    """A figure: its unit, and how it is computed from totals of facts."""

    name: str
    unit: Unit
    compute: Callable[[Totals], int | None]
    is_sum: bool = True
    """Whether the parts of a breakdown add up to the whole."""


def add_up(totals: Totals, figure: str) -> int:
    """The total of a figure over its details."""
    return sum(total for (name, _), total in totals.items() if name == figure)


def _plain(figure: str) -> Callable[[Totals], int]:
    return lambda totals: add_up(totals, figure)


def _activated(totals: Totals) -> int:
    """Stamps activated, without those that were deactivated."""
    return add_up(totals, "activated") - add_up(totals, "deactivated")


def _recall_hours(totals: Totals) -> int | None:
    """Mean hours from the proposal of a recall to its decision, rounded; None without recalls."""
    recalls = add_up(totals, "recalls")
    return round(add_up(totals, "recall_seconds") / recalls / 3600) if recalls else None


_LIST: Final = (
    Measure("ordered", "stamps", _plain("ordered")),
    Measure("issued", "stamps", _plain("issued")),
    Measure("printed", "stamps", _plain("printed")),
    Measure("void", "stamps", _plain("void")),
    Measure("activated", "stamps", _activated),
    Measure("first_scans", "stamps", _plain("first_scans")),
    Measure("scans", "scans", _plain("scans")),
    Measure("alerts", "alerts", _plain("alerts")),
    Measure("alerts_confirmed", "alerts", _plain("alerts_confirmed")),
    Measure("alerts_dismissed", "alerts", _plain("alerts_dismissed")),
    Measure("reports", "reports", _plain("reports")),
    Measure("recalls", "recalls", _plain("recalls")),
    Measure("recalled", "stamps", _plain("recalled")),
    Measure("recalled_scans", "scans", lambda totals: totals["scans", "recalled"]),
    Measure("recall_hours", "hours", _recall_hours, is_sum=False),
)
MEASURES: Final[Mapping[str, Measure]] = {one.name: one for one in _LIST}


def measure_all(totals: Totals) -> dict[str, int | None]:
    """All measures of these totals, by name."""
    return {name: one.compute(totals) for name, one in MEASURES.items()}
