"""Load generation by wrk: repeated targets, and scans with one-time tokens."""

import json
import os
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from benchmarks.errors import BenchmarkError
from benchmarks.programs import require_programs

_SCRIPTS: Final = Path(__file__).parent / "wrk"
_FIRST_RATE: Final = 20_000.0
"""Assumed scans per second of the first run of a `ScanLoad`."""
_HEADROOM: Final = 1.5
"""Prepared bodies of a run, as a multiple of the bodies needed at the last measured rate."""


@dataclass(frozen=True)
class Measurement:
    """One run of wrk: answers and their rate per second, latencies in seconds."""

    rate: float
    requests: int
    p50: float
    p95: float
    p99: float
    errors: int
    """Answers other than 2xx, and failed connections."""
    sent: int
    """Sent requests, including those without an answer at the end."""
    exhausted: bool
    """Bodies were fewer than requests, so the last body was repeated."""


def run_wrk(
    url: str,
    seconds: float,
    *,
    script: str = "paths",
    connections: int = 64,
    core: int | None = None,
    niceness: int = 0,
    **environment: Any,
) -> Measurement:
    """Drive `url` from `core` (None: any) with a script of `benchmarks/wrk/`.

    `niceness` above 0 lets another generator on the same core go first.
    """
    require_programs(["wrk", "taskset"])
    command = [] if core is None else ["taskset", "-c", str(core)]
    command += ["nice", "-n", str(niceness)]
    command += ["wrk", "-t1", f"-c{connections}", f"-d{max(1, round(seconds))}s", "--latency"]
    done = subprocess.run(
        [*command, "-s", str(_SCRIPTS / f"{script}.lua"), url],
        stdout=subprocess.PIPE,
        text=True,
        check=False,
        env={**os.environ, **{name: str(value) for name, value in environment.items()}},
    )
    lines = [line for line in done.stdout.splitlines() if line.startswith("{")]
    if not lines:
        raise BenchmarkError(f"wrk failed: {done.stdout.strip() or 'no output'}")
    report = json.loads(lines[0])
    p50, p95, p99 = (report[name] / 1e6 for name in ("p50", "p95", "p99"))
    return Measurement(
        rate=report["rate"],
        requests=report["requests"],
        p50=p50,
        p95=p95,
        p99=p99,
        errors=report["errors"],
        sent=report["sent"],
        exhausted=report["exhausted"],
    )


class ScanLoad:
    """Sends scans to one server, each body once; the last measured rate decides their number.

    `write_bodies(count)` writes the next bodies to a file and returns its path.
    """

    def __init__(
        self,
        url: str,
        write_bodies: Callable[[int], Path],
        *,
        connections: int = 64,
        core: int | None = None,
    ) -> None:
        self._url = url
        self._write_bodies = write_bodies
        self._connections = connections
        self._core = core
        self._rate = _FIRST_RATE
        self.answered = 0
        """Scans of all runs with a 2xx answer."""
        self.runs = 0
        """Runs so far, including repeated ones."""

    def run(self, seconds: float) -> Measurement:
        """Send scans for `seconds`; repeat a run that exhausted its bodies with twice as many."""
        while True:
            bodies = self._write_bodies(int(self._rate * seconds * _HEADROOM))
            measured = run_wrk(
                self._url,
                seconds,
                script="scans",
                connections=self._connections,
                core=self._core,
                BODIES=bodies,
            )
            self.runs += 1
            self.answered += measured.requests - measured.errors
            if not measured.exhausted:
                self._rate = measured.rate
                return measured
            self._rate *= 2
