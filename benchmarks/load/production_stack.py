"""The service as in production: durable PostgreSQL and Redis, a resolver and a recorder."""

import asyncio
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Any, Final, Self

import psycopg

from benchmarks.checkout import Checkout, read_address
from benchmarks.programs import start_program, stop_program
from benchmarks.testbed import KEY_RING, furnish_ledger
from ledger import open_ledger
from tests.servers import PostgresServer, RedisServer

STAMPS: Final = 50_000


class ProductionStack:
    """A migrated ledger with one activated batch of `stamps`, and Redis as `ops/redis.conf` says.

    PostgreSQL has fsync on, as in production; Redis logs by `appendfsync`.
    """

    def __init__(self, stamps: int = STAMPS, appendfsync: str = "always") -> None:
        self.stamps = stamps
        self.postgres = PostgresServer(fsync="on", synchronous_commit="on", full_page_writes="on")
        self.redis = RedisServer(appendfsync=appendfsync, hash_max_listpack_value="96", hz="100")
        self.ledger = ""
        self.batch = 0

    def __enter__(self) -> Self:
        self.postgres.start()
        self.redis.start()
        self.ledger = self.postgres.database()
        self.batch = asyncio.run(furnish_ledger(self.ledger, self.stamps))
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.redis.close()
        self.postgres.close()

    def settings(self, **changes: Any) -> dict[str, Any]:
        """Fields of `ResolverSettings`: two workers, history and journal on Redis."""
        redis = self.redis.url()
        return {
            "ledger": self.ledger,
            "history": redis,
            "journal": redis,
            "workers": 2,
            "port": 0,
            "admin_port": 0,
            "recorder_admin_port": 0,
            **changes,
        }

    @contextmanager
    def run_service(self, settings: dict[str, Any]) -> Iterator[tuple[str, dict[str, int]]]:
        """Run the resolver and the recorder; yields the address and the processes of all parts."""
        text, tree = json.dumps(settings), Checkout().compiled_tree
        python = [sys.executable, "-m"]
        resolver = start_program([*python, "benchmarks.peers.service", text], None, tree)
        recorder = start_program([*python, "benchmarks.peers.recorder", text], None, tree)
        try:
            url = read_address(resolver, "the resolver")
            yield (
                url,
                {
                    "workers": resolver.pid,
                    "recorder": recorder.pid,
                    "redis": self.redis.pid,
                    "postgresql": self.postgres.pid,
                },
            )
        finally:
            stop_program(resolver)
            stop_program(recorder)

    def list_codes(self) -> list[str]:
        """All codes of the batch."""
        return [code.decode() for code in KEY_RING.seal(self.batch, 0, self.stamps)]

    def list_scan_ids(self) -> list[bytes]:
        """The id of each scan in the ledger."""
        with psycopg.connect(self.ledger) as connection:
            return [bytes(row[0]) for row in connection.execute("SELECT id FROM scans")]

    async def count_scans(self) -> int:
        """The number of scans in the ledger."""
        async with await open_ledger(self.ledger) as ledger:
            return await ledger.scans.count()
