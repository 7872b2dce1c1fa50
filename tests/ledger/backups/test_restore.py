"""A restore is refused beside leftovers and under a process; a replaced file is noticed."""

import asyncio
import os
import sqlite3
from contextlib import closing
from pathlib import Path

import psycopg
import pytest

from ledger import back_up, open_ledger, restore
from ledger.backups.restores import LeftOver
from ledger.storage.ledger_file import (
    LedgerInUse,
    LedgerLinked,
    LedgerReplaced,
    RestoreUnderWay,
    lock_for_restore,
)
from tests.ledger.scans.test_scans import numbered
from tests.servers import PostgresServer


@pytest.fixture
def place(sqlite_url: str, tmp_path: Path) -> tuple[Path, Path]:
    """The file of a ledger, and a copy of it."""
    copy = tmp_path / "copy"
    asyncio.run(back_up(sqlite_url, copy))
    return Path(sqlite_url.removeprefix("sqlite:///")), copy


@pytest.mark.parametrize("suffix", ["-wal", "-shm", "-journal"])
@pytest.mark.parametrize("linked", [False, True])
def test_a_restore_beside_leftovers_is_refused(
    place: tuple[Path, Path], tmp_path: Path, suffix: str, linked: bool
) -> None:
    path, copy = place
    path.unlink()
    for file in path.parent.glob(f"{path.name}-*"):
        file.unlink()
    left = path.with_name(path.name + suffix)
    left.write_bytes(b"of another ledger")
    target = path
    if linked:
        target = tmp_path / "linked.db"
        target.symlink_to(path)
    with pytest.raises(LeftOver, match=suffix):
        asyncio.run(restore(copy, f"sqlite:///{target}"))
    assert not path.exists()
    left.unlink()
    asyncio.run(restore(copy, f"sqlite:///{target}"))
    assert path.exists()


async def test_a_file_that_is_removed_or_replaced_is_noticed_before_anything_is_lost(
    place: tuple[Path, Path], tmp_path: Path
) -> None:
    path, copy = place
    link = tmp_path / "linked.db"
    link.symlink_to(path)
    async with await open_ledger(f"sqlite:///{link}") as ledger:
        assert await ledger.scans.append([numbered(1)]) == 1
        aside = path.rename(path.with_name("aside.db"))
        with pytest.raises(LedgerReplaced):
            await ledger.scans.append([numbered(2)])
        with pytest.raises(LedgerReplaced):
            await ledger.batches.find_highest_number()
        # The service holds the lock of the real file, whatever leads to it.
        with pytest.raises(LedgerInUse):
            await restore(copy, f"sqlite:///{path}")
        path.write_bytes(copy.read_bytes())  # by other means
        with pytest.raises(LedgerReplaced):
            await ledger.scans.append([numbered(3)])
        aside.rename(path)
        assert await ledger.scans.append([numbered(1), numbered(4)]) == 1


async def test_nothing_opens_a_ledger_while_it_is_restored(place: tuple[Path, Path]) -> None:
    path, _ = place
    with lock_for_restore(path):
        async with await open_ledger(f"sqlite:///{path}") as ledger:
            with pytest.raises(RestoreUnderWay):
                await ledger.scans.append([numbered(1)])
    async with await open_ledger(f"sqlite:///{path}") as ledger:
        assert await ledger.scans.append([numbered(1)]) == 1


async def test_a_file_with_two_names_is_refused(place: tuple[Path, Path], tmp_path: Path) -> None:
    path, _ = place
    os.link(path, tmp_path / "second.db")
    for name in (path, tmp_path / "second.db"):
        async with await open_ledger(f"sqlite:///{name}") as ledger:
            with pytest.raises(LedgerLinked, match="2 names"):
                await ledger.scans.append([numbered(1)])


async def test_an_audit_finds_a_damaged_index(place: tuple[Path, Path]) -> None:
    path, _ = place
    async with await open_ledger(f"sqlite:///{path}") as ledger:
        await ledger.scans.append([numbered(1), numbered(2)])
        assert (await ledger.audit.verify()).ok
    with closing(sqlite3.connect(path)) as raw:
        # The index of another table: what its rows are is no longer what it says.
        raw.execute("PRAGMA writable_schema = ON")
        raw.execute("CREATE TABLE damaged (a)")
        raw.execute("CREATE INDEX damaged_a ON damaged (a)")
        raw.execute("INSERT INTO damaged VALUES (1)")
        raw.execute(
            "UPDATE sqlite_schema SET sql = 'CREATE INDEX damaged_a ON damaged (a || 1)'"
            " WHERE name = 'damaged_a'"
        )
        raw.commit()
    async with await open_ledger(f"sqlite:///{path}") as ledger:
        report = await ledger.audit.verify()
    assert [problem.table for problem in report.problems if problem.table == "database"]


async def test_a_database_that_somebody_uses_is_not_restored_into(
    postgres_url: str, postgres: PostgresServer, tmp_path: Path
) -> None:
    await back_up(postgres_url, tmp_path / "copy")
    empty = postgres.database()
    async with await psycopg.AsyncConnection.connect(empty):
        with pytest.raises(LedgerInUse):
            await restore(tmp_path / "copy", empty)
    await restore(tmp_path / "copy", empty)
