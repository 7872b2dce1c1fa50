"""A restored ledger is of another generation, and nobody writes to the wrong one."""

import asyncio
import os
import signal
import sqlite3
import sys
from contextlib import closing
from pathlib import Path

import psycopg
import pytest

from ledger import Ledger, back_up, open_ledger, restore
from ledger.backups.restores import renew_generation
from ledger.storage.generation import FIRST, RESTORE_MARK, LedgerRestored, RestoreUnfinished
from ledger.storage.ledger_file import LedgerInUse
from tests.ledger.scans.test_scans import numbered
from tests.servers import PostgresServer

PG_RESTORE = """#!/bin/sh
echo began > {folder}/began
read -r _ < {folder}/go
PATH={path}
pg_restore "$@" || exit
{then}
"""
RESTORE = "import asyncio, sys; from pathlib import Path; from ledger import restore;"


@pytest.fixture
def empty_url(url: str, tmp_path: Path, postgres: PostgresServer) -> str:
    """Where a copy of the ledger at `url` can be restored."""
    if url.startswith("sqlite"):
        return f"sqlite:///{tmp_path / 'restored.db'}"
    return postgres.database()


async def test_each_restore_begins_a_generation(
    url: str, empty_url: str, ledger: Ledger, tmp_path: Path, postgres: PostgresServer
) -> None:
    assert await ledger.generations.get() == FIRST
    await back_up(url, tmp_path / "copy")
    first = await restore(tmp_path / "copy", empty_url)
    async with await open_ledger(empty_url) as restored:
        assert await restored.generations.hold() == first
    await back_up(empty_url, tmp_path / "second")
    elsewhere = [
        f"sqlite:///{tmp_path / name}.db" if url.startswith("sqlite") else postgres.database()
        for name in ("a", "b")
    ]
    again = [await restore(tmp_path / "second", place) for place in elsewhere]
    assert [first.number, *(one.number for one in again)] == [1, 2, 2]
    assert len({"", first.id, *(one.id for one in again)}) == 4
    assert {one.cause for one in (first, *again)} == {"restore"}


async def test_a_process_does_not_write_to_another_generation(
    url: str, ledger: Ledger, tmp_path: Path
) -> None:
    async with await open_ledger(url) as running:
        assert await running.scans.append([numbered(1)]) == 1
        heads = await running.changes.get_heads()
        await ledger.generations.renew("a recovery to a point in time")
        for write in (
            running.scans.append([numbered(2)]),
            running.audit.append(actor="an", action="look", subject="stamps:1"),
            running.changes.get_changes_after(heads),
            running.generations.hold(),
        ):
            with pytest.raises(LedgerRestored):
                await write
    async with await open_ledger(url) as restarted:
        assert await restarted.scans.count() == 1
        assert await restarted.scans.append([numbered(2)]) == 1


async def test_a_generation_is_renewed_when_nobody_has_the_ledger(url: str) -> None:
    async with await open_ledger(url) as running:
        await running.scans.append([numbered(1)])
        with pytest.raises(LedgerInUse):
            await renew_generation(url, "a recovery")
    assert (await renew_generation(url, "a recovery")).cause == "a recovery"


async def test_what_a_killed_restore_left_is_not_applied_to_the_next(
    sqlite_url: str, tmp_path: Path
) -> None:
    await back_up(sqlite_url, tmp_path / "copy")
    target = tmp_path / "restored.db"
    with closing(sqlite3.connect(tmp_path / "other.db")) as other:
        other.execute("PRAGMA journal_mode = WAL")
        other.execute("CREATE TABLE another (ledger)")
        left = (tmp_path / "other.db-wal").read_bytes()
        assert left
    for suffix in ("", "-wal", "-shm"):
        (tmp_path / f"restored.db.part{suffix}").write_bytes(left)
    await restore(tmp_path / "copy", f"sqlite:///{target}")
    assert not (tmp_path / "restored.db.part-wal").exists()
    async with await open_ledger(f"sqlite:///{target}") as ledger:
        assert (await ledger.audit.verify()).ok


