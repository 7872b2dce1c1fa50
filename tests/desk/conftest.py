"""A running desk for each test that asks for one."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.desk.running_desk import RunningDesk, running_desk


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[RunningDesk]:
    async with running_desk(tmp_path) as made:
        yield made
