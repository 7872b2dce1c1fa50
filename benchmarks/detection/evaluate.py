"""Count the verdicts of one judge on one world: detections, false alarms, delays.

A judge is any callable from replay lines to one row a stamp. An *alert* is a row with `alerted_at`;
*suspect shown* is a row with `first_suspect_at`, because the page shows the verdict from then on. A
*false* alert or verdict is on a stamp without an attack. Poisoned stamps are genuine: a suspect
verdict on one is false, and an alert is false unless its reasons name a poisoning. An alert on an
attacked code before the first scan of a false item is false.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from benchmarks.detection.baselines import Judge, Row
from simulation import Truth, World
from simulation.attacks import COPIED, KINDS, PATTERNS, POISONED
from simulation.chance import Bools, Floats, Ints
from simulation.events import BIT, VISIT
from simulation.record import START

TELLS = {
    "viral": ("viral", re.compile("viral|photo|poison")),
    "viral, by its name": ("viral", re.compile("viral|photo")),
    "poisoned": ("poisoned", re.compile("poison")),
}
"""For each question, the trouble and the words of which the reasons must contain one. A photo that
is named a poisoning is distinguished from copies, though by the wrong name."""

UBIQUITOUS = (
    "rescan", "preview", "net_switch", "cookie_loss", "carrier_nat", "shared_wifi", "vpn",
    "unconfirmed", "crawler", "export", "inspector",
)  # fmt: skip
"""Common labels of rescans, networks, markets and machines. A stamp is *purely* of one trouble when
all its other labels are among these."""

ITEM_GROUPS = ((2, 2), (3, 3), (4, 4), (5, 6), (7, 9), (10, 14), (15, 24), (25, 10**9))
"""Numbers of scanned physical items of one code."""

KEEP = 4000
"""Genuine stamps whose scores are kept for the curves, highest first: 1 in 250 of a million."""


@dataclass(frozen=True)
class AlignedVerdicts:
    """A judge's rows, aligned with the truth's stamps; seconds from the start, NaN for never."""

    score: Floats
    caution: Floats
    suspect: Floats
    alert: Floats
    tells: dict[str, Bools]


@dataclass
class Tally:
    """The counts of one judge on one world, sufficient for sums over worlds and all curves."""

    seed: int
    active: int
    genuine: int
    genuine_scanned: int
    days: int
    false_alerts: int
    false_suspects: int
    false_cautions: int
    true_alerts: int
    alerts: int
    strata: dict[str, list[int]]
    """By "kind/K/pattern": attacked, observable, two sessions, alerted, of the observable
    alerted, of the observable suspect."""
    troubles: dict[str, list[int]]
    """Counts by trouble: genuine stamps, alerts, suspects, cautions; then the same, purely so."""
    told_apart: dict[str, list[int]]
    """Counts by trouble: stamps, cautions or more, of these rightly named, alerts, suspects."""
    delays: list[list[float]] = field(default_factory=list)
    """One row a caught copied code: K, hours since on the shelf, since observable, copy scans."""
    genuine_scores: list[list[float]] = field(default_factory=list)
    """The highest scores of genuine stamps, descending: score, stamps with that score."""
    attacked_scores: list[list[float]] = field(default_factory=list)
    """One row an observable attacked code: K (0 for not copied), score."""
    by_items: dict[str, list[int]] = field(default_factory=dict)
    """Observable copied codes by number of scanned items and pattern: all, alerted."""
    evidence: dict[str, list[int]] = field(default_factory=dict)
    """Observable copied codes by K: all, two items with places, items, sessions."""


def judged(world: World, judge: Judge, lines: Iterable[bytes] | None = None) -> AlignedVerdicts:
    """Run the judge over the world's lines (generated unless given); align its rows with truth."""
    return aligned(world.truth, judge(world.replay_lines() if lines is None else lines))


