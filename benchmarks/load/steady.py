"""A steady stream of scans at a set rate, and whether all of them arrived.

    python -m benchmarks.load.steady --rate 2000 --seconds 600

Starts Redis, two workers and a recorder on a SQLite ledger; wrk sends scans at the rate; afterwards
every scan that was answered must be in the ledger. One JSON line, latencies in seconds.
"""

import argparse
import asyncio
import json
import sys
from dataclasses import asdict

from benchmarks.resolving import ended, ground, resolver, started, wrk
from ledger import open_ledger

_CONNECTIONS = 128


async def _kept(url: str, batch: int, wanted: int) -> int:
    """Scans in the ledger, once the recorder has had time to catch up."""
    async with await open_ledger(url) as ledger:
        kept = 0
        for _ in range(600):
            before, kept = kept, await ledger.scans.total()
            if kept >= wanted or (kept == before and kept):
                break
            await asyncio.sleep(1)
        return kept


def main() -> int:
    """Run it; non-zero when something was lost."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rate", type=int, default=2000)
    parser.add_argument("--seconds", type=int, default=600)
    options = parser.parse_args()
    with ground() as made:
        settings = made.settings(workers=2)
        bodies = made.bodies(int(options.rate * options.seconds * 1.3) + 20_000, seconds=86_400)
        with resolver(settings, core=None) as url:
            recorder = started(
                [sys.executable, "-m", "benchmarks.peers.recorder", json.dumps(asdict(settings))],
                None,
            )
            try:
                measured = wrk(
                    url,
                    options.seconds,
                    script="scans",
                    connections=_CONNECTIONS,
                    BODIES=bodies,
                    DELAY_MS=1000 * _CONNECTIONS / options.rate,
                )
                answered = round(measured.rate * options.seconds) - measured.errors
                kept = asyncio.run(_kept(made.ledger, made.batch, answered))
            finally:
                ended(recorder)
    told = {
        "rate": measured.rate,
        "p50": measured.p50,
        "p95": measured.p95,
        "p99": measured.p99,
        "refused": measured.errors,
        "answered": answered,
        "in_ledger": kept,
    }
    sys.stdout.write(json.dumps(told) + "\n")
    # Scans under way when wrk stops are recorded and not counted as answered.
    return 0 if answered <= kept <= answered + 2 * _CONNECTIONS else 1


if __name__ == "__main__":
    sys.exit(main())
