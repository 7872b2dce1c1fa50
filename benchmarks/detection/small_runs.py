"""Small runs of copies, K = 10 to 100: this judge and an earlier one at equal false alerts."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

import numpy as np

from benchmarks.detection.baselines import Judge
from benchmarks.detection.campaign import OURS, WorldKind, run
from benchmarks.detection.curves import Estimate, lead_over, recall_at, stratum
from benchmarks.detection.evaluate import Tally
from benchmarks.detection.gates import false_rate
from benchmarks.detection.report import table
from simulation import Parameters

COPIES: Final = (10, 15, 20, 30, 50, 70, 100)
RATES: Final = (0.01, 0.05)
WORLD: Final = Parameters(copies=COPIES)

Found = dict[float, tuple[list[Tally], list[Tally]]]
"""Tallies of this judge and of the earlier one by scan rate, in the same order of seeds."""


def judge_small_runs(
    ours: Judge, earlier: Judge, seeds: Sequence[int], cache: Path, world: Parameters = WORLD
) -> Found:
    """Judge the worlds of small runs by both."""
    found: Found = {}
    for rate in RATES:
        kind = WorldKind(
            f"small runs {rate:g}", replace(world, scan_rate=rate), tuple(seeds)
        )  # fmt: skip
        print(f"{kind.name}: seeds {kind.seeds}", flush=True)
        tallies = [
            [counted for name, counted in run(kind, judge, cache / side) if name == OURS]
            for side, judge in (("this", ours), ("earlier", earlier))
        ]
        found[rate] = tallies[0], tallies[1]
    return found


def small_run_table(found: Found) -> str:
    """Return recall of both by K, at this judge's rate of false alerts and at one in 10,000."""
    rows = []
    for rate, (ours, earlier) in found.items():
        for low, high in [(k, k) for k in COPIES] + [(COPIES[0], COPIES[-1])]:
            own, other, lead = lead_over(ours, earlier, low, high)
            observable = sum(stratum(1, at_least=low, at_most=high)(t) for t in ours)
            rows.append((
                f"{rate:.0%}", f"{low}" if low == high else f"{low}–{high}", f"{observable:,.0f}",
                _said(own), _said(other), lead.text("+.3f"),
                *(_said(recall_at(side, 1e-4, low, high)) for side in (ours, earlier)),
            ))  # fmt: skip
    return table(
        ("scan rate", "K", "codes that can be seen", "this judge", "earlier judge",
         "lead at equal false alerts", "this judge at 1e-4", "earlier at 1e-4"), rows,
    )  # fmt: skip


def _said(value: float) -> str:
    return f"{value:.3f}" if np.isfinite(value) else "–"


def false_alert_table(found: Found) -> str:
    """Return false alerts per genuine stamp of both, each at its own threshold."""
    rows = [
        (f"{rate:.0%}", *(_rate(side).text(".1e") for side in sides))
        for rate, sides in found.items()
    ]
    return table(("scan rate", "this judge", "earlier judge"), rows)


def _rate(tallies: Sequence[Tally]) -> Estimate:
    return false_rate(tallies, "false_alerts")


def draw_small_runs(found: Found, path: Path) -> None:
    """Write recall of the ceiling against K for both judges at equal false alerts."""
    from benchmarks.detection import pictures  # matplotlib is slow to load

    curves = {}
    for rate, (ours, earlier) in found.items():
        pairs = [lead_over(ours, earlier, k, k)[:2] for k in COPIES]
        curves[rate] = np.array(pairs)
    path.parent.mkdir(parents=True, exist_ok=True)
    pictures.draw_pairs(curves, COPIES, path)
