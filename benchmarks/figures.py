"""Figures with their peers, and a description of the machine."""

import os
import platform
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import median
from typing import Any


@dataclass(frozen=True)
class Figure:
    """A measured figure. `ratios` are ours over the peer's, from interleaved runs on one core."""

    name: str
    figure: float
    unit: str
    peers: Mapping[str, float] = field(default_factory=dict)
    ratios: Mapping[str, float] = field(default_factory=dict)

    def document(self) -> dict[str, Any]:
        """The figure as a JSON object, with the machine."""
        return {**asdict(self), "machine": describe_machine()}


def describe_machine() -> dict[str, Any]:
    """Describe this machine: processor, cores that this process may use, system, Python."""
    model = next(
        (
            line.partition(":")[2].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if line.startswith("model name")
        ),
        platform.processor(),
    )
    return {
        "processor": model,
        "cores": len(os.sched_getaffinity(0)),
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
    }


def interleave(
    runs: Mapping[str, Callable[[], float]], rounds: int
) -> tuple[dict[str, float], dict[str, list[float]]]:
    """Run each of `runs` (each returns a rate) once a round, in order.

    Returns the median rate and all rates of each. Runs alternate, so that a slow minute of the
    machine affects all of them alike.
    """
    rates: dict[str, list[float]] = {name: [] for name in runs}
    for _ in range(rounds):
        for name, run in runs.items():
            rates[name].append(run())
    return {name: median(values) for name, values in rates.items()}, rates


def compare(name: str, unit: str, rates: Mapping[str, Sequence[float]]) -> Figure:
    """Make a figure from interleaved rates; the first name is ours.

    A ratio is the median of the rounds' own ratios, not the ratio of the medians.
    """
    ours, *others = rates
    return Figure(
        name,
        median(rates[ours]),
        unit,
        peers={peer: median(rates[peer]) for peer in others},
        ratios={
            peer: median(a / b for a, b in zip(rates[ours], rates[peer], strict=True))
            for peer in others
        },
    )
