"""How many scans `veritem replay` judges a second, on one core.

A part of a held-out world is written to a file, judged from there, and the answers are written to
another, as the command does it: reading, JSON, judging, the answer for every
stamp. Scans are lines with `scan`, visits among them. The peer reads the same lines and only counts
them (`count > N`), so it is what reading and JSON leave to be done.

    python -m benchmarks.replaying          the figures alone, as `results/replay.json` has them
"""

import json
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from benchmarks.detection.baselines import BASELINES, Judge
from benchmarks.detection.campaign import HELD_OUT, OURS
from benchmarks.detection.world import Parameters, World, build
from benchmarks.figure import Figure, compare, interleaved
from cli.replay import judged, uncollected, write

JUDGES: dict[str, Judge] = {OURS: judged, "count > N": BASELINES["count > N"]}
LINES = 200_000


def rates(world: World, rounds: int) -> Iterator[Figure]:
    """Yield scans a second: by the processor's time beside the peer, the best run, by the clock."""
    lines = list(islice(world.lines(), LINES))
    scans = sum(line.startswith(b'{"scan"') for line in lines)
    walls: list[float] = []
    with TemporaryDirectory() as room:
        recording, answers = Path(room, "scans.jsonl"), Path(room, "answers.jsonl")
        recording.write_bytes(b"".join(lines))
        del lines

        def speed(name: str) -> float:
            wall, began = time.perf_counter(), time.process_time()
            with recording.open("rb") as said, answers.open("wb") as out, uncollected():
                write(JUDGES[name](said), out)
            took = time.process_time() - began
            if name == OURS:
                walls.append(scans / (time.perf_counter() - wall))
            return scans / took

        _, found = interleaved({n: lambda n=n: speed(n) for n in JUDGES}, rounds)  # type: ignore[misc]  # bound now
    yield compare("detect.replay_rate", "scans/s", found)
    yield Figure("detect.replay_rate_best", max(found[OURS]), "scans/s")
    yield Figure("detect.replay_rate_wall", median(walls), "scans/s by the clock")


def main() -> None:
    """Measure it by itself, on a world of a million stamps."""
    found = rates(build(HELD_OUT[0], Parameters()), 15)
    print(json.dumps([figure.document() for figure in found], indent=1, ensure_ascii=False))


if __name__ == "__main__":
    main()
