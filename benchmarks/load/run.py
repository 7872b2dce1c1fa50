"""A real day by locust and peaks by wrk, against the whole service on this machine.

    python -m benchmarks.load.run [day] [peaks] [--seconds 60] [--save]

Real PostgreSQL (fsync on) and Redis (`appendfsync always`), two workers, a recorder. One JSON line
a part, latencies in milliseconds; `--save` writes `results/day.json` and `results/peaks.json`.

`day` is `benchmarks/load/day.py` with 60 visitors at a time: its answers by kind, how many failed,
and whether each scan that was answered 200 is in the ledger. `peaks` are pages, then scans, as fast
as wrk can send them over 256 connections: how many a second, how late, and the same count.
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
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import orjson

from benchmarks.figure import machine
from benchmarks.load.parts import running
from benchmarks.load.processes import Meter
from benchmarks.load.site import Site
from benchmarks.resolving import SECRET, wrk
from resolver.journal.stream import STREAM
from resolver.privacy.tokens import ScanTokens
from resolver.redis import open_store

RESULTS: Final = Path(__file__).parents[1] / "results"
_LOCUST: Final = Path(__file__).parent / "day.py"
_VISITORS: Final = 60
_CODES: Final = 20_000
_CONNECTIONS: Final = 256
_PEAK_SCANS: Final = 16_000
"""Scans a second that wrk is given tokens for; more than two cores can take."""


@contextmanager
def _service() -> Iterator[tuple[Site, str, Meter]]:
    with Site() as site:
        settings = replace(site.settings, unknown_per_minute=120)
        with running(site, settings) as (url, parts):
            yield site, url, Meter(parts)


async def _kept(site: Site) -> tuple[int, int]:
    """Scans in the ledger once the stream is empty, and how many of them are there twice."""
    store = open_store(site.redis.url())
    await store.ready()
    async with asyncio.timeout(120):
        while await store.call(STREAM, "XLEN", STREAM):  # noqa: ASYNC110 - another process's
            await asyncio.sleep(0.1)
    await store.close()
    names = site.scan_names()
    return len(names), len(names) - len(set(names))


def day(seconds: float) -> dict[str, Any]:
    """A day in so many seconds."""
    with _service() as (site, url, meter), tempfile.TemporaryDirectory() as directory:
        codes = Path(directory) / "codes"
        codes.write_text("\n".join(site.codes()[:_CODES]))
        command = [sys.executable, "-m", "locust", "-f", str(_LOCUST), "--host", url]
        command += ["--headless", "--json", "-u", str(_VISITORS), "-r", str(_VISITORS)]
        command += ["-t", f"{round(seconds)}s", "--exit-code-on-error", "0"]
        meter.shares(1)
        began = time.monotonic()
        done = subprocess.run(
            command,
            capture_output=True,
            check=True,
            env={**os.environ, "VERITEM_CODES": str(codes)},
        )
        shares = meter.shares(time.monotonic() - began)
        kept, twice = asyncio.run(_kept(site))
    kinds = {entry["name"]: _kind(entry) for entry in orjson.loads(done.stdout)}
    scans = kinds["scan"]
    return {
        "seconds": seconds,
        "visitors": _VISITORS,
        "kinds": kinds,
        "failures": sum(kind["failures"] for kind in kinds.values()),
        "scans_answered": scans["requests"] + kinds["viral scan"]["requests"],
        "in_ledger": kept,
        "twice_in_ledger": twice,
        "cores": shares,
        "machine": machine(),
    }


def _kind(entry: Mapping[str, Any]) -> dict[str, Any]:
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


def peaks(seconds: float) -> dict[str, Any]:
    """Pages and scans as fast as they are taken."""
    with _service() as (site, url, meter), tempfile.TemporaryDirectory() as directory:
        codes = site.codes()
        paths, bodies = Path(directory) / "paths", Path(directory) / "bodies"
        paths.write_text("\n".join(f"/S/{code}" for code in codes[:_CODES]) + "\n")
        tokens, now = ScanTokens(SECRET, 3_600), int(time.time() * 1000)
        with bodies.open("wb") as out:
            for number in range(int(_PEAK_SCANS * seconds)):
                code = codes[number * 7919 % len(codes)]
                body = {"code": code, "token": tokens.issue(code, now), "place": None}
                out.write(orjson.dumps(body) + b"\n")
        wrk(url, 3, connections=_CONNECTIONS, core=None, PATHS=paths)  # every leaf recalled
        told: dict[str, Any] = {"seconds": seconds, "connections": _CONNECTIONS}
        for name, script, file in (("pages", "paths", paths), ("scans", "scans", bodies)):
            meter.shares(1)
            measured = wrk(
                url,
                seconds,
                script=script,
                connections=_CONNECTIONS,
                core=None,
                PATHS=file,
                BODIES=file,
            )
            told[name] = {
                "requests": measured.requests,
                "rate": measured.rate,
                **{f"p{p}_ms": 1000 * getattr(measured, f"p{p}") for p in (50, 95, 99)},
                "failures": measured.errors,
                "cores": meter.shares(seconds),
            }
        kept, twice = asyncio.run(_kept(site))
    return {
        **told,
        "scans_answered": told["scans"]["requests"] - told["scans"]["failures"],
        "in_ledger": kept,
        "twice_in_ledger": twice,
        "machine": machine(),
    }


def main() -> int:
    """Run the named parts (both by default); non-zero when something failed or was lost."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", choices=("day", "peaks", []), metavar="PART")
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--save", action="store_true", help="write benchmarks/results/")
    options = parser.parse_args()
    good = True
    for name in options.parts or ("day", "peaks"):
        told = day(options.seconds) if name == "day" else peaks(options.seconds / 3)
        sys.stdout.write(json.dumps({"name": name, **told}) + "\n")
        sys.stdout.flush()
        if options.save:
            (RESULTS / f"{name}.json").write_text(json.dumps(told, indent=2) + "\n")
        # A scan that was under way when the load stopped is kept and was not answered.
        kept = told["in_ledger"] - told["scans_answered"]
        good &= 0 <= kept <= 2 * _CONNECTIONS and not told["twice_in_ledger"]
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