def aligned(truth: Truth, rows: Iterable[Row]) -> AlignedVerdicts:
    """Align rows with the truth's stamps; ignore rows of anything but a stamp."""
    n = len(truth.stamp)
    score = np.full(n, -np.inf)
    times = {name: np.full(n, np.nan) for name in ("caution", "suspect", "alert")}
    tells = {name: np.zeros(n, bool) for name in TELLS}
    keys = {"caution": "first_caution_at", "suspect": "first_suspect_at", "alert": "alerted_at"}
    index = {f"s{stamp}": i for i, stamp in enumerate(truth.stamp.tolist())}
    for row in rows:
        if row.get("stamp") is None:
            continue
        i = index[row["stamp"]]
        score[i] = row["score"]
        for name, key in keys.items():
            if row[key] is not None:
                when = np.datetime64(row[key].removesuffix("Z").removesuffix("+00:00"))
                times[name][i] = (when - START) / np.timedelta64(1, "s")
        for name, (_, pattern) in TELLS.items():
            tells[name][i] = any(pattern.search(str(reason)) for reason in row["reasons"])
    return AlignedVerdicts(score, times["caution"], times["suspect"], times["alert"], tells)


def tally(world: World, verdicts: AlignedVerdicts) -> Tally:
    """Count one judge's rows against the truth."""
    truth, p = world.truth, world.parameters
    attacked, listed = truth.attacked, len(truth.stamp)
    alert, suspect = np.isfinite(verdicts.alert), np.isfinite(verdicts.suspect)
    caution = np.isfinite(verdicts.caution) | suspect
    excused = (truth.kind == POISONED) & verdicts.tells["poisoned"]
    right = attacked & (verdicts.alert >= truth.first_seen)  # never where either is NaN
    false = alert & ~right & ~excused
    genuine = ~attacked
    seen = attacked & np.isfinite(truth.observable)
    copied = np.where(truth.kind == COPIED, truth.copies, 0)
    return Tally(
        seed=world.seed, active=p.active, genuine=p.active - int(attacked.sum()),
        genuine_scanned=listed - int(attacked.sum()), days=p.days,
        false_alerts=int(false.sum()), false_suspects=int((suspect & genuine).sum()),
        false_cautions=int((caution & genuine).sum()),
        true_alerts=int(right.sum()), alerts=int(alert.sum()),
        strata=_strata(truth, right, suspect),
        troubles=_troubles(world, genuine, alert, suspect, caution),
        told_apart=_told_apart(truth, verdicts, alert, suspect, caution),
        delays=_delays(world, np.where(right, verdicts.alert, np.nan)),
        by_items=_by_items(truth, right),
        evidence=_evidence(world),
        genuine_scores=_highest(verdicts.score[genuine & np.isfinite(verdicts.score)]),
        attacked_scores=np.stack([copied[seen], verdicts.score[seen]], axis=1).tolist(),
    )  # fmt: skip


def _highest(scores: Floats) -> list[list[float]]:
    """Return the highest distinct scores with counts, through the group that exceeds `KEEP`."""
    levels, counts = np.unique(scores, return_counts=True)
    levels, counts = levels[::-1], counts[::-1]
    kept = int(np.searchsorted(np.cumsum(counts), KEEP)) + 1
    pairs = zip(levels[:kept].tolist(), counts[:kept].tolist(), strict=True)
    return [[score, count] for score, count in pairs]


def _strata(truth: Truth, alert: Bools, suspect: Bools) -> dict[str, list[int]]:
    observable = np.isfinite(truth.observable)
    found: dict[str, list[int]] = {}
    for kind, k, pattern in sorted(
        {*zip(truth.kind.tolist(), truth.copies.tolist(), truth.pattern.tolist(), strict=True)}
    ):
        if KINDS[kind] in {"none", "poisoned"}:
            continue
        mine = (truth.kind == kind) & (truth.copies == k) & (truth.pattern == pattern)
        counted = (
            mine, mine & observable, mine & (truth.sessions >= 2), mine & alert,
            mine & observable & alert, mine & observable & suspect,
        )  # fmt: skip
        name = f"{KINDS[kind]}/{k}/{PATTERNS[pattern]}"
        found[name] = [int(rows.sum()) for rows in counted]
    return found


