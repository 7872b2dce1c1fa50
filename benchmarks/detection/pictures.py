"""The figures of `docs/detection.md`: ROC, recall against K, time to detection."""

from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np

mpl.use("Agg")
import matplotlib.pyplot as plt  # the backend must be chosen first

from benchmarks.detection.baselines import BASELINES
from benchmarks.detection.campaign import OURS, RATES
from benchmarks.detection.curves import ratio_of, recall, recall_at, roc
from benchmarks.detection.evaluate import Tally
from simulation import Parameters
from simulation.chance import Floats

Found = dict[str, dict[str, list[Tally]]]

# Okabe and Ito's palette, safe for colour-blind readers; ours is the dark colour.
COLOURS = {
    OURS: "#000000",
    "count > N": "#E69F00",
    "sessions only": "#56B4E9",
    "impossible travel": "#D55E00",
    "travel less radii": "#009E73",
}
RATE_COLOURS = dict(zip(RATES, ("#CC79A7", "#E69F00", "#0072B2", "#000000"), strict=True))
STYLE: Any = {
    "font.size": 10, "axes.spines.top": False, "axes.spines.right": False, "axes.grid": True,
    "grid.color": "#e4e4e4", "legend.framealpha": 0.85, "legend.edgecolor": "none",
    "axes.titlesize": 11, "figure.dpi": 130,
    "lines.linewidth": 1.8,
}  # fmt: skip


def draw(found: Found, folder: Path) -> None:
    """Write the three pictures."""
    folder.mkdir(parents=True, exist_ok=True)
    with plt.rc_context(STYLE):
        _roc(found, folder / "roc.png")
        _recall(found, folder / "recall.png")
        _delay(found, folder / "delay.png")


def _roc(found: Found, path: Path) -> None:
    figure, axes = plt.subplots(1, 3, figsize=(11, 4.0), sharey=True)
    for axis, rate in zip(axes, (0.01, 0.05, 0.10), strict=True):
        worlds = found[f"rate {rate:g}"]
        for name in (*BASELINES, OURS):
            if name not in worlds:
                continue
            alarms, caught = roc(worlds[name])
            genuine = sum(t.genuine for t in worlds[name])
            alarms = np.maximum(alarms, 0.5 / genuine)
            axis.plot(
                alarms, caught, color=COLOURS[name], label=name, zorder=3 if name == OURS else 2
            )
            if name == OURS:
                rate_now = sum(t.false_alerts for t in worlds[name]) / genuine
                own = ratio_of(worlds[name], 1, 10**9)
                axis.plot(max(rate_now, 0.5 / genuine), own, "o", color=COLOURS[name], zorder=4)
        axis.axvline(1e-4, color="#888888", linestyle=":", linewidth=1.2)
        axis.set(xscale="log", xlim=(5e-8, 2e-3), ylim=(0, 1.02))
        axis.set_title(f"{rate:.0%} of items scanned")
        axis.set_xlabel("false alarms per genuine stamp")
    axes[0].set_ylabel("copied codes caught,\nof those that can be seen")
    axes[0].annotate("gate: 1 in 10,000", (1e-4, 0.02), rotation=90, ha="right", va="bottom",
                     color="#666666", fontsize=8)  # fmt: skip
    axes[2].legend(loc="lower right", fontsize=8.5)
    figure.tight_layout()
    figure.savefig(path)
    plt.close(figure)


