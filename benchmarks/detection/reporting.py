"""Evaluation of consumers' reports: what they find, and what a rival reaches with them."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from benchmarks.detection.baselines import Judge, Row
from benchmarks.detection.curves import recall
from benchmarks.detection.evaluate import Tally, judged, tally
from benchmarks.detection.gates import false_rate, precision
from benchmarks.detection.report import table
from simulation import Parameters, World, build_world
from simulation.chance import Bools
from simulation.parameters import list_parameters
from simulation.reporters import (
    ReportCampaign,
    ReporterParameters,
    draw_reports,
    find_reported_stamps,
    write_reports,
)

RATES = (0.01, 0.05, 0.1)


@dataclass(frozen=True)
class ReportOutcome:
    """Result of one kind of reporting in worlds of one scan rate."""

    name: str
    tallies: list[Tally]
    reports: int
    targets: int
    """Genuine stamps that a rival reported."""
    raised: int
    """Those of them that raised an alert, and raised none without the rival."""


def judge_reports(judge: Judge, seeds: Sequence[int], p: Parameters) -> list[ReportOutcome]:
    """Judge worlds without reports, with consumers' reports, and with those of rivals."""
    worlds = [build_world(seed, p) for seed in seeds]
    found = [
        ReportOutcome(
            "none", [tally(world, judged(world, _know(judge, world))) for world in worlds], 0, 0, 0
        )
    ]
    honest = [_judge(judge, world, ReportCampaign.NOBODY) for world in worlds]
    for campaign in ReportCampaign:
        tallies, reports, targets, raised = [], 0, 0, 0
        for world, (_, before, _) in zip(worlds, honest, strict=True):
            counted, alerted, sent = _judge(judge, world, campaign)
            aimed = np.isin(world.truth.stamp, find_reported_stamps(world, campaign)[0])
            tallies.append(counted)
            reports += sent
            targets += int(aimed.sum())
            raised += int((aimed & alerted & ~before).sum())
        name = "consumers" if campaign is ReportCampaign.NOBODY else f"and a rival: {campaign}"
        found.append(ReportOutcome(name, tallies, reports, targets, raised))
    return found


def _know(judge: Callable[..., Iterable[Row]], world: World) -> Judge:
    """Return the judge with the scan rate that a deployment measures."""
    return partial(judge, scan_rate=world.scan_rate)


def _judge(judge: Judge, world: World, campaign: ReportCampaign) -> tuple[Tally, Bools, int]:
    """Return the tally, which stamps raised an alert, and the number of reports."""
    reports = draw_reports(world, ReporterParameters(), campaign)
    verdicts = judged(world, _know(judge, world), write_reports(world, reports))
    return tally(world, verdicts), np.isfinite(verdicts.alert), len(reports.at)


def report_table(found: dict[float, list[ReportOutcome]]) -> str:
    """Return precision, recall and false alerts with and without reports."""
    rows = [
        (
            f"{rate:.0%}",
            one.name,
            f"{one.reports:,}",
            f"{sum(t.true_alerts for t in one.tallies):,}",
            f"{sum(t.false_alerts for t in one.tallies):,}",
            precision(one.tallies).text(".3f"),
            recall(one.tallies).text(".3f"),
            false_rate(one.tallies, "false_alerts").text(".1e"),
            f"{one.raised:,} of {one.targets:,}" if one.targets else "–",
        )
        for rate, outcomes in found.items()
        for one in outcomes
    ]
    head = (
        "scan rate", "reports of", "reports", "true alerts", "false alerts", "precision",
        "recall of the ceiling, copied", "false alerts per genuine stamp", "of the rival's stamps",
    )  # fmt: skip
    return table(head, rows)


def reporter_parameter_table() -> str:
    """Return every parameter of reports."""
    rows = [
        (f"`{name}`", f"{value}", meaning, source)
        for name, value, meaning, source in list_parameters(ReporterParameters)
    ]
    return table(("parameter", "value", "meaning", "source"), rows)
