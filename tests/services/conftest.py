"""An office for each test that asks for one."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.services.office import Office, furnish_ledger, open_office


@pytest.fixture(scope="session")
def furnished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A furnished ledger, made once and copied for each test."""
    path = tmp_path_factory.mktemp("office") / "ledger.db"
    asyncio.run(furnish_ledger(path))
    return path


@pytest.fixture
async def office(furnished: Path, tmp_path: Path) -> AsyncIterator[Office]:
    path = tmp_path / "ledger.db"
    shutil.copy(furnished, path)
    async with open_office(path) as opened:
        yield opened
