"""How many scans `veritem replay` judges a second, on one core.

A part of a held-out world is written to a file, judged from there, and the answers are written to
another, as the command does it: reading, JSON, judging, the answer for every stamp. Scans are
lines with `scan`, visits among them. Each judging is a process of its own (its start is not
counted), ours with the hot path compiled; beside it the same interpreted, and a peer that reads the
same lines and only counts them (`count > N`): what reading and JSON leave to be done.

    python -m benchmarks.replaying          the figures alone, as `results/replay.json` has them
"""

import json
import subprocess
import sys
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from benchmarks.compiled import CHECKOUT, compiled
from benchmarks.detection.campaign import HELD_OUT, OURS
from benchmarks.figure import Figure, compare, interleaved
from benchmarks.peers.replayed import COUNTING
from simulation import Parameters, World, build

LINES = 200_000


def rates(world: World, rounds: int) -> Iterator[Figure]:
    """Yield scans a second: of a core beside the peers, at best, and by the clock."""
    home = compiled()
    lines = list(islice(world.lines(), LINES))
    scans = sum(line.startswith(b'{"scan"') for line in lines)
    walls: list[float] = []
    with TemporaryDirectory() as room:
        recording, answers = Path(room, "scans.jsonl"), Path(room, "answers.jsonl")
        recording.write_bytes(b"".join(lines))
        del lines

        def took(judge: str, where: Path) -> dict[str, float]:
            command = [sys.executable, "-m", "benchmarks.peers.replayed"]
            done = subprocess.run(
                [*command, judge, recording, answers], cwd=where, check=True, capture_output=True
            )
            told: dict[str, float] = json.loads(done.stdout)
            return told

        def ours() -> float:
            told = took(OURS, home)
            walls.append(scans / told["clock"])
            return scans / told["core"]

        runs = {
            OURS: ours,
            "interpreted": lambda: scans / took(OURS, CHECKOUT)["core"],
            COUNTING: lambda: scans / took(COUNTING, home)["core"],
        }
        _, found = interleaved(runs, rounds)
    yield compare("detect.replay_rate", "scans/s", found)
    yield Figure("detect.replay_rate_best", max(found[OURS]), "scans/s")
    yield Figure("detect.replay_rate_wall", median(walls), "scans/s by the clock")


def main() -> None:
    """Measure it by itself, on a world of a million stamps."""
    found = rates(build(HELD_OUT[0], Parameters()), 15)
    print(json.dumps([figure.document() for figure in found], indent=1, ensure_ascii=False))


if __name__ == "__main__":
    main()
