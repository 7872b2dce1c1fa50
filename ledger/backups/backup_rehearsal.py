"""Rehearsal of a restore: restore a copy aside, verify it, measure, remove it.

SQLite is restored into a folder beside the copy; PostgreSQL into a new database of the same server,
which needs the right to create one. A killed rehearsal leaves `rehearsal-…` (a folder) or
`veritem_rehearsal_…` (a database), which no service opens.
"""

import asyncio
import secrets
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import psycopg
from psycopg import sql
from sqlalchemy import URL

from ledger.audit.audit_verification import AuditReport
from ledger.audit.head_statement import HeadStatement
from ledger.backups.backup_folder import check_copy
from ledger.backups.restores import restore
from ledger.ledger import Ledger, open_ledger
from ledger.storage.postgres_programs import format_libpq
from ledger.storage.storage_errors import StorageFailed, storage_errors
from ledger.storage.urls import parse_ledger_url


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """Result of a rehearsed restore; times in seconds."""

    size: int
    """Bytes of the copy."""
    has_manifest: bool
    """Whether the copy was compared with the checksum of its manifest."""
    restored_size: int
    """Bytes of the restored ledger."""
    restore_seconds: float
    """Checksum, restore, and the engine's check of its integrity."""
    verify_seconds: float
    scans: int
    made: Mapping[str, int]
    """Transitions by kind."""
    report: AuditReport


async def rehearse_restore(
    source: Path,
    url: str,
    signed: Sequence[HeadStatement] = (),
    inspect: Callable[[Ledger], Awaitable[None]] | None = None,
) -> Rehearsal:
    """Restore the copy `source` of a ledger on the engine of `url` aside, and verify it.

    The ledger at `url` is not touched. `inspect` reads the restored one before it is removed.
    Raises `StorageDown`, `StorageFull`, `StorageFailed`.
    """
    began = time.monotonic()
    size, has_manifest = await asyncio.to_thread(_check_source, source)
    async with _open_place(source, parse_ledger_url(url)) as place:
        await restore(source, place)
        restored = time.monotonic()
        async with await open_ledger(place) as ledger:
            await ledger.migrate()
            report = await ledger.audit.verify(signed=signed)
            scans = await ledger.scans.count()
            made = await ledger.chains.count_transitions(report.transitions)
            if inspect is not None:
                await inspect(ledger)
        return Rehearsal(
            size=size,
            has_manifest=has_manifest,
            restored_size=await asyncio.to_thread(_measure, parse_ledger_url(place)),
            restore_seconds=restored - began,
            verify_seconds=time.monotonic() - restored,
            scans=scans,
            made=made,
            report=report,
        )


def _check_source(source: Path) -> tuple[int, bool]:
    with storage_errors():
        size = source.stat().st_size
    return size, check_copy(source)


@asynccontextmanager
async def _open_place(source: Path, url: URL) -> AsyncIterator[str]:
    if url.get_backend_name() == "sqlite":
        with storage_errors():
            folder = tempfile.TemporaryDirectory(prefix="rehearsal-", dir=source.parent)
        with folder as name:
            yield f"sqlite:///{quote(name)}/ledger.db"
        return
    name = f"veritem_rehearsal_{secrets.token_hex(6)}"
    await asyncio.to_thread(_execute, url, "CREATE DATABASE {}", name)
    try:
        yield url.set(database=name).render_as_string(hide_password=False)
    finally:
        await asyncio.to_thread(_execute, url, "DROP DATABASE {} WITH (FORCE)", name)


def _execute(url: URL, statement: str, database: str) -> None:
    try:
        with psycopg.connect(format_libpq(url), autocommit=True) as connection:
            connection.execute(sql.SQL(statement).format(sql.Identifier(database)))
    except psycopg.Error as error:
        raise StorageFailed(detail=str(error).splitlines()[0]) from None


def _measure(url: URL) -> int:
    if url.get_backend_name() == "sqlite":
        return Path(url.database or "").stat().st_size
    with psycopg.connect(format_libpq(url)) as connection:
        row = connection.execute("SELECT pg_database_size(current_database())").fetchone()
        return int(row[0]) if row else 0
