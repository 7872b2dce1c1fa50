"""Storage of the ledger: one database, three kinds of transaction, classified errors.

- `read()` sees one state and changes nothing.
- `write()` is the transaction of the single writer; history has one order. On SQLite it is
  `BEGIN IMMEDIATE` (one writer a file, across processes), on PostgreSQL a lock of the table
  `chain_heads`, which only a role that may write that table can take: an advisory lock could be
  held by any login, and nobody could recall. At the end of the block it is durable; an exception
  rolls it back.
- `append()` is for evidence without a place in that order (scans). It is as durable, and on
  PostgreSQL it waits for no other writer.

Methods that write are marked `@uncancellable`: they run to their end when the caller is cancelled
(a consumer closes the page, a timeout), so cancellation never decides what is stored. Otherwise a
connection cut off between two statements could also hold SQLite's lock until the garbage collector
finds its cursor.

Durability: SQLite in WAL mode with synchronous=FULL syncs at each commit; PostgreSQL does so by
default. A process that is killed in a transaction leaves nothing of it on either.
"""

import asyncio
import functools
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext, suppress
from pathlib import Path
from typing import Any, Concatenate, Final, ParamSpec, Protocol, TypeVar
from urllib.parse import quote

import psycopg
from sqlalchemy import URL, event, text
from sqlalchemy.engine import Connection
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry

from ledger.storage.answer_deadline import answered_within, check_idle_connections
from ledger.storage.generation import (
    Generation,
    LedgerRestored,
    RestoreUnfinished,
    is_restore_marked,
    read_generation,
)
from ledger.storage.ledger_file import LedgerFile
from ledger.storage.private_file import create_private_file, narrow_mode
from ledger.storage.storage_errors import storage_errors
from ledger.storage.urls import parse_ledger_url

_WRITER_LOCK: Final = text("LOCK TABLE chain_heads IN EXCLUSIVE MODE")
_MIGRATION_LOCK: Final = text(f"SELECT pg_advisory_xact_lock({int.from_bytes(b'veritem', 'big')})")
RESTORE_LOCK: Final = int.from_bytes(b"restore", "big")
"""The advisory lock of PostgreSQL that a restore holds alone, and migrations share."""
_SHARE_RESTORE_LOCK: Final = text(f"SELECT pg_try_advisory_xact_lock_shared({RESTORE_LOCK})")
_BUSY_SECONDS: Final = 10
_KEEPALIVES: Final = {
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 10_000,
}
"""A network that drops packets is noticed within half a minute by a connection that waits, within
ten seconds by one that has sent something (libpq's parameters; seconds, the last in ms)."""
_PLANS: Final = "-c plan_cache_mode=force_custom_plan"
"""Each run of a prepared statement is planned for its values: without them PostgreSQL takes one
state of alerts for as rare as another and a page of 50 rows for a tenth of the table (ADR 0070)."""
_BEGIN: Final = "veritem_begin"
SYSTEM_USER: Final = "veritem_system_user"
"""The execution option with the operating system's user; None where there is none."""


Result = TypeVar("Result")
Arguments = ParamSpec("Arguments")


class HasStore(Protocol):
    """A class whose methods write to a store."""

    _store: "Store"


Repository = TypeVar("Repository", bound=HasStore)


def uncancellable(
    method: Callable[Concatenate[Repository, Arguments], Coroutine[Any, Any, Result]],
) -> Callable[Concatenate[Repository, Arguments], Coroutine[Any, Any, Result]]:
    """Let a method run to its end when its caller is cancelled."""

    @functools.wraps(method)
    async def run(self: Repository, /, *args: Arguments.args, **kwargs: Arguments.kwargs) -> Result:
        return await self._store.run_to_end(method(self, *args, **kwargs))

    return run


