"""Evaluation of attackers: shares, gates, prices, and the judge of another checkout."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import cache, partial
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pytest

from benchmarks.checkout import Checkout
from benchmarks.detection import price
from benchmarks.detection.attacker_tables import (
    attacker_gates,
    attacker_list,
    attacker_parameter_table,
    attacker_table,
)
from benchmarks.detection.attackers import (
    NOBODY,
    WITHOUT_BUDGETS,
    AttackOutcome,
    Found,
    bystanders,
    judge_attackers,
    judge_world,
    list_judges,
    share,
    unplaced_share,
)
from benchmarks.detection.baselines import Row
from benchmarks.detection.campaign import OURS
from benchmarks.detection.earlier import EarlierJudge
from benchmarks.detection.small_runs import judge_small_runs, small_run_table
from cli.replay import judge_recording
from simulation import (
    ATTACKERS,
    AttackerParameters,
    Parameters,
    World,
    build_attacked_world,
    build_world,
)
from simulation.parameters import Target

ROOT = Path(__file__).parents[2]
SMALL = Parameters(active=8_000, prevalence=0.004, scan_rate=0.10)


@cache
def world(name: str) -> World:
    (attacker,) = (x for x in ATTACKERS if x.name == name)
    return build_attacked_world(build_world(22, SMALL), attacker, AttackerParameters(stamps=6))


def row(stamp: str, at: str | None, **more: Any) -> Row:
    return {
        "stamp": stamp, "score": float(at is not None), "reasons": [], "first_caution_at": at,
        "first_suspect_at": at, "alerted_at": at, **more,
    }  # fmt: skip


def silence(lines: Iterable[bytes], scan_rate: float | None = None) -> Iterator[Row]:
    for line in map(orjson.loads, lines):
        if "stamp" in line:
            yield row(line["stamp"], None)


def alarmist(lines: Iterable[bytes], scan_rate: float | None = None) -> Iterator[Row]:
    for one in silence(lines):
        yield row(one["stamp"], "2026-09-29T00:00:00Z", campaign="c1")


def frugal(
    lines: Iterable[bytes], scan_rate: float | None = None, *, budgets: bool = True
) -> Iterator[Row]:
    return silence(lines) if budgets else alarmist(lines)


def test_a_silent_judge_and_an_alarmist_have_the_ends_of_every_share() -> None:
    w = world("framed, 2 networks, buyer scanned")
    quiet, loud = judge_world(w, silence), judge_world(w, alarmist)
    assert quiet.stamps == loud.stamps == 6
    for part in ("alerts", "suspects", "cautions"):
        assert (share([quiet], part), share([loud], part)) == (0, 1)
    assert quiet.delays == []
    assert len(loud.delays) == 6
    assert min(loud.delays) > 0


def test_stamps_in_one_alert_are_counted_by_campaign() -> None:
    w = world("framed in a row, 2 networks, buyer scanned")
    assert share([judge_world(w, alarmist)], "in_one_alert") == 1

    def one_by_one(lines: Iterable[bytes], scan_rate: float | None = None) -> Iterator[Row]:
        for one in alarmist(lines):
            yield {**one, "campaign": None}

    def campaign_only(lines: Iterable[bytes], scan_rate: float | None = None) -> Iterator[Row]:
        for one in alarmist(lines):
            yield {**one, "alerted_at": None}

    assert judge_world(w, one_by_one).in_one_alert == 1
    assert share([judge_world(w, campaign_only)], "in_one_alert") == 1


def test_an_attack_that_accuses_nobody_needs_no_alert() -> None:
    name = "framed in a row, 1 network, unscanned: in one alert"
    assert {g.name: g.met for g in attacker_gates(outcomes())}[name] is None
    assert {g.name: g.met for g in attacker_gates(outcomes(alerts=9))}[name] is False


def test_only_stamps_without_an_honest_place_count_as_unplaced() -> None:
    nobody_else = judge_world(world("framed, 2 networks, unscanned"), alarmist)
    assert nobody_else.unplaced == [6, 6, 6]
    assert unplaced_share([nobody_else], 1) == 1


def test_the_attacked_stamps_are_no_bystanders(tmp_path: Path) -> None:
    chosen = [x for x in ATTACKERS if x.name == "framed, 5 networks, unscanned"]
    found = judge_attackers({OURS: alarmist}, [22], tmp_path, chosen, SMALL)
    assert [*bystanders(found, chosen[0].name, OURS)] == [0]


def test_a_judge_with_budgets_is_also_judged_without_them(tmp_path: Path) -> None:
    assert [*list_judges(silence)] == [OURS]
    judges = list_judges(frugal)
    assert [*judges] == [OURS, WITHOUT_BUDGETS]
    chosen = [x for x in ATTACKERS if x.name == "framed, 2 networks, unscanned"]
    found = judge_attackers(judges, [22], tmp_path, chosen, SMALL)
    text = attacker_table(found)
    assert f"alert / suspect, {WITHOUT_BUDGETS}" in text
    assert "| 0.000 | 0.000 | 0.000 | 1.000 / 1.000 |" in text


def test_finished_outcomes_are_not_judged_twice(tmp_path: Path) -> None:
    chosen = [x for x in ATTACKERS if x.name == "framed, 2 networks, unscanned"]
    first = judge_attackers({OURS: alarmist}, [22], tmp_path, chosen, SMALL)
    assert judge_attackers({OURS: silence}, [22], tmp_path, chosen, SMALL) == first


def outcomes(**counts: int) -> Found:
    """Return one outcome for each attacker: by default nothing happens to its hundred stamps."""
    empty = AttackOutcome(
        attacker="", seed=11, stamps=100, alerts=0, suspects=0, cautions=0, unplaced=[70, 0, 0],
        delays=[], in_one_alert=0, others=[0, 0],
    )  # fmt: skip
    found = {NOBODY: {OURS: [empty]}}
    for attacker in ATTACKERS:
        found[attacker.name] = {OURS: [replace(empty, attacker=attacker.name, **counts)]}
    return found


def test_gates_want_alerts_on_masked_copies_and_no_verdict_on_framed_stamps() -> None:
    blind = {gate.name: gate.met for gate in attacker_gates(outcomes())}
    assert not blind["copies masked, 10 networks: alert"]
    assert not blind["copies vaccinated: suspect"]
    assert blind["framed, 2 networks, unscanned: suspect"]
    hasty = {gate.name: gate.met for gate in attacker_gates(outcomes(alerts=100, suspects=100))}
    assert hasty["copies masked, 10 networks: alert"]
    assert not hasty["framed, 1 network, unscanned: suspect"]
    assert not hasty["genuine masked, 1 network: suspect"]
    assert not any("app key" in name for name in hasty)


def test_held_out_seeds_decide_the_gates_and_both_have_columns() -> None:
    found = outcomes(suspects=0)
    for by_judge in found.values():
        by_judge[OURS].append(replace(by_judge[OURS][0], seed=1, suspects=50))
    gates = {gate.name: gate.met for gate in attacker_gates(found)}
    assert gates["framed, 2 networks, unscanned: suspect"]
    assert "| suspect | caution | alert, training | suspect, training |" in attacker_table(found)


def test_the_price_is_the_cheapest_cell_in_which_half_turn_by_the_best_way() -> None:
    def cell(*suspects: int) -> list[AttackOutcome]:
        (one,) = outcomes()[NOBODY][OURS]
        return [
            replace(one, attacker=f"way {i}", suspects=count) for i, count in enumerate(suspects)
        ]

    cells = {(2, 1): cell(0, 10), (2, 7): cell(60, 0), (8, 1): cell(0, 50), (8, 7): cell(90, 90)}
    assert price.price_of(cells, "suspects") == "8 × 1"
    assert price.price_of(cells, "alerts") == "more than 8 networks × 7 days"
    assert "| 2 | 0.10 / 0.00 | 0.60 / 0.00 |" in price.price_table(cells)


@pytest.mark.parametrize("target", price.FRAMED)
def test_an_accuser_scans_with_each_network_each_day_without_batch(target: Target) -> None:
    base = build_world(22, SMALL)
    few = AttackerParameters(stamps=4)
    for attacker, way in zip(price.framings(target, 3, 2), price.USES.values(), strict=True):
        w = build_attacked_world(base, attacker, few, alone=True)
        scans = way.scans * (3 if way.one_by_one else 6) + (target is Target.SCANNED_ONCE)
        assert (np.unique(w.events["stamp"], return_counts=True)[1] == scans).all()
        assert all(b"batch" not in price.without_batch(line) for line in w.replay_lines())
        assert all(orjson.loads(price.without_batch(line)) for line in w.replay_lines())


def test_networks_come_one_after_the_other_or_take_turns() -> None:
    base, few = build_world(22, SMALL), AttackerParameters(stamps=4)
    for attacker in price.framings(Target.UNSCANNED, 2, 4):
        attacker = replace(attacker, scans=8, by_day=False)
        w = build_attacked_world(base, attacker, few, alone=True)
        for stamp in np.unique(w.events["stamp"]):
            rows = np.flatnonzero(w.events["stamp"] == stamp)
            nets = w.seen.net[rows[np.argsort(w.seen.at[rows])]]
            changes = np.count_nonzero(nets[1:] != nets[:-1])
            assert changes == (1 if attacker.one_by_one else 7)


def test_another_checkout_judges_as_this_one_does() -> None:
    w = world("framed, 2 networks, unscanned")
    lines = list(w.replay_lines())
    there = list(EarlierJudge(Checkout(ROOT))(lines, 0.1))
    assert there == list(judge_recording(lines, 0.1))


def test_a_judge_has_no_lead_over_itself(tmp_path: Path) -> None:
    found = judge_small_runs(
        judge_recording, judge_recording, [22], tmp_path, replace(SMALL, copies=(10, 100))
    )
    for ours, earlier in found.values():
        assert ours == earlier
    assert "| 10–100 |" in small_run_table(found)


def test_the_page_lists_the_current_attackers_and_their_parameters() -> None:
    page = (ROOT / "docs/detection.md").read_text()
    assert attacker_list() in page
    assert attacker_parameter_table() in page


def test_a_judge_gets_the_measured_scan_rate_of_the_world() -> None:
    given: list[float | None] = []

    def note(lines: Iterable[bytes], scan_rate: float | None = None) -> Iterator[Row]:
        given.append(scan_rate)
        return silence(lines)

    w = world("framed, 2 networks, unscanned")
    judge_world(w, note)
    judge_world(w, partial(note), scan_rate=0.2)
    assert given == [round(w.scan_rate, 4), 0.2]
