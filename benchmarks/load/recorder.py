"""Rate at which the recorder writes a full stream into the ledger.

    python -m benchmarks.load.recorder --scans 100000 --alerts 0.01

Redis (`appendfsync always`) and PostgreSQL (fsync on). The stream is filled first; then one
recorder empties it while nothing else runs. `--alerts` is the share of scans with an alert. Prints
one JSON line: scans per second, and the share of a core that each part took.
"""

import argparse
import asyncio
import json
import random
import sys
import time
from typing import Any

from benchmarks.checkout import ROOT
from benchmarks.load.cpu_time import CpuMeter
from benchmarks.load.production_stack import ProductionStack
from benchmarks.programs import start_program, stop_program
from ledger import ScanRow
from resolver.journal import Evidence
from resolver.journal.encoding import encode_evidence
from resolver.journal.stream import FIELD, STREAM
from resolver.redis import RedisStore, open_store

_AT_ONCE = 1_000


def make_evidence(number: int, batch: int, stamps: int, alerts: float, at: int) -> Evidence:
    """Scan `number` of a day: half of the scans with a province, a tenth with a place."""
    chance = random.Random(number)
    place = chance.random()
    alert = chance.random() < alerts
    row = ScanRow(
        id=number.to_bytes(16, "big"),
        batch=batch,
        index=chance.randrange(stamps),
        at=at + number,
        via="page",
        verdict="suspect" if alert else "authentic",
        score=8.0 if alert else -1.5,
        reasons=("impossible_travel", "crowd") if alert else (),
        device=chance.getrandbits(64),
        net=chance.getrandbits(64),
        province="66" if place < 0.5 else None,
        country="VN",
        first=chance.random() < 0.8,
    )
    if place < 0.1:
        row = row._replace(lat=12.7, lon=108.3, accuracy_m=3000.0, ward="24169")
    return Evidence(row, alert)


async def _fill(store: RedisStore, stack: ProductionStack, scans: int, alerts: float) -> None:
    at = int(time.time() * 1000) - scans
    for start in range(0, scans, _AT_ONCE):
        entries = [
            encode_evidence(make_evidence(n, stack.batch, stack.stamps, alerts, at))
            for n in range(start, min(start + _AT_ONCE, scans))
        ]
        await asyncio.gather(
            *(store.call(STREAM, "XADD", STREAM, "*", FIELD, entry) for entry in entries)
        )


async def _wait_for_fewer(store: RedisStore, scans: int) -> None:
    """Wait until the stream has fewer entries than `scans`."""
    while await store.call(STREAM, "XLEN", STREAM) >= scans:  # noqa: ASYNC110 - another process's
        await asyncio.sleep(0.01)


async def measure(stack: ProductionStack, scans: int, alerts: float) -> dict[str, Any]:
    """Fill the stream, then time the recorder."""
    store = open_store(stack.redis.url())
    await store.ready()
    await _fill(store, stack, scans, alerts)
    settings = json.dumps(stack.settings())
    command = [sys.executable, "-m", "benchmarks.peers.recorder", settings]
    recorder = start_program(command, None, ROOT)
    try:
        await _wait_for_fewer(store, scans)  # it has started
        left = await store.call(STREAM, "XLEN", STREAM)
        meter = CpuMeter({
            "recorder": recorder.pid, "redis": stack.redis.pid, "postgresql": stack.postgres.pid,
        })  # fmt: skip
        began = time.monotonic()
        await _wait_for_fewer(store, 1)
        took = time.monotonic() - began
        shares = meter.read_shares(took)
    finally:
        stop_program(recorder)
    await store.close()
    count = await stack.count_scans()
    return {
        "scans": scans,
        "alerts": alerts,
        "scans_per_second": round(left / took),
        "in_ledger": count,
        "cores": shares,
    }


def main() -> int:
    """Measure; non-zero when the ledger does not hold each scan once."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scans", type=int, default=100_000)
    parser.add_argument("--alerts", type=float, default=0.01)
    options = parser.parse_args()
    with ProductionStack() as stack:
        result = asyncio.run(measure(stack, options.scans, options.alerts))
    sys.stdout.write(json.dumps(result) + "\n")
    return 0 if result["in_ledger"] == options.scans else 1


if __name__ == "__main__":
    sys.exit(main())
