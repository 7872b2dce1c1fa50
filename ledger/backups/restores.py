"""Restores: a copy becomes a ledger of a new generation, where there is none.

SQLite is restored into a part beside the target, migrated and given its generation there, and then
renamed: a killed restore leaves a part that the next one removes. PostgreSQL is restored by
`pg_restore` in one transaction under an advisory lock, and given its generation in another. From
before the first to the end of the second a mark lies in the database, and no process of Veritem
writes to a database with the mark: a killed restore leaves nothing that could be taken for whole.
"""

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final, LiteralString
from urllib.parse import quote

import psycopg
from sqlalchemy import URL

from ledger.backups.backup import (
    NotEmpty,
    copy_database,
    create_part,
    get_part_path,
    rename_durably,
)
from ledger.ledger import open_ledger
from ledger.storage.generation import RESTORE_MARK, Generation
from ledger.storage.ledger_file import (
    LEFTOVERS,
    LedgerInUse,
    find_leftovers,
    get_lock_path,
    lock_for_restore,
)
from ledger.storage.postgres_programs import format_libpq, run_program
from ledger.storage.storage_errors import StorageFailed, storage_errors
from ledger.storage.store import RESTORE_LOCK
from ledger.storage.urls import parse_ledger_url
from stamps.errors import VeritemError

RESTORE: Final = "restore"
"""The cause of a generation that a restore began."""
_OTHERS: Final = (
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
    " AND backend_type = 'client backend' AND pid <> pg_backend_pid()"
)
_LEAVING_S: Final = 1.0
_OBJECTS: Final = (
    "SELECT count(*) FROM pg_class WHERE relnamespace = current_schema::regnamespace"
    " AND relname <> %s"
)


class LeftOver(VeritemError):
    """SQLite's files of another ledger lie where one is to be restored; they would corrupt it."""

    code = "left-over"
    message = "{files} lies there of another ledger; move it away together with that ledger"


async def restore(source: Path, url: str) -> Generation:
    """Restore the copy `source` as the ledger at `url`: a new file, or an empty database.

    It is migrated, and is of the generation that is returned. On PostgreSQL the grants are not
    restored: run ops/postgres/roles.sql afterwards. Raises `NotEmpty`, `LeftOver`, `LedgerInUse`
    (a process has it open, or another restore runs), `SchemaTooNew`, `MigrationRefused`,
    `StorageDown`, `StorageFull`, `StorageFailed`.
    """
    parsed = parse_ledger_url(url)
    if parsed.get_backend_name() == "sqlite":
        return await _restore_file(source, parsed)
    return await _restore_database(source, url, parsed)


async def renew_generation(url: str, cause: str) -> Generation:
    """Begin a new generation of a ledger that went back by other means than `restore`.

    Raises `LedgerInUse`, `StorageDown`, `StorageFailed`.
    """
    parsed = parse_ledger_url(url)
    if parsed.get_backend_name() == "sqlite":
        # A process that opens it from here on sees the new generation, or refuses to write.
        with lock_for_restore(Path(parsed.database or "")):
            pass
        return await _begin_generation(url, cause)
    with _lock_database(parsed):
        return await _begin_generation(url, cause)


async def _restore_file(source: Path, url: URL) -> Generation:
    with _open_part(Path(url.database or "")) as (part, target):
        await asyncio.to_thread(copy_database, source, part)
        generation = await _begin_generation(f"sqlite:///{quote(str(part))}", RESTORE)
        await asyncio.to_thread(rename_durably, part, target)
    return generation


@contextmanager
def _open_part(path: Path) -> Iterator[tuple[Path, Path]]:
    """Keep everybody else out of a ledger's file, and yield an empty part and the real target.

    The part is removed at the end, unless it was renamed.
    """
    target = path.resolve()
    if target.exists():
        raise NotEmpty(place=target)
    with lock_for_restore(target):
        if left := find_leftovers(target):
            raise LeftOver(files=", ".join(map(str, left)))
        # Of a restore that was killed, with what SQLite left beside it.
        _remove_part(get_part_path(target))
        part = create_part(target)
        try:
            yield part, target
        finally:
            _remove_part(part)


def _remove_part(part: Path) -> None:
    for suffix in ("", *LEFTOVERS):
        part.with_name(part.name + suffix).unlink(missing_ok=True)
    get_lock_path(part).unlink(missing_ok=True)


async def _restore_database(source: Path, url: str, parsed: URL) -> Generation:
    with _lock_database(parsed) as connection:
        if _read_number(connection, _OBJECTS, RESTORE_MARK):
            raise NotEmpty(place=parsed.render_as_string(hide_password=True))
        connection.execute(f"CREATE TABLE IF NOT EXISTS {RESTORE_MARK} ()")
        try:
            await asyncio.to_thread(
                run_program,
                "pg_restore",
                parsed,
                "--exit-on-error",
                "--single-transaction",
                "--no-owner",
                "--no-privileges",
                str(source),
            )
        except StorageFailed:
            # Nothing was restored: an empty database is as it was.
            with suppress(psycopg.Error):
                connection.execute(f"DROP TABLE {RESTORE_MARK}")
            raise
        return await _begin_generation(url, RESTORE)


async def _begin_generation(url: str, cause: str) -> Generation:
    async with await open_ledger(url) as ledger:
        await ledger.migrate(restoring=True)
        return await ledger.generations.renew(cause)


@contextmanager
def _lock_database(url: URL) -> "Iterator[psycopg.Connection[Any]]":
    """Hold the lock of restores while the block runs.

    Raises `LedgerInUse` if somebody else is connected or restores, `StorageDown`.
    """
    place = url.render_as_string(hide_password=True)
    with (
        storage_errors(),
        psycopg.connect(format_libpq(url), autocommit=True, connect_timeout=10) as connection,
    ):
        if not _read_number(connection, "SELECT pg_try_advisory_lock(%s)::int", RESTORE_LOCK):
            raise LedgerInUse(path=place)
        if not _wait_until_alone(connection):
            raise LedgerInUse(path=place)
        yield connection


def _wait_until_alone(connection: "psycopg.Connection[Any]") -> bool:
    """Return whether nobody else is connected, or is within `_LEAVING_S`.

    PostgreSQL ends the session of a client that closed its connection a moment later.
    """
    deadline = time.monotonic() + _LEAVING_S
    while _read_number(connection, _OTHERS):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def _read_number(
    connection: "psycopg.Connection[Any]", query: LiteralString, *given: str | int
) -> int:
    row = connection.execute(query, given or None).fetchone()
    return int(row[0]) if row else 0
