"""The worlds of the evaluation. Every judge receives the same lines."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path

from benchmarks.detection.baselines import BASELINES, Judge
from benchmarks.detection.evaluate import Tally, judged, tally
from simulation import Parameters, build_world

TRAINING = range(1, 6)
"""Seeds for calibration. No figure is reported on them."""

HELD_OUT = range(11, 21)
RATES = (0.002, 0.01, 0.05, 0.10)
PREVALENCES = (0.00005, 0.001, 0.01)
OURS = "veritem"
TEN_MILLION = "ten million"
"""Prefix of the names of worlds that take gigabytes."""


@dataclass(frozen=True)
class WorldKind:
    """A kind of world and its seeds."""

    name: str
    parameters: Parameters
    seeds: tuple[int, ...]
    baselines: bool = False
    knows_scan_rate: bool = True
    """Whether the judge gets the world's scan rate, as a deployment measures it."""


def list_world_kinds(seeds: tuple[int, ...] = tuple(HELD_OUT)) -> list[WorldKind]:
    """Return all kinds of world: each scan rate, each prevalence, and the shifted worlds."""
    base, few = Parameters(), seeds[:5]
    whole = replace(base, active=10_000_000)
    return [
        *(
            WorldKind(f"rate {rate:g}", replace(base, scan_rate=rate), seeds, True)
            for rate in RATES
        ),
        WorldKind("prevalence 5e-05", replace(base, prevalence=PREVALENCES[0]), few),
        WorldKind("prevalence 0.01", replace(base, prevalence=PREVALENCES[2]), few),
        WorldKind(
            "rate 0.01, scan rate unknown",
            replace(base, scan_rate=0.01),
            few,
            knows_scan_rate=False,
        ),
        # A fifth of 5 % is the 1 % above; here a fifth of 10 %.
        WorldKind("rate 0.1 ÷ 5", replace(base, scan_rate=0.02), few),
        WorldKind("location error × 2", replace(base, location_error=2.0), few),
        WorldKind(TEN_MILLION, whole, (31,)),
        WorldKind(f"{TEN_MILLION}, rate 0.01", replace(whole, scan_rate=0.01), (31,)),
    ]


def run(world_kind: WorldKind, ours: Judge | None, cache: Path) -> Iterator[tuple[str, Tally]]:
    """Judge every world of a kind with every judge; finished worlds are read from `cache`."""
    judges: Mapping[str, Judge] = {
        **(BASELINES if world_kind.baselines else {}),
        **({OURS: ours} if ours else {}),
    }
    for seed in world_kind.seeds:
        files = {
            name: cache / f"{world_kind.name}-{seed}-{name}.json".replace(" ", "_")
            for name in judges
        }
        missing = [name for name in judges if not files[name].exists()]
        if missing:
            cache.mkdir(parents=True, exist_ok=True)
            world = build_world(seed, world_kind.parameters)
            # Kept for several judges, streamed for one: ten million stamps make gigabytes.
            lines = list(world.replay_lines()) if len(missing) > 1 else None
            judge = (
                partial(ours, scan_rate=round(world.scan_rate, 4))  # type: ignore[call-arg]  # ours takes it
                if ours and world_kind.knows_scan_rate
                else ours
            )
            for name in missing:
                counted = tally(
                    world, judged(world, judge if name == OURS and judge else judges[name], lines)
                )
                files[name].write_text(json.dumps(asdict(counted)))
        for name, file in files.items():
            yield name, Tally(**json.loads(file.read_text()))


def judge_all(
    ours: Judge | None, cache: Path, which: list[WorldKind]
) -> dict[str, dict[str, list[Tally]]]:
    """Return all tallies by kind of world and judge; print the progress."""
    found: dict[str, dict[str, list[Tally]]] = {}
    for world_kind in which:
        print(f"{world_kind.name}: seeds {world_kind.seeds}", flush=True)
        by_judge = found.setdefault(world_kind.name, {})
        for name, counted in run(world_kind, ours, cache):
            by_judge.setdefault(name, []).append(counted)
    return found