class Store:
    """Connections to one database; the module describes the transactions."""

    def __init__(
        self, url: str, *, system_user: str | None = None, answer_seconds: float | None = None
    ) -> None:
        self.system_user: Final = system_user
        """The operating system's user at the command line; audit entries name it."""
        self._answer_seconds = answer_seconds
        self.url = parse_ledger_url(url)
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        # Within a process, SQLite's writers queue here instead of polling the file lock.
        self._queue: AbstractAsyncContextManager[Any] = (
            asyncio.Lock() if self.is_sqlite else nullcontext()
        )
        self._writing: set[asyncio.Task[Any]] = set()
        self._file = LedgerFile(Path(self.url.database or "")) if self.is_sqlite else None
        self._generation: Generation | None = None
        """The generation that this process works with; None before it was asked for."""
        self._engine = (
            _sqlite(self.url, self._file) if self._file else _postgresql(self.url, answer_seconds)
        )

    async def close(self) -> None:
        """Wait for writes in progress, then close all connections."""
        await asyncio.gather(*self._writing, return_exceptions=True)
        await self._engine.dispose()
        if self._file:
            self._file.release()

    async def run_to_end(self, writing: Coroutine[Any, Any, Result]) -> Result:
        """Await `writing` in a separate task, which keeps running when the caller is cancelled."""
        task = asyncio.create_task(writing)
        self._writing.add(task)
        task.add_done_callback(self._writing.discard)
        return await asyncio.shield(task)

    async def connect_to_listen(self) -> "psycopg.AsyncConnection[Any]":
        """Return a PostgreSQL connection outside of pool and transactions, for LISTEN."""
        _, given = self._engine.dialect.create_connect_args(self.url)
        defaults = {"connect_timeout": _BUSY_SECONDS, **_KEEPALIVES}
        return await psycopg.AsyncConnection.connect(**{**defaults, **given, "autocommit": True})

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncConnection]:
        """Open a read-only transaction; all its statements see one state."""
        with storage_errors():
            self._check_file()
            async with self._engine.connect() as connection, self._answered(connection):
                if not self.is_sqlite:
                    await connection.execution_options(isolation_level="REPEATABLE READ")
                async with connection.begin():
                    yield connection

    @asynccontextmanager
    async def write(self) -> AsyncIterator[AsyncConnection]:
        """Open the transaction of the single writer; wait at most `_BUSY_SECONDS` for it."""
        async with self.append() as connection:
            await self.lock_writer(connection)
            yield connection

    async def lock_writer(self, connection: AsyncConnection) -> None:
        """Make a transaction of `append` that of the single writer, from here on.

        On SQLite it is from its beginning. What it locked before must be what no writer waits for.
        """
        if not self.is_sqlite:
            await connection.execute(_WRITER_LOCK)

    @asynccontextmanager
    async def migrate(self, *, restoring: bool = False) -> AsyncIterator[AsyncConnection]:
        """Open the transaction of a migration: it also waits for other migrations and writers.

        Raises `RestoreUnfinished`, unless it is the restore that migrates.
        """
        async with self.begin_write(patiently=True) as connection:
            if not self.is_sqlite:
                if not restoring:
                    await self._refuse_unfinished_restore(connection)
                    # A restore that begins now waits for nothing: it sees the lock and is refused.
                    if not await connection.scalar(_SHARE_RESTORE_LOCK):
                        raise RestoreUnfinished(database=self.url.database)
                await connection.execute(_MIGRATION_LOCK)
                if await connection.scalar(text("SELECT to_regclass('chain_heads')")):
                    await connection.execute(_WRITER_LOCK)
            yield connection

    @asynccontextmanager
    async def append(self) -> AsyncIterator[AsyncConnection]:
        """Open a transaction that adds rows whose order does not matter.

        Raises `LedgerRestored`, `RestoreUnfinished`.
        """
        async with self.begin_write() as connection:
            await self.check_generation(connection)
            yield connection

    async def check_generation(self, connection: AsyncConnection) -> Generation:
        """Return the present generation; the first call decides which one this process works with.

        Raises `LedgerRestored` if it is another one now, `RestoreUnfinished`.
        """
        if self._generation is None:
            await self._refuse_unfinished_restore(connection)
        found = await read_generation(connection)
        if self._generation is None:
            self._generation = found
        elif found != self._generation:
            raise LedgerRestored
        return found

    async def _refuse_unfinished_restore(self, connection: AsyncConnection) -> None:
        if not self.is_sqlite and await is_restore_marked(connection):
            raise RestoreUnfinished(database=self.url.database)

    @asynccontextmanager
    async def begin_write(self, *, patiently: bool = False) -> AsyncIterator[AsyncConnection]:
        """Open a writing transaction of whatever generation; `append` for all but restores.

        A patient one waits for each answer without a limit: statements of a migration are long.
        """
        with storage_errors():
            async with (
                self._queue,
                self._engine.connect() as connection,
                self._answered(connection, None if patiently else _BUSY_SECONDS),
            ):
                await connection.execution_options(
                    **{_BEGIN: "BEGIN IMMEDIATE", SYSTEM_USER: self.system_user}
                )
                async with connection.begin():
                    self._check_file()
                    yield connection
                    # What is committed into a file without a name is lost with this process.
                    self._check_file()

    def _answered(
        self, connection: AsyncConnection, more: float | None = 0
    ) -> AbstractAsyncContextManager[None]:
        """Limit the time for each answer to `answer_seconds` and `more`; without one if None."""
        seconds = self._answer_seconds
        if self.is_sqlite or seconds is None or more is None:
            return nullcontext()
        return answered_within(connection, seconds + more)

    def _check_file(self) -> None:
        if self._file:
            self._file.check()


