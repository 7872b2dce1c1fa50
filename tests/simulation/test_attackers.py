"""Attacked worlds: what each attacker sends, and that the world beside it stays as it is."""

import hashlib
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import orjson
import pytest

from simulation import (
    ATTACKERS,
    Attacker,
    AttackerParameters,
    Parameters,
    World,
    build_attacked_world,
    build_world,
)
from simulation.events import BY_ATTACKER, DAY, HOUR, VISIT
from simulation.parameters import Act, Target, list_parameters

SMALL = Parameters(active=60_000, prevalence=0.004, scan_rate=0.10)
FEW = AttackerParameters(stamps=10)


@cache
def world() -> World:
    return build_world(7, SMALL)


@cache
def tiny() -> World:
    return build_world(7, replace(SMALL, active=4_000))


@cache
def attacked(name: str) -> World:
    return build_attacked_world(world(), called(name), FEW)


def called(name: str) -> Attacker:
    (found,) = (attacker for attacker in ATTACKERS if attacker.name == name)
    return found


def sent(name: str) -> tuple[Any, Any]:
    """Return the attacker's events and the server's view of them."""
    w = attacked(name)
    mine = np.flatnonzero(w.seen.labels & BY_ATTACKER > 0)
    return w.events[mine], w.seen.select(mine)


def per_stamp(name: str, column: str) -> list[int]:
    """Return how many distinct devices or networks the attacker shows for each stamp."""
    events, seen = sent(name)
    values = getattr(seen, column)
    return [len(np.unique(values[events["stamp"] == stamp])) for stamp in stamps_of(events)]


def stamps_of(events: Any) -> Any:
    return np.unique(events["stamp"])


def test_the_honest_world_is_the_same_bytes_as_before_there_were_attackers() -> None:
    w = build_world(3, replace(Parameters(), active=20_000, prevalence=0.004))
    digest = hashlib.sha256()
    for line in (*w.replay_lines(), *w.truth_lines()):
        digest.update(line)
    # Published figures are of these worlds. A change of this number changes all of them.
    assert digest.hexdigest() == "54cfef7eae2a994ea4fd92a1aecef5062fa700c7203683d1654f7a1825ec79be"


@pytest.mark.parametrize("attacker", ATTACKERS, ids=lambda x: x.name)
def test_an_attacker_leaves_every_line_of_the_world_as_it_is(attacker: Attacker) -> None:
    w = build_attacked_world(tiny(), attacker, AttackerParameters(stamps=3))
    chosen = {f"s{stamp}".encode() for stamp in w.truth.targets.tolist()}
    others = [line for line in w.replay_lines() if line.split(b'"')[3] not in chosen]
    untouched = list(tiny().replay_lines())
    assert sorted(others) == sorted(untouched)
    assert [x for x in others if b'"scan"' in x] == [x for x in untouched if b'"scan"' in x]
    assert len(chosen) == 3


def test_an_attacked_world_is_determined_by_its_seed_and_attacker() -> None:
    name = "copies masked, 10 networks, adaptive"
    again = build_attacked_world(build_world(7, SMALL), called(name), FEW)
    assert list(again.replay_lines()) == list(attacked(name).replay_lines())
    assert list(again.truth_lines()) == list(attacked(name).truth_lines())


def test_lines_of_an_attacked_world_are_in_time_order() -> None:
    times = [
        row["at"]
        for row in map(orjson.loads, attacked("copies masked, 10 networks").replay_lines())
        if "scan" in row
    ]
    assert times == sorted(times)


def test_the_truth_names_the_attacker_and_its_scans_by_line() -> None:
    w = attacked("framed, 2 networks, buyer scanned")
    of: dict[str, list[str]] = {}
    for row in map(orjson.loads, w.replay_lines()):
        if "scan" in row:
            of.setdefault(row["scan"], []).append(row["net"])
    named = [row for row in map(orjson.loads, w.truth_lines()) if "attacker" in row]
    assert len(named) == FEW.stamps
    for row in named:
        assert row["genuine"]
        assert row["attacker"] == "framed, 2 networks, buyer scanned"
        nets = [of[row["stamp"]][i] for i in row["attacker_scans"]]
        assert len({*nets}) == len(nets) == 2


def test_copied_targets_are_copied_k_times_and_attacked() -> None:
    for attacker in ATTACKERS:
        if attacker.target is not Target.COPIED:
            continue
        t = attacked(attacker.name).truth
        rows = np.isin(t.stamp, t.targets)
        assert (t.copies[rows] == FEW.copies).all()
        assert t.attacked[rows].all()


def test_a_mask_has_its_networks_a_new_device_a_scan_and_no_place() -> None:
    for networks in (1, 10, 50):
        name = f"copies masked, {networks} network{'s' * (networks > 1)}"
        events, seen = sent(name)
        assert per_stamp(name, "net") == [networks] * FEW.stamps
        assert len(np.unique(seen.device)) == len(events)
        assert (seen.given == 0).all()