def _by_items(truth: Truth, alert: Bools) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    for low, high in ITEM_GROUPS:
        for i, pattern in enumerate(PATTERNS[1:], 1):
            rows = (truth.kind == COPIED) & (truth.pattern == i)
            rows &= (truth.items >= low) & (truth.items <= high)
            found[f"{low}/{pattern}"] = _count(rows, alert)
    return found


def _evidence(world: World) -> dict[str, list[int]]:
    truth, events = world.truth, world.events
    placed = (events["via"] != VISIT) & (events["item"] >= 0) & (world.seen.given > 0)
    of = np.searchsorted(truth.stamp, events["stamp"][placed])
    pairs = np.unique(np.stack([of, events["item"][placed]], axis=1), axis=0)
    places = np.bincount(pairs[:, 0], minlength=len(truth.stamp))
    found = {}
    for k in world.parameters.copies:
        rows = (truth.kind == COPIED) & (truth.copies == k) & np.isfinite(truth.observable)
        seen = [rows.sum(), (rows & (places >= 2)).sum()]
        found[str(k)] = [
            int(n) for n in (*seen, truth.items[rows].sum(), truth.sessions[rows].sum())
        ]
    return found


def _count(rows: Bools, *marks: Bools) -> list[int]:
    return [int(rows.sum()), *(int((rows & mark).sum()) for mark in marks)]


def one_person(truth: Truth) -> Bools:
    """Return which stamps have two or more scans, all by one person."""
    return np.asarray((truth.people == 1) & (truth.scans >= 2))


def one_device(world: World) -> Bools:
    """Return which stamps have two or more scans, all by one device as the server sees it.

    A person who loses the cookie between two scans is two devices.
    """
    truth, events = world.truth, world.events
    counted = events["via"] != VISIT
    of = np.searchsorted(truth.stamp, events["stamp"][counted])
    pairs = np.unique(np.stack([of.astype(np.uint64), world.seen.device[counted]], axis=1), axis=0)
    devices = np.bincount(pairs[:, 0].astype(np.int64), minlength=len(truth.stamp))
    return np.asarray((devices == 1) & (truth.scans >= 2))


def _troubles(
    world: World, genuine: Bools, alert: Bools, suspect: Bools, caution: Bools
) -> dict[str, list[int]]:
    truth = world.truth
    beside: NDArray[np.uint32] = truth.labels & ~np.uint32(sum(BIT[name] for name in UBIQUITOUS))
    found = {}
    for name, bit in BIT.items():
        rows = genuine & (truth.labels & bit > 0)
        pure = rows & (beside & ~np.uint32(bit) == 0)
        found[name] = _count(rows, alert, suspect, caution) + _count(pure, alert, suspect, caution)
    for name, alone in (("one_device", one_device(world)), ("one_person", one_person(truth))):
        rows = genuine & alone
        pure = rows & (beside == 0)
        found[name] = _count(rows, alert, suspect, caution) + _count(pure, alert, suspect, caution)
    return found


def _told_apart(
    truth: Truth, verdicts: AlignedVerdicts, alert: Bools, suspect: Bools, caution: Bools
) -> dict[str, list[int]]:
    found = {}
    for name, told in verdicts.tells.items():
        rows = truth.labels & BIT[TELLS[name][0]] > 0
        found[name] = _count(rows, caution | alert, (caution | alert) & told, alert, suspect)
    return found


def _delays(world: World, alert: Floats) -> list[list[float]]:
    truth, events = world.truth, world.events
    of: Ints = np.searchsorted(truth.stamp, events["stamp"])
    false = (events["item"] > 0) & (events["via"] != VISIT)
    before = false & (world.seen.at <= alert[of])
    scans = np.bincount(of[before], minlength=len(truth.stamp))
    caught = np.flatnonzero((truth.kind == COPIED) & np.isfinite(alert))
    return [
        [
            float(truth.copies[i]),
            float((alert[i] - truth.first_offered[i]) / 3600),
            float((alert[i] - truth.observable[i]) / 3600),
            float(scans[i]),
        ]
        for i in caught.tolist()
    ]
