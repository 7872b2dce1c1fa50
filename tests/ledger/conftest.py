"""One contract suite, two engines: `ledger` is a fresh, migrated ledger on SQLite and PostgreSQL.

Migrating costs more than a test: each engine is migrated once, and tests get copies of that.
"""

import asyncio
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from ledger import Ledger, open_ledger
from tests.servers import PostgresServer

ENGINES = ["sqlite", "postgresql"]
NOW = 1_790_000_000_000
TEMPLATE = "veritem_migrated"


class Clock:
    """A clock that the test moves."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> int:
        return self.now


async def _migrate(url: str) -> None:
    async with await open_ledger(url) as ledger:
        await ledger.migrate()


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("ledger") / "migrated.db"
    asyncio.run(_migrate(f"sqlite:///{path}"))
    return path


@pytest.fixture(scope="session")
def migrated_postgres(postgres: PostgresServer) -> PostgresServer:
    postgres.sql(f"CREATE DATABASE {TEMPLATE}")
    asyncio.run(_migrate(postgres.url(TEMPLATE)))
    return postgres


@pytest.fixture
def sqlite_url(migrated_file: Path, tmp_path: Path) -> str:
    shutil.copy(migrated_file, tmp_path / "ledger.db")
    return f"sqlite:///{tmp_path / 'ledger.db'}"


@pytest.fixture
def postgres_url(migrated_postgres: PostgresServer) -> str:
    return migrated_postgres.database(template=TEMPLATE)


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
    async with await open_ledger(url, clock=clock) as opened:
        yield opened
