"""Drift: how far the scanned stamps of the service are from those of the simulated world.

The thresholds were calibrated on the simulated world (`docs/detection.md`). Where real histories
differ from simulated ones, its promises hold for another world. The measure is the population
stability index (PSI) of each number over fixed bins.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import log
from typing import Final, Literal

from detection.scan_history import ScanHistory
from detection.threshold_trial import TriedStamp

Population = Literal["scanned", "alerts"]
Reading = Literal["alike", "shifted", "different", "unknown"]

BINS: Final[Mapping[str, tuple[float, ...]]] = {
    "score": (0.01, 2.0, 4.0, 6.4, 8.0, 10.8),
    "sessions": (2, 3, 5, 9, 17),
    "independent": (2, 3, 5, 9, 17),
    "places": (1, 2, 3),
    "days": (0.5, 2, 7, 21),
}
"""The numbers that are compared, and the lower bounds of their bins after the first."""

FEWEST: Final = 200
"""Stamps below which a difference says nothing: by chance alone the index would be that large."""
_SHIFTED: Final = 0.1
_DIFFERENT: Final = 0.25
"""The usual bounds of the index in credit scoring, where it comes from."""
_HALF: Final = 0.5
"""Is added to each bin: a bin that is empty on one side has no logarithm."""
_HALF_HOURS_A_DAY: Final = 48


def measure_stamp(stamp: TriedStamp) -> dict[str, float]:
    """Return the numbers of a stamp that are compared."""
    history = stamp.history
    return {
        "score": stamp.score,
        "sessions": history.sessions,
        "independent": history.independent,
        "places": history.places,
        "days": _count_days(history),
    }


def _count_days(history: ScanHistory) -> float:
    if history.independent < 2:
        return 0.0
    return (history.last_independent - history.first_independent) / _HALF_HOURS_A_DAY


def count_bins(stamps: Sequence[TriedStamp]) -> dict[str, list[int]]:
    """Return how many stamps are in each bin, by number."""
    counts = {name: [0] * (len(bounds) + 1) for name, bounds in BINS.items()}
    for stamp in stamps:
        for name, value in measure_stamp(stamp).items():
            counts[name][sum(value >= bound for bound in BINS[name])] += 1
    return counts


def compute_psi(counts: Sequence[int], usual: Sequence[int]) -> float:
    """Return the population stability index of two histograms over the same bins.

    >>> compute_psi([10, 20, 30], [100, 200, 300]) < 0.01
    True
    >>> compute_psi([300, 20, 10], [100, 200, 300]) > 1
    True
    """
    total, usual_total = sum(counts) + _HALF * len(counts), sum(usual) + _HALF * len(usual)
    index = 0.0
    for n, m in zip(counts, usual, strict=True):
        share, expected = (n + _HALF) / total, (m + _HALF) / usual_total
        index += (share - expected) * log(share / expected)
    return index


def interpret_psi(psi: float, stamps: int) -> Reading:
    """Return what an index over so many stamps says."""
    if stamps < FEWEST:
        return "unknown"
    if psi < _SHIFTED:
        return "alike"
    return "shifted" if psi < _DIFFERENT else "different"


@dataclass(frozen=True, slots=True)
class DriftRow:
    """One number of one population beside the simulated world."""

    population: Population
    number: str
    counts: Sequence[int]
    """Stamps of the service in each bin of `BINS`."""
    simulated: Sequence[int]
    psi: float
    reading: Reading


def compare_stamps(
    population: Population,
    stamps: Sequence[TriedStamp],
    simulated: Mapping[str, Sequence[int]],
) -> list[DriftRow]:
    """Compare stamps with the histograms of the simulated ones of their population."""
    counted, rows = count_bins(stamps), []
    for number, usual in simulated.items():
        psi = compute_psi(counted[number], usual)
        reading = interpret_psi(psi, len(stamps))
        rows.append(DriftRow(population, number, counted[number], usual, psi, reading))
    return rows
