"""Backup: a consistent copy of a ledger while it is written (`restores` brings it back).

SQLite is copied by its online backup inside one read transaction, checked, and then renamed, so
that a visible copy is whole. Without the transaction each write restarts the copy: under scans it
never ends (ADR 0065). The write-ahead log cannot be reset meanwhile, so its growth is bounded.
PostgreSQL is dumped by `pg_dump` in its custom format; a large ledger needs continuous archiving as
well (docs/backups.md).
Copies are private (`ledger.storage.private_file`).
"""

import asyncio
import os
import re
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Final

from sqlalchemy import URL

from ledger.audit.head_statement import CHAINS, Heads
from ledger.chains.hash_chain import genesis_hash
from ledger.storage.postgres_programs import run_program
from ledger.storage.private_file import create_private_file
from ledger.storage.storage_errors import StorageFailed, storage_errors
from ledger.storage.urls import parse_ledger_url
from stamps.errors import VeritemError

_PAGES_A_STEP = 4096
LOG_BYTES: Final = 1 << 30
"""A copy of SQLite is given up when the write-ahead log grew by more than this meanwhile."""
_COPIED_HEAD = re.compile(r"^(transitions|audit)\t(\d+)\t([0-9a-f]{64})$", re.MULTILINE)


class NotEmpty(VeritemError):
    """The target of the copy or of the restored ledger is not empty."""

    code = "not-empty"
    message = "{place} is not empty; a backup or restore never writes over anything"


async def back_up(url: str, target: Path, log_bytes: int = LOG_BYTES) -> None:
    """Copy the ledger at `url` to the file `target`, which must not exist.

    Writers are not blocked; the copy is the ledger at one moment. Raises `NotEmpty`,
    `StorageDown`, `StorageFull`, `StorageFailed` (also when SQLite's write-ahead log grew by
    more than `log_bytes` before the copy ended).
    """
    await asyncio.to_thread(_back_up, parse_ledger_url(url), target, log_bytes)


async def read_copy_heads(source: Path, url: str) -> Heads:
    """Return where both chains end in the copy `source` of a ledger on the engine of `url`.

    Raises:
        StorageFailed: it is not a copy of a ledger on that engine, or cannot be read.
    """
    return await asyncio.to_thread(_read_copy_heads, source, parse_ledger_url(url))


def _read_copy_heads(source: Path, url: URL) -> Heads:
    if url.get_backend_name() == "sqlite":
        with (
            storage_errors(),
            closing(sqlite3.connect(f"file:{source}?mode=ro", uri=True)) as copy,
        ):
            rows = copy.execute("SELECT name, seq, hash FROM chain_heads").fetchall()
    else:
        arguments = ("--data-only", "--table=chain_heads", "--file=-", str(source))
        rows = _COPIED_HEAD.findall(run_program("pg_restore", None, *arguments))
    found = {name: (int(seq), row_hash) for name, seq, row_hash in rows}
    return {chain: found.get(chain, (0, genesis_hash(chain))) for chain in CHAINS}


def _back_up(url: URL, target: Path, log_bytes: int) -> None:
    if target.exists():
        raise NotEmpty(place=target)
    if url.get_backend_name() == "sqlite":
        _copy(Path(url.database or ""), target, log_bytes)
        return
    part = create_part(target)
    try:
        run_program("pg_dump", url, "--format=custom", f"--file={part}")
        rename_durably(part, target)
    finally:
        part.unlink(missing_ok=True)


def _copy(source: Path, target: Path, log_bytes: int) -> None:
    part = create_part(target)
    try:
        copy_database(source, part, log_bytes)
        rename_durably(part, target)
    finally:
        part.unlink(missing_ok=True)


def copy_database(source: Path, part: Path, log_bytes: int = LOG_BYTES) -> None:
    """Copy an SQLite database as of now into an empty file, and check the copy's integrity.

    Raises `StorageFull`, `StorageFailed`.
    """
    with storage_errors(), closing(sqlite3.connect(part)) as copy:
        _copy_moment(source, copy, log_bytes)
        # One file without a write-ahead log; the ledger enables WAL again when it opens it.
        copy.execute("PRAGMA journal_mode = DELETE")
        (state,) = copy.execute("PRAGMA integrity_check").fetchone()
    if state != "ok":
        raise StorageFailed(detail=f"the copy of {source} is damaged: {state}")


def _copy_moment(source: Path, copy: sqlite3.Connection, log_bytes: int) -> None:
    """Copy `source` as of now. The read transaction lasts for the copy alone, not for its check."""
    log = source.with_name(source.name + "-wal")
    most = _measure(log) + log_bytes

    def check_log(_status: int, _remaining: int, _pages: int) -> None:
        if (size := _measure(log)) > most:
            raise StorageFailed(
                detail=f"the copy was given up: {log} grew to {size} bytes meanwhile"
            )

    with closing(sqlite3.connect(f"file:{source}?mode=ro", uri=True)) as live:
        live.execute("BEGIN")
        live.execute("SELECT count(*) FROM sqlite_schema").fetchone()  # a snapshot from here on
        live.backup(copy, pages=_PAGES_A_STEP, progress=check_log)


def _measure(file: Path) -> int:
    try:
        return file.stat().st_size
    except FileNotFoundError:
        return 0


def get_part_path(target: Path) -> Path:
    """Return the unfinished file beside `target`."""
    return target.with_name(target.name + ".part")


def create_part(target: Path) -> Path:
    """Create the private, unfinished file beside `target`; a left-over one is removed."""
    part = get_part_path(target)
    with storage_errors():
        part.unlink(missing_ok=True)
        create_private_file(part)
    return part


def write_durably(target: Path, content: bytes) -> None:
    """Write a private file as a whole: readers see the old one or all of it, also after a crash."""
    part = create_part(target)
    with storage_errors():
        part.write_bytes(content)
        rename_durably(part, target)


def rename_durably(part: Path, target: Path) -> None:
    """Rename a finished file durably: it survives a power cut."""
    for path, flags in ((part, os.O_RDWR), (target.parent, os.O_RDONLY)):
        descriptor = os.open(path, flags)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        if path is part:
            part.rename(target)
