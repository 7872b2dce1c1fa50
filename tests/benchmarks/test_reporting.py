"""Evaluation of consumers' reports: what is counted, and what docs/detection.md says of it."""

from pathlib import Path

from benchmarks.detection.reporting import (
    judge_reports,
    report_table,
    reporter_parameter_table,
)
from cli.replay import judge_recording
from simulation import Parameters

ROOT = Path(__file__).parents[2]
SMALL = Parameters(active=30_000, prevalence=0.004, scan_rate=0.10)


def test_the_evaluation_counts_what_a_rival_reaches() -> None:
    found = judge_reports(judge_recording, [7], SMALL)
    plain, consumers, house, everybody = found
    assert (plain.reports, plain.targets, consumers.targets) == (0, 0, 0)
    assert consumers.tallies[0].true_alerts >= plain.tallies[0].true_alerts
    assert everybody.targets > house.targets > 0
    # No page accuses more stamps for all the reports in the world.
    assert {one.tallies[0].false_suspects for one in found} == {plain.tallies[0].false_suspects}
    assert {one.tallies[0].false_cautions for one in found} == {plain.tallies[0].false_cautions}
    assert everybody.raised < everybody.targets / 100
    assert f"{everybody.raised:,} of {everybody.targets:,}" in report_table({0.1: found})


def test_the_page_has_the_parameters_of_reports() -> None:
    assert reporter_parameter_table() in (ROOT / "docs/detection.md").read_text()
