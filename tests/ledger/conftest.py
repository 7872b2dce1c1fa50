"""One contract suite, two engines: `ledger` is a fresh, migrated ledger on SQLite and PostgreSQL.

Migrating costs more than a test: each engine is migrated once. Tests get a copy of the file, and
the one database of their process, emptied after each.
"""

import asyncio
import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import psycopg
import pytest

from ledger import Ledger, open_ledger, schema
from tests.servers import PostgresServer

ENGINES = ["sqlite", "postgresql"]
NOW = 1_790_000_000_000
TEMPLATE = "veritem_migrated"


class Clock:
    """A clock that the test transitions."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> int:
        return self.now


async def _migrate(url: str) -> None:
    async with await open_ledger(url, otp_keys=lambda: [bytes(32)]) as ledger:
        await ledger.migrate()


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("ledger") / "migrated.db"
    asyncio.run(_migrate(f"sqlite:///{path}"))
    return path


@pytest.fixture(scope="session")
def migrated_postgres(postgres: PostgresServer) -> PostgresServer:
    if not postgres.has_database(TEMPLATE):  # another package imports this fixture
        postgres.sql(f"CREATE DATABASE {TEMPLATE}")
        asyncio.run(_migrate(postgres.url(TEMPLATE)))
    return postgres


@pytest.fixture
def sqlite_url(migrated_file: Path, tmp_path: Path) -> str:
    shutil.copy(migrated_file, tmp_path / "ledger.db")
    return f"sqlite:///{tmp_path / 'ledger.db'}"


def emptied(url: str) -> None:
    """Make the database as it was after its migration: much cheaper than a new one."""
    with psycopg.connect(url) as owner:
        owner.execute("SET session_replication_role = replica")  # or history refuses
        for (day,) in owner.execute(
            "SELECT relname FROM pg_class WHERE relispartition AND relkind = 'r'"
        ):
            owner.execute(f"DROP TABLE {day}")
        # To truncate all tables takes many times as long as to empty the few that a test filled.
        filled = owner.execute(
            " UNION ALL ".join(
                f"(SELECT '{name}' FROM {name} LIMIT 1)"  # noqa: S608 - our own tables
                for name in schema.metadata.tables
            )
        )
        for (name,) in filled.fetchall():
            owner.execute(f"DELETE FROM {name}")  # noqa: S608 - our own tables


@pytest.fixture(scope="session")
def shared_database(migrated_postgres: PostgresServer) -> str:
    return migrated_postgres.database(template=TEMPLATE)


@pytest.fixture
def postgres_url(shared_database: str) -> Iterator[str]:
    yield shared_database
    emptied(shared_database)


@pytest.fixture(params=ENGINES)
def url(request: pytest.FixtureRequest) -> str:
    """The URL of a fresh, migrated ledger, once on each engine."""
    found = request.getfixturevalue("sqlite_url" if request.param == "sqlite" else "postgres_url")
    return str(found)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def ledger(url: str, clock: Clock) -> AsyncIterator[Ledger]:
    async with await open_ledger(url, clock=clock, otp_keys=lambda: [bytes(32)]) as opened:
        yield opened
