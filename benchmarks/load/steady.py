"""A steady stream of scans at a fixed rate, and a check that the ledger has all of them.

    python -m benchmarks.load.steady --rate 2000 --seconds 600 --save

PostgreSQL (fsync on), Redis (`appendfsync always`, or as `--appendfsync` says), a recorder and one
worker (or `--workers`) share one machine with the open-loop generator. On two shared cores a second
worker increases latency, because each worker wakes for fewer scans at a time.

Three scans in seven give a place. Scans move through a batch as sales do: each scan is of one of
the 20,000 stamps in the shops at the time, most stamps are scanned once, and networks are many.
Afterwards the id of each scan with the answer `recorded` is looked up in the ledger and must be
there exactly once. Prints one JSON line; latencies are in milliseconds from the time a scan is due.
"""

import argparse
import asyncio
import json
import os
import random
import sys
import time
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import numpy as np
import uvloop

from benchmarks.figures import describe_machine
from benchmarks.load.cpu_time import CpuMeter
from benchmarks.load.open_loop import LoadResult, OpenLoop
from benchmarks.load.production_stack import ProductionStack
from benchmarks.testbed import SECRET
from resolver.journal.stream import STREAM
from resolver.privacy.tokens import ScanTokens
from resolver.redis import RedisStore, open_store

RESULT: Final = Path(__file__).parents[1] / "results" / "steady.json"
_SHOPS: Final = 20_000
_RESCANNED: Final = 1.25
"""Scans for each stamp that the walk passes: some stamps are scanned twice."""
_PLACES: Final = (
    b"null", b"null", b"null", b"null", b'{"province":"66"}', b'{"province":"79"}',
    b'{"lat":10.7769,"lon":106.7009,"accuracy_m":40}',
)  # fmt: skip
_HEAD: Final = (
    b"POST /v1/scans HTTP/1.1\r\nHost: v.vn\r\nAccept: application/json\r\n"
    b"Content-Type: application/json\r\nAccept-Language: vi-VN,vi;q=0.9\r\n"
    b"User-Agent: Mozilla/5.0 (Linux; Android 13; SM-A146P) AppleWebKit/537.36 Chrome/126\r\n"
    b"X-Forwarded-For: 14.%d.%d.%d\r\nContent-Length: %d\r\n\r\n"
)


class SteadyShoppers:
    """Creates the scans of a run; `recorded` has the ids of scans with the answer `recorded`."""

    def __init__(self, codes: list[str]) -> None:
        self._codes = codes
        self._tokens = ScanTokens(SECRET, 3_600)
        self._chance = random.Random(7)
        self._sent: dict[int, bytes] = {}
        self.recorded: set[bytes] = set()
        self.verdicts: dict[str, int] = {}

    def make_request(self, number: int) -> bytes:
        """Return the request of scan `number`."""
        chance = self._chance
        index = (int(number / _RESCANNED) + chance.randrange(_SHOPS)) % len(self._codes)
        code, now = self._codes[index], int(time.time() * 1000)
        token = self._tokens.issue(code, now)
        self._sent[number] = self._tokens.verify(token, code, now)
        body = b'{"code":"%s","token":"%s","place":%s}' % (
            code.encode(), token.encode(), chance.choice(_PLACES),
        )  # fmt: skip
        net = chance.getrandbits(24)
        return _HEAD % (net >> 16, net >> 8 & 255, net & 255, len(body)) + body

    def note_answer(self, number: int, status: int, body: bytes) -> None:
        """Keep the id of a scan with the answer `recorded`."""
        scan_id = self._sent.pop(number)
        if status == 200 and b'"recorded":true' in body:
            self.recorded.add(scan_id)
            verdict = body.partition(b'"verdict":"')[2].partition(b'"')[0].decode()
            self.verdicts[verdict] = self.verdicts.get(verdict, 0) + 1


async def _watch_stream(store: RedisStore, lengths: list[int]) -> None:
    """Note the length of the recorder's stream each second."""
    while True:
        lengths.append(await store.call(STREAM, "XLEN", STREAM))
        await asyncio.sleep(1)


