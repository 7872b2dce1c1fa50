"""Simulated world: determinism, conserved counts, labels, and no import of the detector."""

import subprocess
import sys
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pytest

from simulation import Parameters, World, build_world
from simulation.attacks import COPIED, DORMANT, KINDS
from simulation.events import BIT, DAY, INSPECTOR, TROUBLES, VISIT
from simulation.gazetteer import distance_km, load_gazetteer
from simulation.parameters import PRODUCTS, list_parameters

ROOT = Path(__file__).parents[2]
SMALL = Parameters(active=60_000, prevalence=0.004, scan_rate=0.10)


@cache
def world(seed: int = 7) -> World:
    return build_world(seed, SMALL)


@cache
def replay() -> list[dict[str, Any]]:
    return [orjson.loads(line) for line in world().replay_lines()]


@cache
def truth() -> dict[str, dict[str, Any]]:
    rows = [orjson.loads(line) for line in world().truth_lines()]
    return {row["stamp"]: row for row in rows}


def scans() -> list[dict[str, Any]]:
    return [row for row in replay() if "scan" in row]


def test_a_seed_determines_every_byte() -> None:
    tiny = replace(SMALL, active=4_000)
    once, again, other = (build_world(seed, tiny) for seed in (3, 3, 4))
    assert list(once.replay_lines()) == list(again.replay_lines())
    assert list(once.truth_lines()) == list(again.truth_lines())
    assert list(once.replay_lines()) != list(other.replay_lines())


def test_the_simulation_imports_no_detector() -> None:
    program = (
        "import sys; from simulation import Parameters, build_world;"
        "list(build_world(1, Parameters(active=2000)).replay_lines());"
        "print([m for m in sys.modules if m.split('.')[0] in"
        " {'stamps', 'ledger', 'resolver', 'issuer', 'cli'}])"
    )
    out = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True)
    assert out.stdout.strip() == "[]", out.stderr


def test_every_number_has_a_source_or_is_marked_assumed() -> None:
    for name, _, meaning, source in list_parameters():
        assert meaning, name
        assert source, name
    assert sum(product.share for product in PRODUCTS) == pytest.approx(1)


def test_lines_are_in_time_order_and_each_stamp_is_introduced_once_before_its_scans() -> None:
    known: set[str] = set()
    last = ""
    for row in replay():
        if "stamp" in row:
            assert row["stamp"] not in known
            known.add(row["stamp"])
        else:
            assert row["scan"] in known
            assert row["at"] >= last
            last = row["at"]


def test_lines_have_the_fields_of_the_replay_format_only() -> None:
    for row in replay():
        if "stamp" in row:
            assert [*row] == [
                "stamp", "activated_at", "packed", "shelf_life_days", "market", "batch",
            ]  # fmt: skip
        else:
            assert [*row] == [
                "scan", "at", "device", "place", "country", "net", "via", "user_agent",
            ]  # fmt: skip
            assert row["via"] in {"page", "app", "inspector", "visit"}
            place = row["place"]
            assert place is None or {*place} in ({"lat", "lon", "accuracy_m"}, {"province"})


def test_the_truth_covers_every_scanned_and_every_attacked_stamp() -> None:
    introduced = {row["stamp"] for row in replay() if "stamp" in row}
    assert introduced <= {*truth()}
    unscanned = {*truth()} - introduced
    assert all(not truth()[stamp]["genuine"] for stamp in unscanned)
    attacked = [row for row in truth().values() if not row["genuine"]]
    assert len(attacked) == round(SMALL.active * SMALL.prevalence)


def test_world_replay_and_truth_have_the_same_counts() -> None:
    w = world()
    assert len(scans()) == len(w.events)
    confirmed = w.events["via"] != VISIT
    assert w.truth.scans.sum() == confirmed.sum()
    assert w.truth.false_scans.sum() == (confirmed & (w.events["item"] > 0)).sum()
    assert (w.truth.sold <= w.truth.copies).all()
    assert (w.truth.items <= w.truth.sessions).all()
    assert (w.truth.items <= w.truth.sold + 1).all()


def test_the_truth_lists_the_scans_of_copies_by_line() -> None:
    of: dict[str, int] = {}
    found: dict[str, list[int]] = {}
    for row, item in zip(scans(), world().events["item"].tolist(), strict=True):
        nth = of[row["scan"]] = of.get(row["scan"], -1) + 1
        if item > 0:
            found.setdefault(row["scan"], []).append(nth)
    assert {s: r["copy_scans"] for s, r in truth().items() if r["copy_scans"]} == found


def test_scans_of_a_copied_code_are_labelled_as_copied() -> None:
    assert all(not truth()[s]["genuine"] for s in truth() if truth()[s]["copy_scans"])


def test_the_share_of_items_scanned_is_the_scan_rate() -> None:
    w = world()
    scanned = w.scanned / w.parameters.active
    # Of the items, those sold after the window cannot be scanned in it.
    assert 0.85 * SMALL.scan_rate < scanned <= 1.03 * SMALL.scan_rate


@pytest.mark.parametrize("rate", [0.002, 0.01, 0.05])
def test_copies_are_scanned_at_the_same_rate_as_genuine_items(rate: float) -> None:
    w = build_world(9, replace(SMALL, scan_rate=rate, prevalence=0.01))
    bought = w.events[(w.events["item"] > 0) & (w.events["via"] < INSPECTOR)]
    copies = len(np.unique(np.stack([bought["stamp"], bought["item"]], axis=1), axis=0))
    assert copies / w.truth.sold.sum() == pytest.approx(rate, rel=0.15)


