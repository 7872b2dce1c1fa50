"""Benchmark of detection: false alarms, recall, precision and replay rate, beside baselines.

Held-out worlds of a million active stamps (half of one, if quick), 5 % of items scanned, 1 attacked
code in 1,000. The whole evaluation (all scan rates, shifted worlds, intervals, gates) is
`python -m benchmarks.detection evaluate`, described in `docs/detection.md`.
"""

from collections.abc import Iterator
from functools import partial
from math import isfinite

from benchmarks import replaying
from benchmarks.detection.baselines import BASELINES, Judge
from benchmarks.detection.campaign import HELD_OUT, OURS
from benchmarks.detection.curves import Estimate, ratio_of, recall_at
from benchmarks.detection.evaluate import Tally, judged, tally
from benchmarks.detection.gates import false_rate, precision
from benchmarks.figures import Figure
from benchmarks.plan import Plan
from cli.replay import judge_recording as replay
from simulation import Parameters, build_world

JUDGES: dict[str, Judge] = {OURS: replay, **BASELINES}
SEEN_FROM = 100
"""Recall is reported for codes copied at least this many times."""


def run(plan: Plan) -> Iterator[Figure]:
    """Yield the figures; a quick run judges half a world instead of five."""
    p = Parameters(active=500_000) if plan.quick else Parameters()
    counted: dict[str, list[Tally]] = {name: [] for name in JUDGES}
    for seed in HELD_OUT[: 1 if plan.quick else 5]:
        world = build_world(seed, p)
        for name, judge in JUDGES.items():
            judging = judge if name != OURS else partial(replay, scan_rate=world.scan_rate)
            counted[name].append(tally(world, judged(world, judging)))
    for figure, part in (("alert_fpr", "false_alerts"), ("suspect_fpr", "false_suspects")):
        rates = {name: false_rate(tallies, part) for name, tallies in counted.items()}
        yield _beside(f"detect.{figure}", "per genuine stamp", rates)
    yield _recall(counted)
    shares = {name: precision(tallies) for name, tallies in counted.items()}
    yield _beside("detect.precision", "of alerts", shares)
    yield from replaying.rates(plan, world, 3 if plan.quick else 9)


def _beside(name: str, unit: str, values: dict[str, Estimate]) -> Figure:
    """Compare judges, each at its default threshold."""
    figures = {judge: estimate.value for judge, estimate in values.items()}
    own = figures.pop(OURS)
    # A judge without alerts has no precision, and JSON has no NaN.
    figures = {judge: value for judge, value in figures.items() if isfinite(value)}
    return Figure(name, own, unit, figures, {j: own / v for j, v in figures.items() if v})


def _recall(counted: dict[str, list[Tally]]) -> Figure:
    """Compare recall of the ceiling, every peer at our rate of false alerts."""
    ours = counted[OURS]
    own, rate = ratio_of(ours, SEEN_FROM, 10**9), false_rate(ours, "false_alerts").value
    peers = {name: recall_at(counted[name], rate, SEEN_FROM) for name in BASELINES}
    ratios = {name: own / value for name, value in peers.items() if value}
    return Figure("detect.recall_of_ceiling", own, "of codes that can be seen", peers, ratios)
