"""Fixtures of all tests: real servers, a real browser, and passphrases that hash quickly."""

import gc
import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any, Final

import pytest
from argon2 import PasswordHasher
from argon2.low_level import hash_secret_raw
from hypothesis import settings
from playwright.async_api import Browser, async_playwright

from ledger.accounts import passwords
from stamps import envelope
from tests.servers import ChromiumServer, PostgresServer, RedisServer

LONG: Final = frozenset(
    {
        "attacks/test_connections.py",
        "attacks/test_pin_guessing.py",
        "attacks/test_request_flood.py",
        "attacks/test_sign_in_flood.py",
        "attacks/test_steering_over_http.py",
        "claims/test_restarts.py",
        "cli/test_sandbox.py",
        "cli/test_serving.py",
        "desk/test_restarts.py",
        "ledger/figures/test_fold_faults.py",
        "ledger/storage/test_faults.py",
        "ledger/alerts/test_hearing_faults.py",
        "notices/test_mail_restarts.py",
        "notices/test_portal_restarts.py",
        "resolver/enrolled/test_enrolled_service.py",
        "services/record/test_capture_faults.py",
        "resolver/recorder/test_recorder.py",
        "resolver/redis/test_cluster.py",
        "resolver/test_clock.py",
        "resolver/test_decisions.py",
        "resolver/test_dependency_health.py",
        "resolver/test_durability.py",
        "resolver/test_failures.py",
        "resolver/test_feed.py",
        "resolver/test_losses.py",
        "resolver/test_restarts.py",
        "resolver/test_silent_ledger.py",
        "resolver/test_supervisor.py",
    }
)
"""Modules that kill, restart or flood running services: a third of the time of all tests."""

BROWSER: Final = frozenset({"browser", "chromium"})
"""Fixtures of tests in a real browser, which take a sixth of the time of the other tests."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark tests that `make test-long` and `make test-browser` run and `make test` leaves out."""
    root = Path(__file__).parent
    for item in items:
        if item.path.is_relative_to(root) and item.path.relative_to(root).as_posix() in LONG:
            item.add_marker("long")
        elif BROWSER & {*getattr(item, "fixturenames", ())}:
            item.add_marker("browser")


def pytest_collection_finish() -> None:
    """Leave the modules and tests that live until the end out of the searches for garbage."""
    gc.collect()
    gc.freeze()


def pytest_unconfigure() -> None:
    """Let native libraries that count what they leave behind see it all collected."""
    gc.unfreeze()


# A deadline would make a property fail on a slow machine; speed is measured by benchmarks.
settings.register_profile("veritem", deadline=None, max_examples=40)
settings.register_profile("thorough", deadline=None, max_examples=400)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "veritem"))


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """A PostgreSQL server of this test process; ask it for a fresh `database()`."""
    # A vacuum of an empty table makes all plans cost the same; tests of plans then see any of them.
    with PostgresServer(autovacuum="off") as server:
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

    An envelope does not name its cost: another process cannot open one that was made so.
    """

    def quick(*args: Any, **cost: Any) -> bytes:
        return hash_secret_raw(*args, **{**cost, "memory_cost": 64, "time_cost": 1})

    monkeypatch.setattr(envelope, "hash_secret_raw", quick)


@pytest.fixture
def quick_passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    """Passwords are hashed at the lowest cost of Argon2id; `test_passwords` has the full one."""
    monkeypatch.setattr(passwords, "HASHER", PasswordHasher(1, 64, 1))
