"""Fixtures of all tests: real servers, a real browser, and passphrases that hash quickly."""

from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from argon2 import PasswordHasher
from argon2.low_level import hash_secret_raw
from hypothesis import settings
from playwright.async_api import Browser, async_playwright

from ledger import passwords
from stamps import envelope
from tests.servers import ChromiumServer, PostgresServer, RedisServer

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


@pytest.fixture(scope="session")
def chromium() -> Iterator[str]:
    """The address of the Chromium of this test process."""
    with ChromiumServer() as server:
        yield server.url


@pytest.fixture
async def browser(chromium: str) -> AsyncIterator[Browser]:
    """A real browser; what the test leaves open in it is closed."""
    async with async_playwright() as playwright:
        connected = await playwright.chromium.connect_over_cdp(chromium)
        yield connected
        for context in connected.contexts:
            await context.close()
        await connected.close()


@pytest.fixture
def quick_passphrases(monkeypatch: pytest.MonkeyPatch) -> None:
    """Envelopes of this process have the lowest cost of Argon2id; `tests/stamps` has the full one.

    An envelope does not name its cost: another process can not open one that was made so.
    """

    def quick(*args: Any, **cost: Any) -> bytes:
        return hash_secret_raw(*args, **{**cost, "memory_cost": 64, "time_cost": 1})

    monkeypatch.setattr(envelope, "hash_secret_raw", quick)


@pytest.fixture
def quick_passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    """Passwords are hashed at the lowest cost of Argon2id; `test_passwords` has the full one."""
    monkeypatch.setattr(passwords, "HASHER", PasswordHasher(1, 64, 1))
