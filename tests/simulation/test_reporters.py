"""Simulated reports: drawn beside a world, in time order, and no line of it changes."""

from functools import cache

import numpy as np
import orjson
import pytest

from simulation import Parameters, World, build_world
from simulation.reporters import (
    KINDS,
    ReportCampaign,
    ReporterParameters,
    draw_reports,
    find_reported_stamps,
    write_reports,
)

SMALL = Parameters(active=30_000, prevalence=0.004, scan_rate=0.10)
EAGER = ReporterParameters(copied_on_copies=0.5, damaged_on_genuine=0.2)


@cache
def world() -> World:
    return build_world(7, SMALL)


@pytest.mark.parametrize("campaign", ReportCampaign)
def test_reports_stand_between_the_lines_of_the_world_in_time_order(
    campaign: ReportCampaign,
) -> None:
    reports = draw_reports(world(), EAGER, campaign)
    lines = list(write_reports(world(), reports))
    assert [line for line in lines if not line.startswith(b'{"report"')] == [
        *world().replay_lines()
    ]
    at = [row["at"] for row in map(orjson.loads, lines) if "at" in row]
    assert len(at) == len(reports.at) + len(world().events)
    assert at == sorted(at)


def test_who_bought_a_copy_reports_it_more_often_than_others_do() -> None:
    reports = draw_reports(world(), EAGER, ReportCampaign.NOBODY)
    attacked = np.isin(reports.stamp, world().truth.stamp[world().truth.attacked])
    copied = reports.kind == KINDS.index("copied")
    assert copied[attacked].sum() > 20 * copied[~attacked].sum()
    assert (reports.kind[~attacked] == KINDS.index("damaged")).mean() > 0.9
    nothing = ReporterParameters(*[0.0] * 6)
    assert len(draw_reports(world(), nothing, ReportCampaign.NOBODY).at) == 0


def test_a_rival_reports_genuine_stamps_of_one_packing_house_or_all() -> None:
    nothing = ReporterParameters(*[0.0] * 6)
    counts = {}
    for campaign in ReportCampaign:
        stamps, _ = find_reported_stamps(world(), campaign)
        assert not np.isin(stamps, world().truth.stamp[world().truth.attacked]).any()
        reports = draw_reports(world(), nothing, campaign)
        assert set(reports.stamp.tolist()) <= set(stamps.tolist())
        counts[campaign] = len(stamps)
        if campaign is ReportCampaign.ONE_HOUSE:
            houses = world().trade.house[world().trade.lot_of(stamps)]
            assert len(set(houses.tolist())) == 1
            assert len(set(reports.net.tolist())) == nothing.rival_networks
    assert (
        counts[ReportCampaign.NOBODY]
        == 0
        < counts[ReportCampaign.ONE_HOUSE]
        < counts[ReportCampaign.EVERYBODY]
    )
