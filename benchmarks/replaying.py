"""Scans per second that `veritem replay` judges on one core.

A part of a held-out world is judged from a file into another file, as by the command: reading,
JSON, judging, one outcome for every stamp. Scans are lines with `scan`, including visits. Each run
is a process with the compiled modules; its start is not counted. Peers: the interpreted modules, a
judge that only counts scans (`count > N`, the cost of reading and JSON), and the baseline checkout.

    python -m benchmarks.replaying          the figures alone, as `results/replay.json` has them
"""

import json
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Final

from benchmarks.checkout import Checkout
from benchmarks.detection.campaign import HELD_OUT, OURS
from benchmarks.figures import Figure, compare, interleave
from benchmarks.plan import Plan
from simulation import Parameters, World, build_world

COUNTING: Final = "count > N"
LINES: Final = 200_000


def rates(plan: Plan, world: World, rounds: int) -> Iterator[Figure]:
    """Yield scans per second: of a core with peers, the best run, and by the clock."""
    lines = list(islice(world.replay_lines(), LINES))
    scans = sum(line.startswith(b'{"scan"') for line in lines)
    clock_rates: list[float] = []
    with TemporaryDirectory() as directory:
        recording, answers = Path(directory, "scans.jsonl"), Path(directory, "answers.jsonl")
        recording.write_bytes(b"".join(lines))
        del lines

        def replay(checkout: Checkout, judge: str, *, compiled: bool = True) -> dict[str, float]:
            argument = {"judge": judge, "scans": str(recording), "answers": str(answers)}
            times: dict[str, float] = checkout.run_command("replay", argument, compiled=compiled)
            return times

        def ours() -> float:
            times = replay(plan.checkout, OURS)
            clock_rates.append(scans / times["clock"])
            return scans / times["processor"]

        def interpreted() -> float:
            return scans / replay(plan.checkout, OURS, compiled=False)["processor"]

        def counting() -> float:
            return scans / replay(plan.checkout, COUNTING)["processor"]

        def replay_baseline(baseline: Checkout) -> float:
            return scans / replay(baseline, OURS)["processor"]

        runs = {OURS: ours}
        if (baseline := plan.baseline) is not None:
            runs["baseline"] = lambda: replay_baseline(baseline)
        runs |= {"interpreted": interpreted, COUNTING: counting}
        _, measured = interleave(runs, rounds)
    yield compare("detect.replay_rate", "scans/s", measured)
    yield Figure("detect.replay_rate_best", max(measured[OURS]), "scans/s")
    yield Figure("detect.replay_rate_wall", median(clock_rates), "scans/s by the clock")


def main() -> None:
    """Measure on a world of a million stamps."""
    figures = rates(Plan(), build_world(HELD_OUT[0], Parameters()), 15)
    print(json.dumps([figure.document() for figure in figures], indent=1, ensure_ascii=False))


if __name__ == "__main__":
    main()
