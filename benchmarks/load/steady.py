"""A steady stream of scans at a set rate, and whether all of them arrived.

    python -m benchmarks.load.steady --rate 2000 --seconds 600 --save

Real PostgreSQL (fsync on) and Redis (`appendfsync always`, or as `--appendfsync` says), a recorder
and one worker (or `--workers`), all on this machine beside the generator
(`benchmarks.load.openloop`). On two cores that all of these share, a second worker answers no
sooner: each wakes for fewer scans at a time and finds the caches cold. Three
scans in seven say where they are. They walk through a batch as sales do: each falls among the
20,000 stamps that are in the shops just then, most stamps are scanned once, and networks are many.
Afterwards the names of all scans that were answered as recorded are looked for in the ledger: each
must be there exactly once. One JSON line; latencies in milliseconds, from when a scan was due.
"""

import argparse
import asyncio
import json
import os
import random
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import numpy as np
import uvloop

from benchmarks.figure import machine
from benchmarks.load.openloop import OpenLoop, Outcome
from benchmarks.load.parts import running
from benchmarks.load.processes import Meter
from benchmarks.load.site import Site
from benchmarks.resolving import SECRET
from resolver.journal.stream import STREAM
from resolver.privacy.tokens import ScanTokens
from resolver.redis import RedisStore, open_store

RESULT: Final = Path(__file__).parents[1] / "results" / "steady.json"
_SHOPS: Final = 20_000
_RESCANNED: Final = 1.25
"""Scans for each stamp that the walk passes: some are looked at twice."""
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


class Shoppers:
    """The scans, made as they are sent; `names` of those that were answered as recorded."""

    def __init__(self, codes: list[str]) -> None:
        self._codes = codes
        self._tokens = ScanTokens(SECRET, 3_600)
        self._chance = random.Random(7)
        self._sent: dict[int, bytes] = {}
        self.names: set[bytes] = set()
        self.shown: dict[str, int] = {}

    def request(self, number: int) -> bytes:
        """Scan `number`."""
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

    def answered(self, number: int, status: int, body: bytes) -> None:
        """Remember what the service says that it has recorded."""
        name = self._sent.pop(number)
        if status == 200 and b'"recorded":true' in body:
            self.names.add(name)
            verdict = body.partition(b'"verdict":"')[2].partition(b'"')[0].decode()
            self.shown[verdict] = self.shown.get(verdict, 0) + 1


async def _watched(store: RedisStore, seen: list[int]) -> None:
    """Note each second how many scans wait for the recorder."""
    while True:
        seen.append(await store.call(STREAM, "XLEN", STREAM))
        await asyncio.sleep(1)


async def _drained(store: RedisStore, seconds: float) -> None:
    async with asyncio.timeout(seconds):
        while await store.call(STREAM, "XLEN", STREAM):  # noqa: ASYNC110 - another process's
            await asyncio.sleep(0.1)


async def _load(
    site: Site, url: str, shoppers: Shoppers, rate: float, seconds: float, meter: Meter
) -> tuple[Outcome, dict[str, float], list[int]]:
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port or 0
    warm = OpenLoop(host, port, shoppers.request, shoppers.answered, rate=rate / 4)
    await warm.run(3)
    shoppers.shown.clear()
    store = open_store(site.redis.url())
    await store.ready()
    waiting: list[int] = []
    watching = asyncio.create_task(_watched(store, waiting))
    load = OpenLoop(host, port, shoppers.request, shoppers.answered, rate=rate)
    meter.shares(1)
    began = time.perf_counter()
    outcome = await load.run(seconds)
    shares = meter.shares(time.perf_counter() - began)
    watching.cancel()
    await _drained(store, 120)
    await store.close()
    return outcome, shares, waiting


def measure(rate: float, seconds: float, appendfsync: str, workers: int) -> dict[str, Any]:
    """Run it and count."""
    stamps = int(rate * (seconds + 5) / _RESCANNED) + _SHOPS
    with Site(stamps, appendfsync) as site:
        settings = replace(site.settings, trusted_proxies=("127.0.0.0/8",), workers=workers)
        shoppers = Shoppers(site.codes())
        with running(site, settings) as (url, parts):
            meter = Meter({**parts, "generator": os.getpid()})
            outcome, shares, waiting = uvloop.run(_load(site, url, shoppers, rate, seconds, meter))
        kept = site.scan_names()
    names = set(kept)
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
        "verdicts": shoppers.shown,
        "answered_as_recorded": len(shoppers.names),
        "of_them_in_ledger": len(shoppers.names & names),
        "in_ledger": len(kept),
        "twice_in_ledger": len(kept) - len(names),
        "lost": len(shoppers.names - names),
        "stream_most": max(waiting, default=0),
        "cores": shares,
        "generator_late_p99_ms": round(float(np.percentile(lag, 99)), 2),
        "machine": machine(),
    }


def main() -> int:
    """Run it; non-zero when a scan was lost, kept twice, or refused."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rate", type=float, default=2000)
    parser.add_argument("--seconds", type=float, default=600)
    parser.add_argument("--appendfsync", choices=("always", "everysec"), default="always")
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--save", action="store_true", help="write results/steady.json")
    options = parser.parse_args()
    told = measure(options.rate, options.seconds, options.appendfsync, options.workers)
    sys.stdout.write(json.dumps(told) + "\n")
    if options.save:
        RESULT.write_text(json.dumps(told, indent=2) + "\n")
    good = not told["lost"] and not told["twice_in_ledger"] and set(told["statuses"]) == {"200"}
    return 0 if good and not told["unanswered"] else 1


if __name__ == "__main__":
    sys.exit(main())
