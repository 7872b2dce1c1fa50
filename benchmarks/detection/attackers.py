"""Attackers: how the judge fares against each of `simulation.parameters.ATTACKERS`.

Each attacker has a world of its own for each seed: a common world and a hundred attacked stamps.
All shares are of these stamps, not only of those whose attack is observable. *Suspect* and
*caution* count when they were shown at any time.
"""

import inspect
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final

import numpy as np

from benchmarks.detection.baselines import Judge, Row
from benchmarks.detection.campaign import OURS
from benchmarks.detection.evaluate import aligned
from simulation import (
    ATTACKERS,
    Attacker,
    Parameters,
    World,
    build_attacked_world,
    build_world,
)
from simulation.attacks import COPIED
from simulation.chance import Bools, Floats
from simulation.events import BY_ATTACKER, VISIT

WORLD: Final = Parameters(active=400_000)
WITHOUT_BUDGETS: Final = "without budgets"
EARLIER: Final = "earlier judge"
NOBODY: Final = "nobody"
"""Name of the world without an attacker, from which bystanders are counted."""


@dataclass(frozen=True)
class AttackOutcome:
    """Outcome of one judge with one attacker in one world."""

    attacker: str
    seed: int
    stamps: int
    alerts: int
    suspects: int
    cautions: int
    unplaced: list[int]
    """Stamps whose other scans give no place: their number, alerts, suspects."""
    delays: list[float]
    """Hours from the start of each attack to its alert: from when a copy is observable, else from
    the attacker's first request."""
    in_one_alert: int
    """Most stamps that one alert lists."""
    others: list[int]
    """Alerts and suspects of genuine stamps that were not attacked."""


Found = dict[str, dict[str, list[AttackOutcome]]]
"""Outcomes by attacker, then by judge."""


def list_judges(ours: Judge, earlier: Judge | None = None) -> dict[str, Judge]:
    """Return the judges to compare; without budgets only if our judge has that choice."""
    judges = {OURS: ours}
    if "budgets" in inspect.signature(ours).parameters:
        judges[WITHOUT_BUDGETS] = partial(ours, budgets=False)  # type: ignore[call-arg]  # it has
    if earlier is not None:
        judges[EARLIER] = earlier
    return judges


def judge_attackers(
    judges: Mapping[str, Judge],
    seeds: Sequence[int],
    cache: Path,
    attackers: Sequence[Attacker] = ATTACKERS,
    world: Parameters = WORLD,
) -> Found:
    """Judge every attacker in every world; finished outcomes are read from `cache`."""
    found: Found = {}
    for seed in seeds:
        base: World | None = None
        for attacker in (None, *attackers):
            name = attacker.name if attacker else NOBODY
            files = {
                judge: cache / f"{name}-{seed}-{judge}.json".replace(" ", "_") for judge in judges
            }
            missing = [judge for judge, file in files.items() if not file.exists()]
            if missing:
                print(f"seed {seed}: {name}", flush=True)
                cache.mkdir(parents=True, exist_ok=True)
                base = base or build_world(seed, world)
                attacked = build_attacked_world(base, attacker) if attacker else base
                lines = list(attacked.replay_lines()) if len(missing) > 1 else None
                for judge in missing:
                    outcome = judge_world(attacked, judges[judge], lines)
                    files[judge].write_text(json.dumps(asdict(outcome)))
            for judge, file in files.items():
                outcome = AttackOutcome(**json.loads(file.read_text()))
                found.setdefault(name, {}).setdefault(judge, []).append(outcome)
    return found


def judge_world(
    world: World, judge: Judge, lines: Iterable[bytes] | None = None, scan_rate: float | None = None
) -> AttackOutcome:
    """Judge one world, at its own measured scan rate unless one is given."""
    rate = round(world.scan_rate, 4) if scan_rate is None else scan_rate
    judging: Any = judge
    rows = list(judging(world.replay_lines() if lines is None else lines, scan_rate=rate))
    truth, verdicts = world.truth, aligned(world.truth, rows)
    mine = np.isin(truth.stamp, truth.targets)
    alert, suspect = np.isfinite(verdicts.alert), np.isfinite(verdicts.suspect)
    caution = np.isfinite(verdicts.caution) | suspect
    unplaced = mine & ~_placed(world)
    others = ~mine & ~truth.attacked
    waited = (verdicts.alert - _begins(world))[mine & alert] / 3600
    return AttackOutcome(
        attacker=truth.attacker or NOBODY,
        seed=world.seed,
        stamps=int(mine.sum()),
        alerts=int((mine & alert).sum()),
        suspects=int((mine & suspect).sum()),
        cautions=int((mine & caution).sum()),
        unplaced=[int((unplaced & of).sum()) for of in (mine, alert, suspect)],
        delays=waited[np.isfinite(waited)].round(2).tolist(),
        in_one_alert=_largest_alert(rows, {f"s{stamp}" for stamp in truth.targets.tolist()}),
        others=[int((others & of).sum()) for of in (alert, suspect)],
    )


def _placed(world: World) -> Bools:
    """Return which stamps have a scan with a place that no attacker sent."""
    honest = (world.seen.labels & BY_ATTACKER == 0) & (world.events["via"] != VISIT)
    stamps = world.events["stamp"][honest & (world.seen.given > 0)]
    return np.isin(world.truth.stamp, stamps)


def _begins(world: World) -> Floats:
    """Return when each attack begins: observable as a copy, or the attacker's first request."""
    truth = world.truth
    sent = world.seen.labels & BY_ATTACKER > 0
    first = np.full(len(truth.stamp), np.inf)
    row = np.searchsorted(truth.stamp, world.events["stamp"][sent])
    np.minimum.at(first, row, world.seen.at[sent])
    return np.where(truth.kind == COPIED, truth.observable, first)


def _largest_alert(rows: Sequence[Row], targets: set[str]) -> int:
    """Return how many of the stamps one alert lists: a campaign's, or the stamp's own.

    A campaign is an alert that lists its stamps whether or not they have alerts of their own.
    """
    sizes = Counter(
        row.get("campaign") or row["stamp"]
        for row in rows
        if row["stamp"] in targets and (row.get("campaign") or row["alerted_at"])
    )
    return max(sizes.values(), default=0)


def share(outcomes: Iterable[AttackOutcome], part: str) -> float:
    """Return a count of all worlds over their attacked stamps."""
    outcomes = list(outcomes)
    stamps = sum(outcome.stamps for outcome in outcomes)
    counted = sum(getattr(outcome, part) for outcome in outcomes)
    return float(counted / stamps) if stamps else float("nan")


def unplaced_share(outcomes: Iterable[AttackOutcome], column: int) -> float:
    """Return alerts (1) or suspects (2) of stamps whose other scans give no place."""
    rows = [outcome.unplaced for outcome in outcomes]
    stamps = sum(row[0] for row in rows)
    return sum(row[column] for row in rows) / stamps if stamps else float("nan")


def bystanders(found: Found, attacker: str, judge: str) -> Iterator[int]:
    """Yield, for each world, the alerts on other genuine stamps that the attacker added."""
    calm = {outcome.seed: outcome.others[0] for outcome in found[NOBODY][judge]}
    for outcome in found[attacker][judge]:
        yield outcome.others[0] - calm[outcome.seed]
