"""The ledger's storage: one engine, three kinds of transaction, and errors with names.

- `read()` sees one state and changes nothing.
- `write()` is *the* writer: history has one order, so its writers stand in a queue. On SQLite
  that is `BEGIN IMMEDIATE` (one writer a file, also between processes); on PostgreSQL a
  transaction-level advisory lock. When the block ends the transaction is durable; when it raises
  nothing of it remains.
- `append()` is for evidence that needs no place in the order (scans): as durable, but on
  PostgreSQL it waits for nobody.

Every method that writes is marked `@whole`: it runs to its end though its caller is cancelled (a
consumer who closes the page, a timeout), so the caller's going never decides what is kept. Without
this a connection cut off between two statements could also keep SQLite's lock until the garbage
collector finds its cursor.

Durability: SQLite in WAL mode with synchronous=FULL syncs at each commit; PostgreSQL does by its
own default. A process killed in the middle of a transaction leaves nothing of it on either.
"""

import asyncio
import functools
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from typing import Any, Concatenate, Final, ParamSpec, Protocol, TypeVar

import psycopg
from sqlalchemy import URL, event, make_url, text
from sqlalchemy.engine import Connection
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import ArgumentError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry

from ledger.errors import storage_errors
from stamps.errors import VeritemError

_WRITER_LOCK: Final = int.from_bytes(b"veritem", "big")
_BUSY_SECONDS: Final = 10
_BEGIN: Final = "veritem_begin"


class UnknownStorage(VeritemError):
    """The URL names no storage that a ledger can live on."""

    code = "unknown-storage"
    message = "a ledger lives at sqlite:///PATH or postgresql://…, not at {url}"


Answer = TypeVar("Answer")
Given = ParamSpec("Given")


class Stored(Protocol):
    """Whatever keeps its facts in a store."""

    _store: "Store"


Holder = TypeVar("Holder", bound=Stored)


def uncancellable(
    method: Callable[Concatenate[Holder, Given], Coroutine[Any, Any, Answer]],
) -> Callable[Concatenate[Holder, Given], Coroutine[Any, Any, Answer]]:
    """Mark a method that writes: it runs to its end though its caller is cancelled."""

    @functools.wraps(method)
    async def run(self: Holder, /, *args: Given.args, **kwargs: Given.kwargs) -> Answer:
        return await self._store.to_its_end(method(self, *args, **kwargs))

    return run


class Store:
    """Connections to one database; see the module for what each transaction promises."""

    def __init__(self, url: str) -> None:
        self.url = parse_ledger_url(url)
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        # In one process SQLite's writers queue here rather than by polling the file's lock.
        self._queue: AbstractAsyncContextManager[Any] = (
            asyncio.Lock() if self.is_sqlite else nullcontext()
        )
        self._writing: set[asyncio.Task[Any]] = set()
        self._engine = _sqlite(self.url) if self.is_sqlite else _postgresql(self.url)

    async def close(self) -> None:
        """Wait for writes that were begun, then close all connections."""
        await asyncio.gather(*self._writing, return_exceptions=True)
        await self._engine.dispose()

    async def to_its_end(self, writing: Coroutine[Any, Any, Answer]) -> Answer:
        """Await `writing` in a task of its own, which a cancelled caller leaves running."""
        task = asyncio.create_task(writing)
        self._writing.add(task)
        task.add_done_callback(self._writing.discard)
        return await asyncio.shield(task)

    async def dial(self) -> "psycopg.AsyncConnection[Any]":
        """A connection of its own to PostgreSQL, in no pool and no transaction (to listen on).

        A network that swallows packets is noticed within half a minute.
        """
        url = self.url.set(drivername="postgresql").render_as_string(hide_password=False)
        return await psycopg.AsyncConnection.connect(
            url,
            autocommit=True,
            connect_timeout=_BUSY_SECONDS,
            keepalives_idle=10,
            keepalives_interval=5,
            keepalives_count=3,
        )

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncConnection]:
        """A transaction that only reads; all its statements see one state."""
        with storage_errors():
            async with self._engine.connect() as connection:
                if not self.is_sqlite:
                    await connection.execution_options(isolation_level="REPEATABLE READ")
                async with connection.begin():
                    yield connection

    @asynccontextmanager
    async def write(self) -> AsyncIterator[AsyncConnection]:
        """The transaction of the one writer; waits at most `_BUSY_SECONDS` for its turn."""
        async with self.append() as connection:
            if not self.is_sqlite:
                await connection.execute(
                    text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _WRITER_LOCK}
                )
            yield connection

    @asynccontextmanager
    async def append(self) -> AsyncIterator[AsyncConnection]:
        """A transaction that adds rows whose order does not matter."""
        with storage_errors():
            async with self._queue, self._engine.connect() as connection:
                await connection.execution_options(**{_BEGIN: "BEGIN IMMEDIATE"})
                async with connection.begin():
                    yield connection


def parse_ledger_url(url: str) -> URL:
    """The URL with its driver. Raises `UnknownStorage` unless a ledger can live there."""
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise UnknownStorage(url=url) from None
    match parsed.get_backend_name():
        case "sqlite" if parsed.database and parsed.database != ":memory:":
            return parsed.set(drivername="sqlite+aiosqlite")
        case "postgresql" | "postgres":
            return parsed.set(drivername="postgresql+psycopg")
    raise UnknownStorage(url=parsed.render_as_string(hide_password=True))


def _sqlite(url: URL) -> AsyncEngine:
    read_only = url.query.get("mode") == "ro"
    if read_only:
        # SQLite takes its own options only from a file: URI.
        url = url.set(database=f"file:{url.database}", query={"mode": "ro", "uri": "true"})
    engine = create_async_engine(
        url, connect_args={"timeout": _BUSY_SECONDS}, pool_timeout=_BUSY_SECONDS
    )

    @event.listens_for(engine.sync_engine, "connect")
    def prepare(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
        # The driver must not begin transactions of its own: `begin` below says which kind.
        connection.isolation_level = None
        cursor = connection.cursor()
        if not read_only:
            cursor.execute("PRAGMA journal_mode = WAL")
        cursor.execute("PRAGMA synchronous = FULL")
        cursor.execute("PRAGMA foreign_keys = ON")
        cursor.close()

    @event.listens_for(engine.sync_engine, "begin")
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql(connection.get_execution_options().get(_BEGIN, "BEGIN"))

    return engine


def _postgresql(url: URL) -> AsyncEngine:
    ours = f"-c lock_timeout={_BUSY_SECONDS}s -c timezone=UTC"
    theirs = url.query.get("options", "")
    return create_async_engine(
        url,
        pool_pre_ping=True,  # a server that was restarted is met again without an error
        pool_timeout=_BUSY_SECONDS,
        connect_args={
            "connect_timeout": _BUSY_SECONDS,
            "options": f"{ours} {theirs if isinstance(theirs, str) else ' '.join(theirs)}",
        },
    )
