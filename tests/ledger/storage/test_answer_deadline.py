"""A PostgreSQL connection whose server gives no answer in time is cut off, and replaced."""

import time
from collections.abc import AsyncIterator

import pytest
from sqlalchemy import make_url, text

from ledger.storage.storage_errors import StorageDown
from ledger.storage.store import Store
from tests.proxies import SilentProxy
from tests.servers import PostgresServer

SECONDS = 0.5


@pytest.fixture
async def proxy(postgres: PostgresServer) -> AsyncIterator[SilentProxy]:
    made = SilentProxy("127.0.0.1", postgres.port)
    yield made
    made.close()


@pytest.fixture
async def store(postgres: PostgresServer, proxy: SilentProxy) -> AsyncIterator[Store]:
    url = make_url(postgres.database()).set(host="127.0.0.1", port=proxy.port)
    made = Store(url.render_as_string(hide_password=False), answer_seconds=SECONDS)
    yield made
    await made.close()


async def test_a_statement_without_an_answer_ends_in_time(store: Store, proxy: SilentProxy) -> None:
    async def read() -> None:
        async with store.read() as connection:
            await connection.execute(text("SELECT 1"))
            proxy.fall_silent()
            await connection.execute(text("SELECT 1"))

    began = time.monotonic()
    with pytest.raises(StorageDown):
        await read()
    assert time.monotonic() - began < 4 * SECONDS


async def test_a_commit_without_an_answer_is_not_taken_for_done(
    store: Store, proxy: SilentProxy
) -> None:
    async def read() -> None:
        async with store.read() as connection:
            await connection.execute(text("SELECT 1"))
            proxy.fall_silent()

    with pytest.raises(StorageDown):
        await read()


async def test_an_idle_connection_that_fell_silent_is_replaced_before_its_use(
    store: Store, proxy: SilentProxy
) -> None:
    async with store.read() as connection:
        await connection.execute(text("SELECT 1"))
    proxy.fall_silent()
    with pytest.raises(StorageDown):  # neither the old nor a new connection is answered
        async with store.read():
            pass
    proxy.speak()
    async with store.read() as connection:
        assert await connection.scalar(text("SELECT 1")) == 1


async def test_every_statement_of_a_long_transaction_has_the_whole_time(store: Store) -> None:
    async with store.read() as connection:
        for _ in range(4):
            await connection.execute(text(f"SELECT pg_sleep({SECONDS / 2})"))


async def test_a_statement_of_the_server_that_takes_too_long_is_cut_off_too(store: Store) -> None:
    with pytest.raises(StorageDown):
        async with store.read() as connection:
            await connection.execute(text(f"SELECT pg_sleep({8 * SECONDS})"))
    async with store.read() as connection:
        assert await connection.scalar(text("SELECT 1")) == 1
