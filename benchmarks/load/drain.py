"""How fast the recorder brings a full stream into the ledger.

    python -m benchmarks.load.drain --scans 100000 --alerts 0.01 --json

Real Redis (`appendfsync always`) and PostgreSQL (fsync on). The stream is filled first; then one
recorder empties it while nothing else runs. `--alerts` is the share of scans that the judge shows
to people. One JSON line: scans a second, and the share of a core that each part took.
"""

import argparse
import asyncio
import json
import random
import sys
import time
from dataclasses import asdict

from benchmarks.load.processes import Meter
from benchmarks.load.site import Site
from benchmarks.resolving import ended, started
from ledger import ScanRow
from resolver.journal import Evidence
from resolver.journal.encoding import encode_evidence
from resolver.journal.stream import FIELD, STREAM
from resolver.redis import RedisStore, open_store

_AT_ONCE = 1_000


def evidence(number: int, batch: int, stamps: int, alerts: float, at: int) -> Evidence:
    """Scan `number` of a day: half with a province, a tenth with a place."""
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


async def _fill(store: RedisStore, site: Site, scans: int, alerts: float) -> None:
    at = int(time.time() * 1000) - scans
    for start in range(0, scans, _AT_ONCE):
        words = [
            encode_evidence(evidence(n, site.batch, site.stamps, alerts, at))
            for n in range(start, min(start + _AT_ONCE, scans))
        ]
        await asyncio.gather(*(store.call(STREAM, "XADD", STREAM, "*", FIELD, w) for w in words))


async def _fewer_than(store: RedisStore, scans: int) -> None:
    """Wait until the stream has fewer entries."""
    while await store.call(STREAM, "XLEN", STREAM) >= scans:  # noqa: ASYNC110 - another process's
        await asyncio.sleep(0.01)


async def measure(site: Site, scans: int, alerts: float) -> dict[str, object]:
    """Fill the stream, then time the recorder."""
    store = open_store(site.redis.url())
    await store.ready()
    await _fill(store, site, scans, alerts)
    settings = json.dumps(asdict(site.settings))
    recorder = started([sys.executable, "-m", "benchmarks.peers.recorder", settings], None)
    try:
        await _fewer_than(store, scans)  # it has started
        left = await store.call(STREAM, "XLEN", STREAM)
        meter = Meter({
            "recorder": recorder.pid, "redis": site.redis.pid, "postgresql": site.postgres.pid,
        })  # fmt: skip
        began = time.monotonic()
        await _fewer_than(store, 1)
        took = time.monotonic() - began
        shares = meter.shares(took)
    finally:
        ended(recorder)
    await store.close()
    kept = await site.kept()
    return {
        "scans": scans,
        "alerts": alerts,
        "scans_per_second": round(left / took),
        "in_ledger": kept,
        "cores": shares,
    }


def main() -> int:
    """Measure; non-zero when the ledger does not hold each scan once."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scans", type=int, default=100_000)
    parser.add_argument("--alerts", type=float, default=0.01)
    parser.add_argument("--json", action="store_true", help="one JSON line (it always is one)")
    options = parser.parse_args()
    with Site() as site:
        told = asyncio.run(measure(site, options.scans, options.alerts))
    sys.stdout.write(json.dumps(told) + "\n")
    return 0 if told["in_ledger"] == options.scans else 1


if __name__ == "__main__":
    sys.exit(main())
