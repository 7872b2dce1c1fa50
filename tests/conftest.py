"""Fixtures of all tests: real servers and a real browser, one server of each kind a process."""

from collections.abc import AsyncIterator, Iterator

import pytest
from hypothesis import settings
from playwright.async_api import Browser, async_playwright

from tests.servers import PostgresServer, RedisServer

# A deadline would make a property fail on a slow machine; speed is measured by benchmarks.
settings.register_profile("veritem", deadline=None)
settings.load_profile("veritem")


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """A PostgreSQL server of this test process; ask it for a fresh `database()`."""
    with PostgresServer() as server:
        yield server


@pytest.fixture(scope="session")
def redis_server() -> Iterator[RedisServer]:
    """A Redis server of this test process; flush it, or take another database number."""
    with RedisServer() as server:
        yield server


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    """A real browser of this test."""
    async with async_playwright() as playwright:
        made = await playwright.chromium.launch(
            executable_path="/usr/bin/chromium", args=["--no-sandbox", "--disable-gpu"]
        )
        yield made
        await made.close()
