"""The service's site as it runs in production: real PostgreSQL and Redis, both durable."""

import asyncio
from types import TracebackType
from typing import Any, Final, Self

import psycopg

from benchmarks.resolving import RING, furnish
from ledger import open_ledger
from resolver import ResolverSettings
from tests.servers import PostgresServer, RedisServer

STAMPS: Final = 50_000


class Site:
    """A migrated ledger with one activated batch of `stamps`, and Redis as `ops/redis.conf` says.

    PostgreSQL has fsync on, as it always has in production; Redis logs by `appendfsync`.
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
        self.batch = asyncio.run(furnish(self.ledger, self.stamps))
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.redis.close()
        self.postgres.close()

    @property
    def settings(self) -> ResolverSettings:
        """The service here: two workers, memory and journal on Redis."""
        return ResolverSettings(**self._given())

    def _given(self) -> dict[str, Any]:
        redis = self.redis.url()
        return {
            "ledger": self.ledger,
            "memory": redis,
            "journal": redis,
            "workers": 2,
            "port": 0,
            "admin_port": 0,
            "recorder_admin_port": 0,
        }

    def codes(self) -> list[str]:
        """The codes of the batch."""
        return [code.decode() for code in RING.seal(self.batch, 0, self.stamps)]

    def scan_names(self) -> list[bytes]:
        """The name of each scan in the ledger."""
        with psycopg.connect(self.ledger) as connection:
            return [bytes(row[0]) for row in connection.execute("SELECT id FROM scans")]

    async def kept(self) -> int:
        """Scans in the ledger."""
        async with await open_ledger(self.ledger) as ledger:
            return await ledger.scans.count()
