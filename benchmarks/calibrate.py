"""`python -m benchmarks.calibrate`: fit the weights of the features on the training worlds.

Builds the simulated world's training seeds (1-5, no others) at several scan rates, computes scan
histories with `detection.apply_scan`, and fits a logistic regression to their features
(`detection.features`): copied codes of which two items were scanned against genuine stamps. The
sign of every step is constrained, so that more evidence never weighs less. Prints the steps for
`detection.features` and, for each scan rate, false alarms and recall of thresholds on seed 5 when
it is left out of the fit (`--hold-out`).
"""

import argparse
import json
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt
import orjson
from scipy.optimize import minimize

from detection.apply_scan import apply_scan
from detection.features import FEATURES, extract_features
from detection.replay_format import IntroducedStamp, ScanParser
from detection.rules import Rules
from detection.scan_history import ScanHistory
from resolver.scan_place import measure_province
from traceability.administrative_units import load_administrative_units

RATES: Final = (0.01, 0.05, 0.1)
SEEDS: Final = (1, 2, 3, 4, 5)

# Positions of the steps of each feature, in its unit (docstring of `Model`), and their sign.
STEPS: Final[Mapping[str, tuple[float, ...]]] = {
    "single_place_sessions": (2, 3, 4, 6, 9, 15, 30, 60, 100),
    "single_place_rounds": (1, 2, 3, 4, 6, 8, 12),
    "sessions": (2, 3, 4, 5, 6, 8, 12, 20, 40),
    "rounds": (1, 2, 3, 4, 5, 6, 8, 12),
    "places": (2, 3, 4, 5, 6, 8, 12),
    "camera_places": (2, 3),
    "returns": (1, 2, 3, 5),
    "travel": (1, 2, 3, 4),
    "spread": (0.5, 1, 1.5, 2, 3, 4, 5, 6, 7, 8, 10, 12, 15, 20),
    "age": (7, 9, 11, 13, 15, 18, 22, 28),
    "off_market": (1, 2, 4, 6),
    "before_packing": (2, 3),
    "single_place_repeats": (1, 2, 4, 8),
    "bursts": (1, 3, 10, 30),
    "long_life_sessions": (2, 3, 4, 6, 8, 12),
    "long_life_rounds": (1, 2, 3, 4, 6),
    "off_export_market": (1, 2, 4, 6),
    "from_feeds": (1, 2, 3, 5),
}
# Impossible travel is rare, and in the simulated world mostly comes from forwarded links. The
# weight of two cameras in a quiet hour is set by hand (ADR 0028), as a floor.
FLOORS: Final[Mapping[tuple[str, float], float]] = {
    ("travel", 1): 3.5,
    ("travel", 2): 2.0,
    ("travel", 3): 4.5,
    # A user agent can be faked, so a feed explains four nats at most.
    ("from_feeds", 1): -1.0,
    ("from_feeds", 2): -1.0,
    ("from_feeds", 3): -1.0,
    ("from_feeds", 5): -1.0,
}
# Displayed samples are rare; the weight keeps them from being alerted.
EMPHASIS: Final[Mapping[str, float]] = {"sample": 5.0}
RIDGE: Final = 2.0


class Case(NamedTuple):
    """One stamp of a world: its features and the ground truth."""

    seed: int
    rate: float
    numbers: dict[str, int]
    genuine: bool
    copies: int
    observable: bool
    troubles: frozenset[str]


def worlds(directory: Path, seeds: tuple[int, ...]) -> Iterator[tuple[int, float, Path]]:
    """Build the training worlds that are missing."""
    for seed in seeds:
        for rate in RATES:
            out = directory / f"s{seed}r{rate:g}"
            if not (out / "truth.jsonl").exists():
                subprocess.run(
                    [sys.executable, "-m", "benchmarks.detection", "make", "--seed", str(seed),
                     "--rate", str(rate), "--out", str(out)],
                    check=True, stdout=sys.stderr,
                )  # fmt: skip
            yield seed, rate, out


def cases(seed: int, rate: float, world: Path, rules: Rules) -> Iterator[Case]:
    """Yield every stamp of a world with evidence in its history."""
    introduced: dict[str, IntroducedStamp] = {}
    histories: dict[str, ScanHistory] = {}
    provinces = {code: measure_province(code) for code in load_administrative_units().provinces}
    parser = ScanParser(provinces)
    with (world / "scans.jsonl").open("rb") as lines:
        for line in lines:
            said = orjson.loads(line)
            if "stamp" in said:
                introduced[said["stamp"]] = IntroducedStamp(said)
                continue
            seen, name = parser.parse_scan(said), said["scan"]
            context = introduced[name].context_at(seen.at)
            histories[name] = apply_scan(histories.get(name, ScanHistory()), seen, context, rules)
    with (world / "truth.jsonl").open("rb") as lines:
        for line in lines:
            truth = orjson.loads(line)
            history = histories.get(truth["stamp"], ScanHistory())
            copied = truth["attack"] == "copied" and truth["observable"]
            # The scans of a poisoned stamp imitate several lives; rules handle it, not weights.
            if not (truth["genuine"] or copied) or "poisoned" in truth["troubles"]:
                continue
            if history.independent < 2 and not copied:
                continue
            context = introduced[truth["stamp"]].context
            yield Case(
                seed,
                rate,
                extract_features(history, context),
                truth["genuine"],
                truth["k"],
                copied,
                frozenset(truth["troubles"]),
            )