@pytest.fixture
def slow_restore(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, postgres: PostgresServer) -> Path:
    """A folder whose `pg_restore` waits for the pipe `go`, then does what it should."""
    folder = tmp_path / "bin"
    folder.mkdir()
    os.mkfifo(folder / "go")
    path = os.environ["PATH"]
    (folder / "pg_restore").write_text(PG_RESTORE.format(folder=folder, path=path, then=""))
    (folder / "pg_restore").chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:{path}")
    return folder


async def until_began(folder: Path) -> None:
    async with asyncio.timeout(10):
        while not (folder / "began").exists():  # noqa: ASYNC110 - written by another process
            await asyncio.sleep(0.02)


async def test_nothing_comes_between_while_a_database_is_restored(
    postgres_url: str, postgres: PostgresServer, tmp_path: Path, slow_restore: Path
) -> None:
    await back_up(postgres_url, tmp_path / "copy")
    empty = postgres.database()
    restoring = asyncio.create_task(restore(tmp_path / "copy", empty))
    await until_began(slow_restore)
    async with await open_ledger(empty) as service:
        with pytest.raises(RestoreUnfinished, match="under way"):
            await service.migrate()
        with pytest.raises(RestoreUnfinished):
            await service.generations.hold()
        with pytest.raises(RestoreUnfinished):
            await service.scans.append([numbered(1)])
    with pytest.raises(LedgerInUse):
        await restore(tmp_path / "copy", empty)
    with pytest.raises(LedgerInUse):
        await renew_generation(empty, "a recovery")
    await asyncio.to_thread((slow_restore / "go").write_text, "\n")
    generation = await restoring
    async with await open_ledger(empty) as service:
        await service.migrate()
        assert await service.generations.hold() == generation
        assert (await service.audit.verify()).ok


async def test_of_two_restores_that_begin_at_once_none_harms_the_other(
    postgres_url: str, postgres: PostgresServer, tmp_path: Path
) -> None:
    await back_up(postgres_url, tmp_path / "copy")
    empty = postgres.database()
    ends = await asyncio.gather(
        *(restore(tmp_path / "copy", empty) for _ in range(2)), return_exceptions=True
    )
    refused = [end for end in ends if isinstance(end, LedgerInUse)]
    assert refused, ends
    if len(refused) == 2:  # each saw the other's connection
        await restore(tmp_path / "copy", empty)
    async with await open_ledger(empty) as ledger:
        assert (await ledger.generations.hold()).number == 1


@pytest.mark.parametrize("done", [False, True])
async def test_a_killed_restore_into_a_database_is_not_taken_for_whole(
    postgres_url: str, postgres: PostgresServer, tmp_path: Path, slow_restore: Path, done: bool
) -> None:
    await back_up(postgres_url, tmp_path / "copy")
    empty = postgres.database()
    if done:  # the restore dies after the rows are there, before the generation is
        script = (slow_restore / "pg_restore").read_text().strip()
        (slow_restore / "pg_restore").write_text(f"{script}\nkill -9 $PPID\n")
    code = f"{RESTORE} asyncio.run(restore(Path(sys.argv[1]), sys.argv[2]))"
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-c", code, str(tmp_path / "copy"), empty
    )
    await until_began(slow_restore)
    if not done:
        child.kill()
    await asyncio.to_thread((slow_restore / "go").write_text, "\n")
    assert await asyncio.wait_for(child.wait(), 30) == -signal.SIGKILL
    async with await open_ledger(empty) as service:
        with pytest.raises(RestoreUnfinished):
            await service.generations.hold()
        with pytest.raises(RestoreUnfinished):
            await service.scans.append([numbered(1)])
    with psycopg.connect(empty) as owner:
        assert owner.execute("SELECT to_regclass(%s)::text", [RESTORE_MARK]).fetchone() == (
            RESTORE_MARK,
        )
