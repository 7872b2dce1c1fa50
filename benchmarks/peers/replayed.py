"""One judging of a recording, as `veritem replay` does it, in a process of its own.

    python -m benchmarks.peers.replayed JUDGE SCANS ANSWERS

says the seconds of its core and of the clock that it took, without starting up.
"""

import json
import sys
import time
from pathlib import Path
from typing import Final

from benchmarks.detection.baselines import BASELINES, Judge
from benchmarks.detection.campaign import OURS
from cli.replay import judged, uncollected, write

COUNTING: Final = "count > N"
JUDGES: Final[dict[str, Judge]] = {OURS: judged, COUNTING: BASELINES[COUNTING]}


def main() -> None:
    """Judge, then say what it took."""
    judge, scans, answers = sys.argv[1:]
    wall, began = time.perf_counter(), time.process_time()
    with Path(scans).open("rb") as said, Path(answers).open("wb") as out, uncollected():
        write(JUDGES[judge](said), out)
    took = time.process_time() - began
    print(json.dumps({"core": took, "clock": time.perf_counter() - wall}))


if __name__ == "__main__":
    main()