def test_a_mask_is_steady_or_by_day() -> None:
    events, seen = sent("copies masked, 10 networks")
    for stamp in stamps_of(events):
        gaps = np.diff(seen.at[events["stamp"] == stamp])
        assert gaps.max() < 30 * 60
    _, seen = sent("copies masked, 10 networks, by day")
    hour = (seen.at / HOUR + 7) % 24
    assert ((hour >= 6) & (hour < 23)).all()


def test_an_adaptive_mask_scans_only_after_strangers_scanned() -> None:
    name = "copies masked, 10 networks, adaptive"
    w = attacked(name)
    other = (w.seen.labels & BY_ATTACKER == 0) & (w.events["via"] != VISIT)
    events, seen = sent(name)
    assert (events["via"] == VISIT).any()
    for stamp in stamps_of(events):
        strangers = w.seen.at[other & (w.events["stamp"] == stamp)]
        scans = seen.at[(events["stamp"] == stamp) & (events["via"] != VISIT)]
        before = np.append(-np.inf, strangers)[np.searchsorted(strangers, scans, side="right")]
        assert (scans - before <= (FEW.quiet_hours + 2) * HOUR).all()


def test_a_vaccination_is_one_cookie_in_many_places_before_the_first_copy_is_scanned() -> None:
    name = "copies vaccinated"
    events, seen = sent(name)
    assert per_stamp(name, "device") == per_stamp(name, "net") == [1] * FEW.stamps
    assert (seen.given == 1).all()
    t = attacked(name).truth
    for stamp in stamps_of(events):
        last = seen.at[events["stamp"] == stamp].max()
        assert (events["stamp"] == stamp).sum() == FEW.vaccine_scans
        first_copy = t.first_seen[t.stamp == stamp][0]
        assert np.isnan(first_copy) or last < first_copy


def test_a_framing_follows_the_buyers_scan_within_a_day() -> None:
    for networks, scans in ((1, 3), (2, 2), (5, 5)):
        name = f"framed, {networks} network{'s' * (networks > 1)}, buyer scanned"
        w = attacked(name)
        events, seen = sent(name)
        assert per_stamp(name, "net") == [networks] * FEW.stamps
        assert per_stamp(name, "device") == [scans] * FEW.stamps
        for stamp in stamps_of(events):
            honest = (w.events["stamp"] == stamp) & (w.seen.labels & BY_ATTACKER == 0)
            mine = seen.at[events["stamp"] == stamp]
            assert w.seen.at[honest].min() < mine.min()
            assert np.ptp(mine) < DAY


def test_nobody_else_scans_an_unscanned_target() -> None:
    w = attacked("framed, 5 networks, unscanned")
    mine = np.isin(w.events["stamp"], w.truth.targets)
    assert (w.seen.labels[mine] & BY_ATTACKER > 0).all()


def test_a_framing_in_a_row_takes_minutes_one_lot_and_the_same_networks() -> None:
    name = "framed in a row, 2 networks, buyer scanned"
    events, seen = sent(name)
    assert len(np.unique(seen.net)) == 2
    assert np.ptp(seen.at) < 10 * 60
    assert len(np.unique(world().trade.lot_of(events["stamp"]))) == 1


def test_shared_networks_are_those_of_honest_people() -> None:
    honest = np.unique(world().seen.net)
    for name in ("framed, VPN with 5 exits", "framed, farm of 20 phones on mobile data"):
        assert np.isin(sent(name)[1].net, honest).mean() > 0.9
    assert not np.isin(sent("framed, 5 networks, buyer scanned")[1].net, honest).any()


def test_a_script_only_visits_and_a_leaked_key_is_recorded_as_a_page() -> None:
    assert (sent("genuine, page opened by a script")[0]["via"] == VISIT).all()
    world = attacked("framed, 2 networks, leaked app key")
    targets = {f"s{stamp}" for stamp in world.truth.targets}
    rows = [row for row in map(orjson.loads, world.replay_lines()) if row.get("scan") in targets]
    assert sum(row["via"] == "page" for row in rows) >= 2 * FEW.stamps


def test_a_flood_is_as_dense_by_night_as_by_day() -> None:
    events, seen = sent("flood round the clock, no places")
    sizes = np.unique(events["stamp"], return_counts=True)[1]
    assert sizes.min() > 0.9 * FEW.flood_scans[0]
    assert sizes.max() < 1.1 * FEW.flood_scans[1]
    hours = np.bincount((seen.at / HOUR % 24).astype(int), minlength=24)
    assert hours.min() > 0.8 * hours.max()
    assert (seen.given == 0).all()


def test_every_act_has_an_attacker_and_every_number_a_source() -> None:
    assert {attacker.act for attacker in ATTACKERS} == {*Act}
    assert len({attacker.name for attacker in ATTACKERS}) == len(ATTACKERS)
    assert all(attacker.why for attacker in ATTACKERS)
    for name, _, meaning, source in list_parameters(AttackerParameters):
        assert meaning, name
        assert source, name