def steps(found: list[Case]) -> npt.NDArray[np.float64]:
    """Return which steps each case reaches, one column for each step."""
    columns = []
    for feature in FEATURES:
        numbers = np.array([case.numbers[feature.name] for case in found], dtype=float)
        columns += [numbers >= value * feature.per_unit for value in STEPS[feature.name]]
    return np.stack(columns, axis=1).astype(float)


def fit(found: list[Case]) -> npt.NDArray[np.float64]:
    """Return the weight of each step and, last, the intercept (a stamp without evidence)."""
    reached = np.c_[steps(found), np.ones(len(found))]
    copied = np.array([case.observable for case in found], dtype=float)
    emphasis = np.array(
        [
            max((EMPHASIS.get(t, 1.0) for t in case.troubles), default=1.0) if case.genuine else 1.0
            for case in found
        ]
    )

    def loss(weights: npt.NDArray[np.float64]) -> tuple[float, npt.NDArray[np.float64]]:
        odds = reached @ weights
        slope = (1.0 / (1.0 + np.exp(-odds)) - copied) * emphasis
        penalized = np.r_[weights[:-1], 0.0]
        value = float(((np.logaddexp(0.0, odds) - copied * odds) * emphasis).sum())
        return value + 0.5 * RIDGE * float(
            penalized @ penalized
        ), reached.T @ slope + RIDGE * penalized

    bounds: list[tuple[float | None, float | None]] = [
        (FLOORS.get((feature.name, value)), 0.0)
        if feature.mitigating
        else (FLOORS.get((feature.name, value), 0.0), None)
        for feature in FEATURES
        for value in STEPS[feature.name]
    ]
    start = np.zeros(reached.shape[1])
    found_at = minimize(
        loss, start, jac=True, method="L-BFGS-B", bounds=[*bounds, (None, None)],
        options={"maxiter": 600},
    )  # fmt: skip
    return np.asarray(found_at.x, dtype=float)


def table(weights: npt.NDArray[np.float64]) -> Iterator[str]:
    """Yield the steps of each feature in the form of `detection.features`."""
    at = 0
    for feature in FEATURES:
        values = STEPS[feature.name]
        kept = [
            f"({value:g}, {weights[at + i]:.2f})"
            for i, value in enumerate(values)
            if abs(weights[at + i]) >= 0.05
        ]
        at += len(values)
        yield f"{feature.name}: steps=({''.join(f'{step}, ' for step in kept).rstrip()})"


def thresholds(weights: npt.NDArray[np.float64], held_out: list[Case]) -> Iterator[dict[str, Any]]:
    """Return false alarms and recall of thresholds on worlds that are left out of the fit."""
    for rate in RATES:
        here = [case for case in held_out if case.rate == rate]
        scores = steps(here) @ weights[:-1]
        genuine = np.array([case.genuine for case in here])
        whole = Counter(case.copies for case in here if case.observable)
        ranked = np.sort(scores[genuine])[::-1]
        for alarms in (100, 50, 20, 10):
            bar = float(ranked[min(alarms * len({c.seed for c in here}), len(ranked) - 1)])
            caught = Counter(
                case.copies
                for case, score in zip(here, scores, strict=True)
                if case.observable and score > bar
            )
            wrong = Counter(
                trouble
                for case, score in zip(here, scores, strict=True)
                if case.genuine and score > bar
                for trouble in case.troubles
            )
            large = [k for k in whole if k >= 100]
            yield {
                "rate": rate,
                "alarms_per_million": alarms,
                "score": round(bar, 2),
                "recall_k100": round(
                    sum(caught[k] for k in large) / sum(whole[k] for k in large), 3
                ),
                "recall": {k: round(caught[k] / whole[k], 2) for k in sorted(whole)},
                "wrong": dict(wrong.most_common(8)),
            }


def main() -> None:
    """Fit, then print the table and the effect of thresholds."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--worlds", type=Path, help="keep the worlds here, or find them here")
    parser.add_argument("--hold-out", action="store_true", help="fit without seed 5, judge it")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        found = [
            case
            for seed, rate, world in worlds(args.worlds or Path(scratch), SEEDS)
            for case in cases(seed, rate, world, Rules())
        ]
    train = [case for case in found if not (args.hold_out and case.seed == SEEDS[-1])]
    weights = fit(
        [
            case
            for case in train
            if case.numbers["single_place_sessions"] + case.numbers["sessions"] >= 2
        ]
    )
    print("\n".join(table(weights)))
    print(f"# a stamp without evidence starts from {weights[-1]:.2f} nats")
    for row in thresholds(weights, [c for c in found if not args.hold_out or c.seed == SEEDS[-1]]):
        print(json.dumps(row))


if __name__ == "__main__":
    main()