def _recall(found: Found, path: Path) -> None:
    copies = Parameters().copies
    figure, axes = plt.subplots(1, 2, figsize=(11, 4.2))
    for rate in RATES:
        worlds = found[f"rate {rate:g}"]
        if OURS not in worlds:
            continue
        rows = [recall(worlds[OURS], at_least=k, at_most=k) for k in copies]
        enough = [(k, e) for k, e in zip(copies, rows, strict=True) if e.of >= 10]
        xs, ys = [k for k, _ in enough], [e for _, e in enough]
        axes[0].plot(xs, [e.value for e in ys], "o-", color=RATE_COLOURS[rate],
                     label=f"{rate:.1%} of items scanned", markersize=4)  # fmt: skip
        axes[0].fill_between(xs, [e.low for e in ys], [e.high for e in ys],
                             color=RATE_COLOURS[rate], alpha=0.15, linewidth=0)  # fmt: skip
    axes[0].set_title("Veritem, at its own threshold")
    axes[0].legend(loc="upper left", fontsize=8.5)
    worlds = found["rate 0.05"]
    for name in (*BASELINES, OURS):
        if name in worlds:
            values = [recall_at(worlds[name], 1e-4, k, k) for k in copies]
            axes[1].plot(copies, values, "o-", color=COLOURS[name], label=name, markersize=4)
    axes[1].set_title("5 % of items scanned, all at 1 false alarm in 10,000")
    axes[1].legend(loc="upper left", fontsize=8.5)
    for axis in axes:
        axis.set(xscale="log", ylim=(-0.02, 1.03), xlabel="K, copies made of one code")
    axes[0].set_ylabel("caught, of those that can be seen")
    figure.tight_layout()
    figure.savefig(path)
    plt.close(figure)


def _delay(found: Found, path: Path) -> None:
    copies = [k for k in Parameters().copies if k >= 30]
    figure, axes = plt.subplots(1, 2, figsize=(11, 4.0))
    for rate in RATES[1:]:
        tallies = found[f"rate {rate:g}"].get(OURS, [])
        rows = np.array([row for t in tallies for row in t.delays]).reshape(-1, 4)
        for axis, column, scale in ((axes[0], 1, 24.0), (axes[1], 3, 1.0)):
            by_k = [rows[rows[:, 0] == k, column] / scale for k in copies]
            kept = [(k, v) for k, v in zip(copies, by_k, strict=True) if len(v) >= 10]
            if not kept:
                continue
            middle = [float(np.median(v)) for _, v in kept]
            ends = [np.percentile(v, [25, 75]) for _, v in kept]
            xs = [k for k, _ in kept]
            axis.plot(xs, middle, "o-", color=RATE_COLOURS[rate], markersize=4,
                      label=f"{rate:.0%} of items scanned")  # fmt: skip
            axis.fill_between(xs, [e[0] for e in ends], [e[1] for e in ends],
                              color=RATE_COLOURS[rate], alpha=0.15, linewidth=0)  # fmt: skip
    axes[0].set(ylabel="days", title="From the first copy on a shelf to the alert")
    axes[1].set(ylabel="scans", title="Scans of copies up to the alert")
    axes[1].set(yscale="log")
    axes[0].set_ylim(bottom=0)
    for axis in axes:
        axis.set(xscale="log", xlabel="K, copies made of one code")
    axes[0].legend(fontsize=8.5)
    figure.text(
        0.01, 0.01, "Medians; the bands are the middle halves.", fontsize=8, color="#666666"
    )
    figure.tight_layout(rect=(0, 0.03, 1, 1))
    figure.savefig(path)
    plt.close(figure)


def draw_pairs(curves: dict[float, Floats], copies: tuple[int, ...], path: Path) -> None:
    """Write recall against K of two judges (columns) for each scan rate."""
    with plt.rc_context(STYLE):
        figure, axis = plt.subplots(figsize=(6.5, 4.0))
        for rate, pairs in curves.items():
            colour = RATE_COLOURS[rate]
            axis.plot(copies, pairs[:, 0], "o-", color=colour, label=f"{rate:.0%}, this judge")
            axis.plot(copies, pairs[:, 1], "o--", color=colour, label=f"{rate:.0%}, earlier judge")
        axis.set(xscale="log", ylim=(0, 1.02), xlabel="K, copies of one code")
        axis.set_xticks(copies, [str(k) for k in copies])
        axis.set_ylabel("copied codes caught,\nof those that can be seen")
        axis.legend(loc="upper left", fontsize=8.5)
        figure.tight_layout()
        figure.savefig(path)
        plt.close(figure)
