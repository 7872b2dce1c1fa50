"""Kills of every part under load, then a comparison of every answer with the ledger.

    python -m benchmarks.load.kills --kills 1000 --minutes 60 --pause 2 --save

PostgreSQL (fsync on), Redis (`appendfsync everysec`), two workers, a recorder and the claim
service. Each part is killed by SIGKILL at random moments, independently of the others, and started
again. Shoppers scan and claim meanwhile. A scan without an answer is sent again with its token, as
a phone does. Afterwards:

- each scan answered as recorded, and each whose repetition was told "used", is in the ledger;
- no scan and no claim is in the ledger twice; each claim answered 200 is there;
- the history that a page shows counts as many scans as the ledger has of that stamp.

Prints one JSON line; `--save` writes `results/kills.json`. Exit code 1: an answer was not kept.
"""

import argparse
import asyncio
import json
import random
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import aiohttp
import psycopg

from benchmarks.figures import describe_machine
from benchmarks.load.killed_service import KilledService
from benchmarks.load.shoppers import Shoppers
from tests.resolver.house import JSON, code_of

RESULT: Final = Path(__file__).parents[1] / "results" / "kills.json"
_PAGES: Final = 500
"""Stamps whose pages are compared with the ledger."""
_PAUSES: Final = {
    "worker": 1.5, "supervisor": 5.0, "recorder": 3.0,
    "claims": 3.0, "redis": 1.5, "postgresql": 4.0,
}  # fmt: skip
"""Mean seconds between a part's return and its next kill; `--pause` multiplies them."""


class Killer:
    """Kills parts of a service until `most` kills were made or the time is over."""

    def __init__(
        self, service: KilledService, most: int, seconds: float, seed: int, slower: float
    ) -> None:
        self._service = service
        self._most = most
        self._slower = slower
        self._until = time.monotonic() + seconds
        self._chance = random.Random(seed)
        self.kills: Counter[str] = Counter()
        self._steady = asyncio.Lock()
        """Held while the supervisor is killed and started: it has no workers to kill meanwhile."""

    async def run(self) -> None:
        """Kill until the end; every part is up again afterwards."""
        async with asyncio.TaskGroup() as tasks:
            for part, pause in _PAUSES.items():
                tasks.create_task(self._kill_part(part, pause))

    def _is_over(self) -> bool:
        return self.kills.total() >= self._most or time.monotonic() > self._until

    async def _kill_part(self, part: str, pause: float) -> None:
        while True:
            await asyncio.sleep(self._chance.expovariate(1 / (pause * self._slower)))
            if self._is_over():
                return
            if part == "worker":
                await self._kill_worker()
            elif part == "supervisor":
                async with self._steady:
                    await asyncio.to_thread(self._restart, part)
            else:
                await asyncio.to_thread(self._restart, part)

    async def _kill_worker(self) -> None:
        async with self._steady:
            self.kills["worker"] += self._service.kill_worker(self._chance.randrange(2))
            await wait_until(self._service.is_complete, 60)

    def _restart(self, part: str) -> None:
        """Kill a part and start it, at once or after a moment without it."""
        server = {"redis": self._service.redis, "postgresql": self._service.postgres}.get(part)
        self.kills[part] += 1
        if server is None:
            self._service.kill(part)
        else:
            server.kill()
        time.sleep(self._chance.choice((0, 0, self._chance.uniform(0, 1.5))))
        if server is None:
            self._service.start(part)
        else:
            server.start()


async def wait_until(reached: Callable[[], bool], seconds: float) -> None:
    """Wait until something is so in other processes; raises `TimeoutError`."""
    async with asyncio.timeout(seconds):
        while not reached():  # noqa: ASYNC110 - other processes
            await asyncio.sleep(0.05)


def compare_ledger(service: KilledService, shoppers: Shoppers) -> dict[str, int]:
    """Compare what shoppers were told with the ledger's rows."""
    with psycopg.connect(service.ledger) as connection:
        rows = connection.execute(
            "SELECT id, count(*) FROM scans WHERE batch = %s GROUP BY id", [service.scanned]
        )
        scans = {bytes(scan_id): int(number) for scan_id, number in rows}
        rows = connection.execute(
            "SELECT lo, count(*) FROM transitions WHERE batch = %s AND transition = 'claim'"
            " GROUP BY lo",
            [service.claimed],
        )
        claims = {int(index): int(number) for index, number in rows}
    known = shoppers.recorded.keys() | shoppers.used.keys() | shoppers.unknown.keys()
    return {
        "scans_answered": len(shoppers.recorded),
        "scans_told_used": len(shoppers.used),
        "scans_unknown": len(shoppers.unknown),
        "scans_in_ledger": sum(scans.values()),
        "scans_lost": len(shoppers.recorded.keys() - scans.keys()),
        "scans_told_used_lost": len(shoppers.used.keys() - scans.keys()),
        "scans_twice": sum(number > 1 for number in scans.values()),
        "scans_never_sent": len(scans.keys() - known),
        "claims_answered": len(shoppers.claimed),
        "claims_lost": len(shoppers.claimed - claims.keys()),
        "claims_twice": sum(number > 1 for number in claims.values()),
    }


async def count_differing_histories(service: KilledService, seed: int) -> int:
    """Count pages, of the most scanned stamps, whose history differs from the ledger's scans."""
    with psycopg.connect(service.ledger) as connection:
        rows = connection.execute(
            "SELECT idx, count(*) FROM scans WHERE batch = %s GROUP BY idx ORDER BY 2 DESC, 1"
            " LIMIT %s",
            [service.scanned, _PAGES],
        ).fetchall()
    differing = 0
    async with aiohttp.ClientSession(headers=JSON) as session:
        for index, number in rows:
            async with session.get(f"{service.url}/S/{code_of(service.scanned, index)}") as answer:
                history = (await answer.json())["history"]
            differing += history is None or history["scans"] != number
    return differing


async def run_kills(
    service: KilledService, kills: int, seconds: float, seed: int, slower: float
) -> dict[str, Any]:
    """Kill under load, wait for the recorder, compare."""
    shoppers, killer = Shoppers(service, seed), Killer(service, kills, seconds, seed, slower)
    began = time.monotonic()
    async with shoppers.shopping():
        await killer.run()
        await asyncio.sleep(3)
    lasted = time.monotonic() - began
    await wait_until(lambda: service.redis.cli("xlen", "veritem:{scans}") == "0", 300)
    return {
        "kills": killer.kills.total(),
        "kills_by_part": dict(killer.kills),
        "seconds": round(lasted),
        "seed": seed,
        **compare_ledger(service, shoppers),
        "pages_compared": _PAGES,
        "pages_with_another_history": await count_differing_histories(service, seed),
        "answers": dict(sorted(shoppers.answers.items())),
        "machine": describe_machine(),
    }


def main() -> int:
    """Run the kills of the command line."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--kills", type=int, default=1_000)
    parser.add_argument("--minutes", type=float, default=60, help="ends with fewer kills then")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--pause", type=float, default=1, help="times the usual pauses")
    parser.add_argument("--save", action="store_true", help=f"write {RESULT.name}")
    options = parser.parse_args()
    with KilledService() as service:
        result = asyncio.run(
            run_kills(service, options.kills, options.minutes * 60, options.seed, options.pause)
        )
    print(json.dumps(result), flush=True)
    if options.save:
        RESULT.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    kept = ("scans_lost", "scans_told_used_lost", "scans_twice", "claims_lost", "claims_twice")
    return int(any(result[name] for name in kept))


if __name__ == "__main__":
    sys.exit(main())