def test_three_in_ten_people_give_a_place() -> None:
    w = world()
    people = (w.events["via"] == 0) & ~w.events["forged"] & (w.events["agent"] < 3)
    assert (w.seen.given[people] > 0).mean() == pytest.approx(0.30, abs=0.02)


def test_places_stand_near_a_ward_of_vietnam_where_people_live() -> None:
    w, g = world(), load_gazetteer()
    home = w.events[(w.events["country"] == 0)][:3000]
    km = distance_km(
        home["lat"][:, None], home["lon"][:, None], g.ward_lat[None, :], g.ward_lon[None, :]
    ).min(axis=1)
    assert np.quantile(km, 0.99) < 15
    assert km.max() < 80


def test_claimed_radii_cover_most_errors_unless_errors_are_doubled() -> None:
    def covered(w: World) -> float:
        ok = (w.seen.given == 1) & (w.seen.labels & BIT["wrong_fix"] == 0) & ~w.events["forged"]
        ok &= w.events["via"] != VISIT
        e, s = w.events[ok], w.seen
        km = distance_km(e["lat"], e["lon"], s.lat[ok], s.lon[ok])
        return float((km * 1000 <= s.accuracy[ok]).mean())

    assert covered(world()) == pytest.approx(0.68, abs=0.02)
    assert covered(build_world(7, replace(SMALL, active=20_000, location_error=2.0))) < 0.35


def test_produce_travels_no_faster_than_lorry_or_aircraft() -> None:
    t = world().trade
    lot = np.repeat(np.arange(len(t.start)), np.diff(t.shop_start))
    house = t.house[lot]
    km = distance_km(t.house_lat[house], t.house_lon[house], t.shop_lat, t.shop_lon)
    hours = (t.shop_arrive - t.activated[lot]) / 3600
    assert (km / hours < 90).all()
    assert (hours < 12 * 24).all()


def test_a_gift_and_a_rescan_travel_at_human_speed() -> None:
    w = world()
    honest = (w.events["item"] == 0) & (w.events["labels"] & (BIT["shelf"]) == 0)
    e = w.events[honest & (w.events["labels"] & BIT["gift"] > 0)]
    assert len(e) > 20
    t = w.trade
    lot = t.lot_of(e["stamp"])
    house = t.house[lot]
    km = distance_km(t.house_lat[house], t.house_lon[house], e["lat"], e["lon"])
    assert (km / ((e["at"] - t.activated[lot]) / 3600) < 900).all()


def test_every_benign_trouble_and_attack_occurs_with_its_label() -> None:
    big = build_world(5, replace(SMALL, active=200_000))
    seen = np.bitwise_or.reduce(big.seen.labels)
    assert [name for name in TROUBLES if not seen & BIT[name]] == []
    assert {*np.unique(big.truth.kind)} == {*range(len(KINDS))}


def test_a_preview_is_one_get_and_three_heads_and_never_a_scan() -> None:
    fetched = world().events[world().seen.labels & BIT["preview"] > 0]
    machine = fetched[fetched["agent"] == 5]
    assert len(machine) % 4 == 0
    assert (machine["via"] == VISIT).all()


def test_a_sample_on_show_draws_a_crowd_in_one_place() -> None:
    w = world()
    crowd = w.events[w.events["labels"] & BIT["sample"] > 0]
    for stamp in np.unique(crowd["stamp"]):
        mine = crowd[crowd["stamp"] == stamp]
        assert 1 <= len(mine) <= 60  # some of it may fall after the window
        assert np.ptp(mine["lat"]) == 0


def test_a_viral_photo_is_ten_thousand_people_and_no_second_item() -> None:
    w = world()
    row = np.flatnonzero(w.truth.labels & BIT["viral"])
    assert len(row) == 1
    assert w.truth.people[row[0]] >= 9_000
    assert w.truth.items[row[0]] <= 1


def test_a_dormant_stamp_has_no_genuine_item() -> None:
    w = world()
    dormant = w.attacks.stamp[w.attacks.kind == DORMANT]
    mine = w.events[np.isin(w.events["stamp"], dormant)]
    assert (mine["item"] != 0).all()


def test_an_attack_is_observable_from_the_first_scan_of_a_second_item() -> None:
    t = world().truth
    copied = t.kind == COPIED
    assert (np.isfinite(t.observable[copied]) == (t.items[copied] >= 2)).all()
    assert not np.isfinite(t.observable[t.kind == 0]).any()


def test_an_adaptive_copier_stays_in_the_originals_province_and_shelf_life() -> None:
    w = world()
    a, t = w.attacks, w.trade
    adaptive = a.stamp[(a.kind == COPIED) & (a.pattern == 3)]
    mine = w.events[np.isin(w.events["stamp"], adaptive) & (w.events["item"] > 0)]
    assert len(mine) > 100
    lot = t.lot_of(mine["stamp"])
    age = (mine["at"] - t.activated[lot]) / DAY
    fresh = ~t.keeps(lot)
    assert (age[fresh] <= t.shelf_days[lot][fresh] + 12).all()
