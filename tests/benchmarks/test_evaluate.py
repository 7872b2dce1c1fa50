"""Evaluation: counting of detections and false alarms, baselines, curves and intervals."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, replace
from functools import cache
from pathlib import Path

import numpy as np
import orjson
import pytest

from benchmarks.detection.baselines import (
    BASELINES,
    Line,
    Row,
    count_scans,
    count_sessions,
    impossible_travel,
    impossible_travel_less_radii,
)
from benchmarks.detection.campaign import HELD_OUT, TRAINING, WorldKind, list_world_kinds, run
from benchmarks.detection.curves import lead_over, ratio, recall, recall_at, roc
from benchmarks.detection.evaluate import (
    AlignedVerdicts,
    Tally,
    judged,
    one_device,
    one_person,
    tally,
)
from benchmarks.detection.gates import false_rate, precision
from benchmarks.detection.report import parameter_table, write_into
from simulation import Parameters, World, build_world
from simulation.events import BIT
from simulation.record import format_times

SMALL = Parameters(active=60_000, prevalence=0.004, scan_rate=0.10)


@cache
def world(seed: int = 21) -> World:
    return build_world(seed, SMALL)


def row(stamp: int, score: float, at: str | None, *reasons: str) -> Row:
    return {
        "stamp": f"s{stamp}", "verdict": "suspect" if at else "authentic", "score": score,
        "reasons": list(reasons), "first_caution_at": at, "first_suspect_at": at,
        "alerted_at": at,
    }  # fmt: skip


def oracle(lines: Iterable[Line]) -> Iterator[Row]:
    """Alert on every attacked code as soon as its attack is observable."""
    truth = world().truth
    for stamp, when in zip(truth.stamp.tolist(), truth.observable.tolist(), strict=True):
        observable = np.isfinite(when)
        yield row(
            stamp, float(observable), format_times(np.array([when]))[0] if observable else None
        )


def silence(lines: Iterable[Line]) -> Iterator[Row]:
    for line in lines:
        record = orjson.loads(line) if isinstance(line, bytes) else line
        if "stamp" in record:
            yield row(int(record["stamp"][1:]), 0.0, None)


def alarmist(lines: Iterable[Line]) -> Iterator[Row]:
    for one in silence(lines):
        yield {**one, "alerted_at": "2026-09-29T00:00:00Z"}


def prophet(lines: Iterable[Line]) -> Iterator[Row]:
    for one in silence(lines):
        yield {**one, "alerted_at": "2026-06-01T00:00:00Z"}


@cache
def tally_of(judge: Callable[[Iterable[Line]], Iterator[Row]]) -> Tally:
    return tally(world(), judged(world(), judge))


def test_an_oracle_reaches_the_ceiling_without_false_alarms() -> None:
    counted = tally_of(oracle)
    assert recall([counted]).value == 1.0
    assert recall([counted], at_least=100).value == 1.0
    assert (counted.false_alerts, counted.false_suspects) == (0, 0)
    assert precision([counted]).value == 1.0
    assert recall_at([counted], 0.0) == 1.0
    assert max(delay[2] for delay in counted.delays) == 0.0


def test_caught_codes_never_exceed_attacked_or_observable_codes() -> None:
    for attacked, seen, _, caught, both, suspect in tally_of(oracle).strata.values():
        assert attacked >= seen >= both
        assert attacked >= caught >= both
        assert seen >= suspect


def test_a_silent_judge_has_no_recall_and_no_false_alarms() -> None:
    counted = tally_of(silence)
    assert recall([counted]).value == 0.0
    assert counted.alerts == counted.false_alerts == counted.false_cautions == 0
    assert np.isnan(precision([counted]).value)
    assert counted.delays == []


def test_an_alert_on_every_stamp_counts_every_genuine_stamp_as_false() -> None:
    counted = tally_of(alarmist)
    # An alert on an attacked code of which only the original was scanned is false too.
    assert counted.genuine_scanned <= counted.false_alerts < 1.05 * counted.genuine_scanned
    assert counted.false_alerts + counted.true_alerts == counted.alerts
    assert recall([counted]).value == 1.0
    assert counted.false_suspects == 0
    assert precision([counted]).value < 0.1
    for genuine, alerts, *_ in counted.troubles.values():
        assert genuine == alerts


def test_a_person_who_lost_a_cookie_is_one_person_and_two_devices() -> None:
    w = world()
    labels, lost = w.truth.labels, BIT["cookie_loss"]
    person, device = one_person(w.truth), one_device(w)
    assert (person & device).any()
    assert not (device & (labels & lost > 0)).any()
    assert (person & ~device).any()
    assert (labels[person & ~device] & lost > 0).all()


def test_an_alert_before_an_attack_is_observable_is_false() -> None:
    counted = tally_of(prophet)
    assert recall([counted]).value == 0.0
    assert counted.true_alerts == 0
    assert counted.false_alerts == counted.alerts > counted.genuine_scanned


def test_an_alert_on_a_poisoned_stamp_is_false_unless_its_reasons_name_poisoning() -> None:
    w = build_world(5, replace(SMALL, active=20_000, poisoned_rate=1e-3))
    poisoned = w.truth.kind == 5
    assert poisoned.sum() > 10
    never = np.full(len(poisoned), np.nan)
    alerts = np.where(poisoned, 86400.0, np.nan)
    for named in (False, True):
        tells = {"viral": poisoned & False, "poisoned": poisoned & named}
        counted = tally(w, AlignedVerdicts(poisoned * 1.0, never, never, alerts, tells))
        assert counted.false_alerts == (0 if named else poisoned.sum())


def test_a_suspect_verdict_shown_on_a_poisoned_stamp_is_always_false() -> None:
    poisoned = world().truth.kind == 5
    then = np.where(poisoned, 86400.0, np.nan)
    tells = {"viral": poisoned & False, "poisoned": poisoned}
    counted = tally(world(), AlignedVerdicts(poisoned * 1.0, then, then, then, tells))
    assert counted.false_suspects == poisoned.sum()
    assert counted.false_alerts == 0


def stamp(name: str = "s1") -> Row:
    return {"stamp": name, "activated_at": "2026-07-01T00:00:00Z"}


def scan(at: str, device: str, place: Row | None = None, via: str = "page") -> Row:
    return {"scan": "s1", "at": f"2026-07-0{at}:00Z", "device": device, "place": place, "via": via}


HANOI = {"lat": 21.03, "lon": 105.85, "accuracy_m": 20}
SAIGON = {"lat": 10.78, "lon": 106.70, "accuracy_m": 20}


def only(rows: Iterable[Row]) -> Row:
    (one,) = rows
    return one


def test_baselines_count_scans_and_devices_but_not_visits() -> None:
    lines = [stamp(), *(scan(f"2T0{h}:00", "a") for h in range(6))]
    lines += [scan("2T07:00", f"bot{n}", via="visit") for n in range(20)]
    assert only(count_scans(lines))["score"] == 6
    assert only(count_scans(lines))["alerted_at"] == "2026-07-02T05:00:00Z"
    assert only(count_sessions(lines))["score"] == 1
    assert only(count_sessions(lines))["alerted_at"] is None


def test_travel_is_impossible_only_above_both_900_km_an_hour_and_50_km() -> None:
    an_hour = [stamp(), scan("2T00:00", "a", HANOI), scan("2T01:00", "b", SAIGON)]
    a_night = [stamp(), scan("2T00:00", "a", HANOI), scan("2T09:00", "b", SAIGON)]
    near = {**HANOI, "lat": HANOI["lat"] + 0.4}
    a_minute = [stamp(), scan("2T00:00", "a", HANOI), scan("2T00:01", "b", near)]
    assert only(impossible_travel(an_hour))["alerted_at"]
    assert not only(impossible_travel(a_night))["alerted_at"]
    assert not only(impossible_travel(a_minute))["alerted_at"]
    assert only(impossible_travel(an_hour))["score"] > only(impossible_travel(a_night))["score"] > 0


def test_subtracting_accuracy_radii_excuses_a_coarse_place() -> None:
    coarse = {**SAIGON, "accuracy_m": 1_200_000}
    lines = [stamp(), scan("2T00:00", "a", HANOI), scan("2T01:00", "b", coarse)]
    assert only(impossible_travel(lines))["alerted_at"]
    assert not only(impossible_travel_less_radii(lines))["alerted_at"]


@pytest.mark.parametrize("name", BASELINES)
def test_every_baseline_has_a_row_for_every_stamp_and_catches_some_copies(name: str) -> None:
    rows = list(BASELINES[name](world().replay_lines()))
    listed = np.unique(world().events["stamp"])
    assert {r["stamp"] for r in rows} == {f"s{s}" for s in listed.tolist()}
    counted = tally_of(BASELINES[name])  # type: ignore[arg-type]  # every baseline is a generator
    assert recall_at([counted], 1e-2, 100) > 0.3


def test_the_roc_rises_and_random_scores_have_no_recall() -> None:
    def dice(lines: Iterable[Line]) -> Iterator[Row]:
        rng = np.random.default_rng(1)
        for one in silence(lines):
            yield {**one, "score": rng.random()}

    alarms, caught = roc([tally_of(count_scans)])
    assert (np.diff(alarms) >= 0).all()
    assert (np.diff(caught) >= 0).all()
    assert recall_at([tally(world(), judged(world(), dice))], 1e-4) < 0.05


def test_at_equal_false_alarms_the_oracle_leads_every_baseline() -> None:
    own, other, lead = lead_over([tally_of(oracle)], [tally_of(count_scans)], 30, 1000)
    assert own == 1.0
    assert own - other == lead.value >= 0


def test_intervals_contain_their_estimate_and_exceed_zero() -> None:
    estimate = false_rate([tally_of(silence), tally_of(silence)], "false_alerts")
    assert estimate.value == estimate.low == 0
    assert 0 < estimate.high < 1e-4
    some = ratio([tally_of(count_scans)] * 3, lambda t: t.true_alerts, lambda t: t.alerts)
    assert some.low <= some.value <= some.high


def test_one_world_has_an_exact_binomial_interval() -> None:
    one = ratio([tally_of(count_scans)], lambda t: t.true_alerts, lambda t: t.alerts)
    assert 0 < one.low < one.value < one.high < 1
    sure = ratio([tally_of(oracle)], lambda t: t.true_alerts, lambda t: t.alerts)
    assert 0.9 < sure.low < sure.value == sure.high == 1


def test_held_out_seeds_are_not_training_seeds() -> None:
    for setting in list_world_kinds():
        assert not {*setting.seeds} & {*TRAINING}
    assert not {*HELD_OUT} & {*TRAINING}


def test_finished_worlds_are_not_judged_twice(tmp_path: Path) -> None:
    setting = WorldKind("small", replace(SMALL, active=5_000), (22,))
    first = dict(run(setting, None, tmp_path))
    again = dict(run(setting, None, tmp_path))
    assert {name: asdict(t) for name, t in first.items()} == {
        name: asdict(t) for name, t in again.items()
    }


def test_tables_are_written_between_their_markers_and_a_page_without_markers_is_refused(
    tmp_path: Path,
) -> None:
    page = tmp_path / "page.md"
    page.write_text("# a\n<!-- gates -->\nold\n<!-- /gates -->\nend\n")
    write_into(page, {"gates": "new"})
    assert page.read_text() == "# a\n<!-- gates -->\n\nnew\n\n<!-- /gates -->\nend\n"
    with pytest.raises(ValueError, match="recall"):
        write_into(page, {"recall": "x"})


def test_the_page_lists_the_current_parameters() -> None:
    page = Path(__file__).parents[2] / "docs" / "detection.md"
    assert parameter_table() in page.read_text()
