"""A whole service whose parts can be killed: the servers and processes of `benchmarks.load.kills`.

`python -m benchmarks.load.killed_service SETTINGS` is its resolver.
"""

import asyncio
import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

import structlog

from benchmarks.peers.service import parse_settings
from detection.rules import Rules
from ledger import open_ledger
from resolver import serve
from resolver.claims.http import HttpClaimService
from stamps.lifecycle import Transition
from tests.resolver.house import PUBLIC, a_batch, save_lot, transition
from tests.resolver.orchard import RING, SECRET
from tests.servers import PostgresServer, RedisServer, free_port

STAMPS: Final = 200_000
"""Stamps of the batch that is scanned, and of the batch whose stamps are claimed."""
WORKERS: Final = 2
_CLAIM_SECRET: Final = "of the claim service, in these runs"  # noqa: S105 - of one run


class KilledService:
    """PostgreSQL, Redis, a supervisor with workers, a recorder, the claim service."""

    def __init__(self) -> None:
        self._home = tempfile.TemporaryDirectory(prefix="veritem-kills-")
        self.postgres = PostgresServer(fsync="on", synchronous_commit="on", full_page_writes="on")
        self.redis = RedisServer(appendfsync="everysec")
        self.ledger = ""
        self.scanned = self.claimed = 0
        self._claims_address = f"http://127.0.0.1:{free_port()}"
        self._port = free_port()
        self._programs: dict[str, subprocess.Popen[str]] = {}
        self._commands: dict[str, tuple[str, ...]] = {}

    @property
    def url(self) -> str:
        """Address at which the resolver always listens."""
        return f"http://127.0.0.1:{self._port}"

    def __enter__(self) -> Self:
        self.postgres.start()
        self.redis.start()
        self.ledger = self.postgres.database()
        asyncio.run(self._furnish())
        redis = self.redis.url()
        settings = json.dumps({
            "ledger": self.ledger, "history": redis, "journal": redis, "workers": WORKERS,
            "port": self._port, "admin_port": 0, "recorder_admin_port": 0,
            "trusted_proxies": ["127.0.0.1"], "stale_seconds": 1.0, "claims": self._claims_address,
        })  # fmt: skip
        claims = {
            "ledger": self.ledger,
            "address": self._claims_address,
            "admin_port": 0,
            "secret": _CLAIM_SECRET,
        }
        self._commands = {
            "supervisor": ("benchmarks.load.killed_service", settings),
            "recorder": ("tests.resolver.process", "record", settings),
            "claims": ("tests.claims.process", json.dumps(claims)),
        }
        for part in self._commands:
            self.start(part)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for program in self._programs.values():
            program.terminate()
        for program in self._programs.values():
            with suppress(subprocess.TimeoutExpired):
                program.wait(20)
            program.kill()
        self.redis.close()
        self.postgres.close()
        self._home.cleanup()

    async def _furnish(self) -> None:
        async with await open_ledger(self.ledger) as ledger:
            await ledger.migrate()
            lot = await save_lot(ledger, shelf_life_days=3650)
            for name in ("scanned", "claimed"):
                number = await a_batch(ledger, STAMPS)
                setattr(self, name, number)
                await transition(ledger, number, Transition.PRINT, 0, STAMPS)
                await transition(ledger, number, Transition.ACTIVATE, 0, STAMPS, lot=lot.code)

    def start(self, part: str) -> None:
        """Start a process and wait until it serves; one that ends at once is started again.

        A service refuses to start while PostgreSQL or Redis is down, so its supervisor (systemd in
        production) starts it again.
        """
        while True:
            log = (Path(self._home.name) / f"{part}.log").open("a")
            program = subprocess.Popen(
                [sys.executable, "-m", *self._commands[part]],
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                env=dict(os.environ),
            )
            log.close()
            if program.stdout is not None and program.stdout.readline():
                self._programs[part] = program
                return
            program.wait()

    def kill(self, part: str) -> None:
        """Kill -9 of a process that `start` started."""
        program = self._programs[part]
        program.kill()
        program.wait()
        if program.stdout is not None:
            program.stdout.close()

    def kill_worker(self, choose: int) -> bool:
        """Kill -9 of one worker; False: there is none now."""
        workers = self._list_workers()
        if not workers:
            return False
        with suppress(ProcessLookupError):
            os.kill(workers[choose % len(workers)], signal.SIGKILL)
            return True
        return False

    def is_complete(self) -> bool:
        """Whether the supervisor has all its workers."""
        return len(self._list_workers()) == WORKERS

    def _list_workers(self) -> list[int]:
        supervisor = str(self._programs["supervisor"].pid)
        listed = subprocess.run(["pgrep", "-P", supervisor], capture_output=True, check=False)
        return [int(line) for line in listed.stdout.split()]


def run_resolver(settings: Mapping[str, Any]) -> None:
    """Serve scans until SIGTERM, and ask the claim service at `settings["claims"]`."""
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    serve(
        parse_settings(settings),
        keys=RING,
        open_claims=lambda _ledger, _counter, _clock, _secret: HttpClaimService(
            settings["claims"], _CLAIM_SECRET
        ),
        public_keys=PUBLIC,
        rules=Rules,
        secret=SECRET,
        ready=lambda url, _: print(url, flush=True),
    )


if __name__ == "__main__":
    run_resolver(json.loads(sys.argv[1]))
