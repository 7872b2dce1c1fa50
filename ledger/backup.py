"""Backup and restore: a consistent copy of a ledger while it is written.

SQLite is copied by its online backup inside one read transaction, checked, and then renamed, so
that a visible copy is whole. Without the transaction each write restarts the copy: under scans it
never ends (ADR 0065). The write-ahead log can not be reset meanwhile, so its growth is bounded.
PostgreSQL is dumped by `pg_dump` in its custom format and restored by `pg_restore`; a large ledger
needs continuous archiving as well (ops/). A restore never writes over a ledger.
Copies are private (`ledger.private_file`).
"""

import asyncio
import os
import re
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path
from typing import Final

from sqlalchemy import URL

from ledger.errors import StorageDown, StorageFailed, storage_errors
from ledger.hash_chain import genesis_hash
from ledger.head_statement import CHAINS, Heads
from ledger.ledger_file import LedgerInUse, find_leftovers, lock_for_restore
from ledger.private_file import create_private_file
from ledger.urls import parse_ledger_url
from stamps.errors import VeritemError

_PAGES_A_STEP = 4096
LOG_BYTES: Final = 1 << 30
"""A copy of SQLite is given up when the write-ahead log grew by more than this meanwhile."""
_OTHERS: Final = (
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
    " AND backend_type = 'client backend' AND pid <> pg_backend_pid()"
)
_COPIED_HEAD = re.compile(r"^(transitions|audit)\t(\d+)\t([0-9a-f]{64})$", re.MULTILINE)


class NotEmpty(VeritemError):
    """The target of the copy or of the restored ledger is not empty."""

    code = "not-empty"
    message = "{place} is not empty; a backup or restore never writes over anything"


class LeftOver(VeritemError):
    """SQLite's files of another ledger lie where one is to be restored; they would corrupt it."""

    code = "left-over"
    message = "{files} lies there of another ledger; move it away together with that ledger"


async def back_up(url: str, target: Path, log_bytes: int = LOG_BYTES) -> None:
    """Copy the ledger at `url` to the file `target`, which must not exist.

    Writers are not blocked; the copy is the ledger at one moment. Raises `NotEmpty`,
    `StorageDown`, `StorageFull`, `StorageFailed` (also when SQLite's write-ahead log grew by
    more than `log_bytes` before the copy ended).
    """
    await asyncio.to_thread(_back_up, parse_ledger_url(url), target, log_bytes)


async def restore(source: Path, url: str) -> None:
    """Restore the copy `source` as the ledger at `url`: a new file, or an empty database.

    On PostgreSQL the grants are not restored: run ops/postgres/roles.sql afterwards. Raises
    `LeftOver`, `LedgerInUse` (a process has it open), and as `back_up` does.
    """
    await asyncio.to_thread(_restore, source, parse_ledger_url(url))


async def read_copy_heads(source: Path, url: str) -> Heads:
    """Return where both chains end in the copy `source` of a ledger on the engine of `url`.

    Raises:
        StorageFailed: it is not a copy of a ledger on that engine, or can not be read.
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
        rows = _COPIED_HEAD.findall(_run("pg_restore", None, *arguments))
    found = {name: (int(seq), row_hash) for name, seq, row_hash in rows}
    return {chain: found.get(chain, (0, genesis_hash(chain))) for chain in CHAINS}


def _back_up(url: URL, target: Path, log_bytes: int) -> None:
    if target.exists():
        raise NotEmpty(place=target)
    if url.get_backend_name() == "sqlite":
        _copy(Path(url.database or ""), target, log_bytes)
        return
    part = _create_part(target)
    try:
        _run("pg_dump", url, "--format=custom", f"--file={part}")
        _rename_durably(part, target)
    finally:
        part.unlink(missing_ok=True)


def _restore(source: Path, url: URL) -> None:
    if url.get_backend_name() == "sqlite":
        target = Path(url.database or "").resolve()
        if target.exists():
            raise NotEmpty(place=target)
        with lock_for_restore(target):
            if left := find_leftovers(target):
                raise LeftOver(files=", ".join(map(str, left)))
            _copy(source, target)
        return
    others = _run("psql", url, "--tuples-only", "--no-align", f"--command={_OTHERS}")
    if others.strip() != "0":
        raise LedgerInUse(path=url.render_as_string(hide_password=True))
    tables = _run(
        "psql",
        url,
        "--tuples-only",
        "--no-align",
        "--command=SELECT count(*) FROM pg_class WHERE relnamespace = current_schema::regnamespace",
    )
    if tables.strip() != "0":
        raise NotEmpty(place=url.render_as_string(hide_password=True))
    _run(
        "pg_restore",
        url,
        "--exit-on-error",
        "--single-transaction",
        "--no-owner",
        "--no-privileges",
        str(source),
    )


def _copy(source: Path, target: Path, log_bytes: int = LOG_BYTES) -> None:
    part = _create_part(target)
    try:
        with storage_errors(), closing(sqlite3.connect(part)) as copy:
            _copy_moment(source, copy, log_bytes)
            # One file without a write-ahead log; the ledger enables WAL again when it opens it.
            copy.execute("PRAGMA journal_mode = DELETE")
            (state,) = copy.execute("PRAGMA integrity_check").fetchone()
        if state != "ok":
            raise StorageFailed(detail=f"the copy of {source} is damaged: {state}")
        _rename_durably(part, target)
    finally:
        part.unlink(missing_ok=True)


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


def _create_part(target: Path) -> Path:
    """Create the private, unfinished file beside `target`; a left-over one is removed."""
    part = target.with_name(target.name + ".part")
    with storage_errors():
        part.unlink(missing_ok=True)
        create_private_file(part)
    return part


def write_durably(target: Path, content: bytes) -> None:
    """Write a private file as a whole: readers see the old one or all of it, also after a crash."""
    part = _create_part(target)
    with storage_errors():
        part.write_bytes(content)
        _rename_durably(part, target)


def _rename_durably(part: Path, target: Path) -> None:
    """Rename a finished file durably: it survives a power cut."""
    for path, flags in ((part, os.O_RDWR), (target.parent, os.O_RDONLY)):
        descriptor = os.open(path, flags)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        if path is part:
            part.rename(target)


def _run(program: str, url: URL | None, *arguments: str) -> str:
    # The password is in the environment: arguments are visible to every user of the machine.
    environment = {**os.environ, "PGCONNECT_TIMEOUT": "10"}
    command = [program, *arguments]
    if url is not None:
        if url.password:
            environment["PGPASSWORD"] = str(url.password)
        address = url.set(drivername="postgresql", password=None).render_as_string()
        command[1:1] = [f"--dbname={address}", "--no-password"]
    try:
        done = subprocess.run(  # noqa: S603 - a fixed program, no shell
            command, env=environment, capture_output=True, text=True, check=False
        )
    except FileNotFoundError:
        raise StorageFailed(
            detail=f"{program} is not installed: apt-get install postgresql-client"
        ) from None
    if done.returncode:
        said = (done.stderr.strip().splitlines() or ["no message"])[-1]
        kind = StorageDown if "connection to server" in done.stderr else StorageFailed
        raise kind(detail=f"{program}: {said}")
    return done.stdout
