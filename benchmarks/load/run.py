"""A day (locust) and peaks (wrk) against the whole service on one machine.

    python -m benchmarks.load.run [day] [peaks] [--seconds 60] [--save]

PostgreSQL (fsync on) and Redis (`appendfsync always`), two workers, a recorder. Prints one JSON
line a part, latencies in milliseconds; `--save` writes `results/day.json` and `results/peaks.json`.

`day` is `benchmarks/load/day.py` with 60 visitors at a time: answers by kind, failures, and a check
that each scan with answer 200 is in the ledger. `peaks` are pages, then scans, as fast as wrk sends
them over 256 connections: rate, latency, and the same check.
"""

import argparse
import asyncio
import json
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import orjson

from benchmarks.errors import BenchmarkError
from benchmarks.figures import describe_machine
from benchmarks.load.cpu_time import CpuMeter
from benchmarks.load.production_stack import ProductionStack
from benchmarks.load_generator import Measurement, ScanLoad, run_wrk
from benchmarks.programs import require_programs
from benchmarks.testbed import write_scan_bodies, write_targets
from resolver.journal.stream import STREAM
from resolver.redis import open_store
from tests.servers import ServerMissing

RESULTS: Final = Path(__file__).parents[1] / "results"
_LOCUST: Final = Path(__file__).parent / "day.py"
_VISITORS: Final = 60
_CODES: Final = 20_000
_CONNECTIONS: Final = 256


@contextmanager
def _run_service() -> Iterator[tuple[ProductionStack, str, CpuMeter]]:
    with ProductionStack() as stack:
        settings = stack.settings(unknown_per_minute=120)
        with stack.run_service(settings) as (url, parts):
            yield stack, url, CpuMeter(parts)


async def _count_recorded(stack: ProductionStack) -> tuple[int, int]:
    """Wait until the stream is empty; return the numbers of scans and duplicates in the ledger."""
    store = open_store(stack.redis.url())
    await store.ready()
    async with asyncio.timeout(120):
        while await store.call(STREAM, "XLEN", STREAM):  # noqa: ASYNC110 - another process's
            await asyncio.sleep(0.1)
    await store.close()
    ids = stack.list_scan_ids()
    return len(ids), len(ids) - len(set(ids))


def run_day(seconds: float) -> dict[str, Any]:
    """Run the visitors of `day.py` for `seconds`."""
    with _run_service() as (stack, url, meter), tempfile.TemporaryDirectory() as directory:
        codes = write_targets(Path(directory) / "codes", stack.list_codes()[:_CODES])
        command = [sys.executable, "-m", "locust", "-f", str(_LOCUST), "--host", url]
        command += ["--headless", "--json", "-u", str(_VISITORS), "-r", str(_VISITORS)]
        command += ["-t", f"{round(seconds)}s", "--exit-code-on-error", "0"]
        meter.read_shares(1)
        start = time.monotonic()
        done = subprocess.run(
            command,
            capture_output=True,
            check=True,
            env={**os.environ, "VERITEM_CODES": str(codes)},
        )
        shares = meter.read_shares(time.monotonic() - start)
        recorded, duplicates = asyncio.run(_count_recorded(stack))
    kinds = {entry["name"]: _summarize_kind(entry) for entry in orjson.loads(done.stdout)}
    return {
        "seconds": seconds,
        "visitors": _VISITORS,
        "kinds": kinds,
        "failures": sum(kind["failures"] for kind in kinds.values()),
        "scans_answered": kinds["scan"]["requests"] + kinds["viral scan"]["requests"],
        "in_ledger": recorded,
        "twice_in_ledger": duplicates,
        "cores": shares,
        "machine": describe_machine(),
    }


def _summarize_kind(entry: Mapping[str, Any]) -> dict[str, Any]:
    times = Counter({float(ms): n for ms, n in entry["response_times"].items()})
    return {
        "requests": entry["num_requests"],
        "failures": entry["num_failures"],
        **{f"p{part}_ms": _percentile(times, part / 100) for part in (50, 95, 99)},
    }


def _percentile(times: Counter[float], part: float) -> float:
    left = part * times.total()
    for value, count in sorted(times.items()):
        left -= count
        if left <= 0:
            return value
    return 0.0


def run_peaks(seconds: float) -> dict[str, Any]:
    """Request pages, then send scans, as fast as the service answers."""
    with _run_service() as (stack, url, meter), tempfile.TemporaryDirectory() as directory:
        codes, home = stack.list_codes(), Path(directory)
        targets = write_targets(home / "targets", [f"/S/{code}" for code in codes[:_CODES]])
        written = 0

        def write_bodies(count: int) -> Path:
            nonlocal written
            write_scan_bodies(home / "bodies", codes, written, count)
            written += count
            return home / "bodies"

        scans = ScanLoad(url, write_bodies, connections=_CONNECTIONS)
        run_wrk(url, 3, connections=_CONNECTIONS, PATHS=targets)  # histories loaded
        scans.run(2)  # the rate that the bodies are made for
        meter.read_shares(1)
        pages = run_wrk(url, seconds, connections=_CONNECTIONS, PATHS=targets)
        page_shares = meter.read_shares(seconds)
        measured = scans.run(seconds)
        scan_shares = meter.read_shares(seconds)
        recorded, duplicates = asyncio.run(_count_recorded(stack))
    return {
        "seconds": seconds,
        "connections": _CONNECTIONS,
        "pages": _summarize_peak(pages, page_shares),
        "scans": _summarize_peak(measured, scan_shares),
        "scans_answered": scans.answered,
        "scan_runs": scans.runs,
        "in_ledger": recorded,
        "twice_in_ledger": duplicates,
        "machine": describe_machine(),
    }


def _summarize_peak(measured: Measurement, shares: Mapping[str, float]) -> dict[str, Any]:
    return {
        "requests": measured.requests,
        "rate": measured.rate,
        **{f"p{p}_ms": 1000 * getattr(measured, f"p{p}") for p in (50, 95, 99)},
        "failures": measured.errors,
        "cores": shares,
    }


def main() -> int:
    """Run the named parts (both by default); non-zero when something failed or was lost."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", choices=("day", "peaks", []), metavar="PART")
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--save", action="store_true", help="write benchmarks/results/")
    options = parser.parse_args()
    parts = options.parts or ("day", "peaks")
    good = True
    try:
        require_programs(["wrk"] if "peaks" in parts else [])
        for name in parts:
            result = run_day(options.seconds) if name == "day" else run_peaks(options.seconds / 3)
            sys.stdout.write(json.dumps({"name": name, **result}) + "\n")
            sys.stdout.flush()
            if options.save:
                (RESULTS / f"{name}.json").write_text(json.dumps(result, indent=2) + "\n")
            # A scan in flight at the end of a load is recorded without an answer.
            unanswered = result["in_ledger"] - result["scans_answered"]
            allowed = 2 * _CONNECTIONS * result.get("scan_runs", 1)
            good &= 0 <= unanswered <= allowed and not result["twice_in_ledger"]
    except (BenchmarkError, ServerMissing) as error:
        sys.exit(f"benchmarks: {error}")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