def _sqlite(url: URL, file: LedgerFile) -> AsyncEngine:
    read_only = url.query.get("mode") == "ro"
    if read_only:
        # SQLite takes its own options only from a file: URI.
        path = quote(url.database or "")
        url = url.set(database=f"file:{path}", query={"mode": "ro", "uri": "true"})
    engine = create_async_engine(
        url, connect_args={"timeout": _BUSY_SECONDS}, pool_timeout=_BUSY_SECONDS
    )

    @event.listens_for(engine.sync_engine, "do_connect")
    def keep_private(*_: object) -> None:
        if not read_only:
            file.hold()
            _keep_private(Path(url.database or ""))

    @event.listens_for(engine.sync_engine, "connect")
    def prepare(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
        # The driver must not begin transactions itself: `begin` below says which kind.
        connection.isolation_level = None
        cursor = connection.cursor()
        if not read_only:
            cursor.execute("PRAGMA journal_mode = WAL")
        cursor.execute("PRAGMA synchronous = FULL")
        cursor.execute("PRAGMA foreign_keys = ON")
        cursor.close()
        file.note_identity()

    @event.listens_for(engine.sync_engine, "begin")
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql(connection.get_execution_options().get(_BEGIN, "BEGIN"))

    return engine


def _keep_private(database: Path) -> None:
    """Create the file if it is missing, and narrow its mode and that of SQLite's files beside it.

    SQLite gives new files beside a database its mode.
    """
    # SQLite says itself what is wrong with a path; a file that exists is the usual case.
    with suppress(OSError):
        create_private_file(database)
    for suffix in ("", "-wal", "-shm", "-journal"):
        narrow_mode(database.with_name(database.name + suffix))


def _postgresql(url: URL, answer_seconds: float | None) -> AsyncEngine:
    seconds = _BUSY_SECONDS if answer_seconds is None else answer_seconds
    own_options = f"-c lock_timeout={_BUSY_SECONDS}s -c timezone=UTC {_PLANS}"
    given = url.query.get("options", "")
    engine = create_async_engine(
        url,
        pool_timeout=seconds,
        connect_args={
            **{name: url.query.get(name, value) for name, value in _KEEPALIVES.items()},
            # The driver's shortest limit is two seconds.
            "connect_timeout": url.query.get("connect_timeout", max(2, round(seconds))),
            "options": f"{own_options} {given if isinstance(given, str) else ' '.join(given)}",
        },
    )
    check_idle_connections(engine)
    return engine