async def _wait_until_drained(store: RedisStore, seconds: float) -> None:
    async with asyncio.timeout(seconds):
        while await store.call(STREAM, "XLEN", STREAM):  # noqa: ASYNC110 - another process's
            await asyncio.sleep(0.1)


async def _run_load(
    stack: ProductionStack,
    url: str,
    shoppers: SteadyShoppers,
    rate: float,
    seconds: float,
    meter: CpuMeter,
) -> tuple[LoadResult, dict[str, float], list[int]]:
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port or 0
    warm = OpenLoop(host, port, shoppers.make_request, shoppers.note_answer, rate=rate / 4)
    await warm.run(3)
    shoppers.verdicts.clear()
    store = open_store(stack.redis.url())
    await store.ready()
    waiting: list[int] = []
    watching = asyncio.create_task(_watch_stream(store, waiting))
    load = OpenLoop(host, port, shoppers.make_request, shoppers.note_answer, rate=rate)
    meter.read_shares(1)
    began = time.perf_counter()
    outcome = await load.run(seconds)
    shares = meter.read_shares(time.perf_counter() - began)
    watching.cancel()
    await _wait_until_drained(store, 120)
    await store.close()
    return outcome, shares, waiting


def measure(rate: float, seconds: float, appendfsync: str, workers: int) -> dict[str, Any]:
    """Run the load and count its scans in the ledger."""
    stamps = int(rate * (seconds + 5) / _RESCANNED) + _SHOPS
    with ProductionStack(stamps, appendfsync) as stack:
        settings = stack.settings(trusted_proxies=["127.0.0.0/8"], workers=workers)
        shoppers = SteadyShoppers(stack.list_codes())
        with stack.run_service(settings) as (url, parts):
            meter = CpuMeter({**parts, "generator": os.getpid()})
            outcome, shares, waiting = uvloop.run(
                _run_load(stack, url, shoppers, rate, seconds, meter)
            )
        ids = stack.list_scan_ids()
    distinct = set(ids)
    late = np.array(outcome.latencies) * 1000
    minutes = np.array(outcome.dues) // 60
    lag = np.array(outcome.lag) * 1000
    return {
        "asked_rate": rate,
        "seconds": round(outcome.seconds, 1),
        "appendfsync": appendfsync,
        "workers": workers,
        "rate": round(len(late) / outcome.seconds, 1),
        "p50_ms": round(float(np.percentile(late, 50)), 2),
        "p95_ms": round(float(np.percentile(late, 95)), 2),
        "p99_ms": round(float(np.percentile(late, 99)), 2),
        "max_ms": round(float(late.max()), 1),
        "p95_ms_by_minute": [
            round(float(np.percentile(late[minutes == minute], 95)), 1)
            for minute in np.unique(minutes)
        ],
        "statuses": {str(status): n for status, n in outcome.statuses.items()},
        "unanswered": outcome.unanswered,
        "verdicts": shoppers.verdicts,
        "answered_as_recorded": len(shoppers.recorded),
        "of_them_in_ledger": len(shoppers.recorded & distinct),
        "in_ledger": len(ids),
        "twice_in_ledger": len(ids) - len(distinct),
        "lost": len(shoppers.recorded - distinct),
        "stream_most": max(waiting, default=0),
        "cores": shares,
        "generator_late_p99_ms": round(float(np.percentile(lag, 99)), 2),
        "machine": describe_machine(),
    }


def main() -> int:
    """Run the load; non-zero when a scan was lost, recorded twice, or refused."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rate", type=float, default=2000)
    parser.add_argument("--seconds", type=float, default=600)
    parser.add_argument("--appendfsync", choices=("always", "everysec"), default="always")
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--save", action="store_true", help="write results/steady.json")
    options = parser.parse_args()
    result = measure(options.rate, options.seconds, options.appendfsync, options.workers)
    sys.stdout.write(json.dumps(result) + "\n")
    if options.save:
        RESULT.write_text(json.dumps(result, indent=2) + "\n")
    good = (
        not result["lost"] and not result["twice_in_ledger"] and set(result["statuses"]) == {"200"}
    )
    return 0 if good and not result["unanswered"] else 1


if __name__ == "__main__":
    sys.exit(main())
