"""A backup is the ledger at one moment; a restore never overwrites."""

import asyncio
import sqlite3
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from ledger import Ledger, back_up, open_ledger, restore
from ledger.backups.backup import NotEmpty
from ledger.storage.storage_errors import StorageDown, StorageFailed
from stamps.lifecycle import Transition
from tests.ledger.scans.test_scans import numbered
from tests.ledger.world import a_key, a_lot, activated, printed
from tests.servers import PostgresServer


@pytest.fixture
def empty(url: str, tmp_path: Path, request: pytest.FixtureRequest) -> str:
    """A place of the same engine where there is no ledger."""
    if url.startswith("sqlite"):
        return f"sqlite:///{tmp_path / 'restored.db'}"
    server: PostgresServer = request.getfixturevalue("postgres")
    return server.database()


async def test_a_restored_ledger_equals_the_original(
    ledger: Ledger, url: str, empty: str, tmp_path: Path
) -> None:
    batch = await activated(ledger)
    await ledger.scans.append([numbered(n) for n in range(10)])
    await back_up(url, tmp_path / "copy")
    await ledger.transitions.apply(batch, 0, 1, Transition.CLAIM, actor="c", key="after the copy")
    await restore(tmp_path / "copy", empty)
    async with await open_ledger(empty) as restored:
        await restored.migrate()
        assert await restored.scans.count() == 10
        report = await restored.audit.verify()
        assert report.ok, report.problems
        assert report.transitions == 2
        await restored.transitions.apply(batch, 0, 1, Transition.CLAIM, actor="c", key="it goes on")
        assert (await restored.scans.append([numbered(n) for n in range(11)])) == 1


async def test_a_copy_taken_during_writes_is_consistent(
    ledger: Ledger, url: str, empty: str, tmp_path: Path
) -> None:
    batch = await printed(ledger)
    await a_lot(ledger)

    async def write() -> None:
        for n in range(100):
            await ledger.transitions.apply(
                batch, n, n + 1, Transition.ACTIVATE, actor="p", key=a_key(), lot="L1"
            )

    writing = asyncio.create_task(write())
    await asyncio.sleep(0.05)
    await back_up(url, tmp_path / "copy")
    await writing
    await restore(tmp_path / "copy", empty)
    async with await open_ledger(empty) as restored:
        report = await restored.audit.verify()
        assert report.ok, report.problems
        assert 1 <= report.transitions <= 101


def test_a_copy_ends_while_every_moment_writes(sqlite_url: str, tmp_path: Path) -> None:
    path = sqlite_url.removeprefix("sqlite:///")
    with closing(sqlite3.connect(path)) as raw:
        raw.execute("CREATE TABLE filling (bytes)")
        raw.executemany("INSERT INTO filling VALUES (zeroblob(?))", [(1 << 20,)] * 80)
        raw.commit()
    done = threading.Event()
    written = 0

    def write() -> None:
        nonlocal written
        with closing(sqlite3.connect(path, isolation_level=None)) as raw:
            raw.execute("PRAGMA synchronous = OFF")
            until = time.monotonic() + 10  # a copy that waits for the writer has every row
            while not done.is_set() and time.monotonic() < until:
                raw.execute("INSERT INTO filling VALUES (1)")
                written += 1

    with ThreadPoolExecutor() as threads:
        writing = threads.submit(write)
        try:
            while not written:
                time.sleep(0.001)
            asyncio.run(back_up(sqlite_url, tmp_path / "copy"))
            with pytest.raises(StorageFailed, match=r"given up: .*-wal grew"):
                asyncio.run(back_up(sqlite_url, tmp_path / "second", log_bytes=-1))
        finally:
            done.set()
        writing.result()
    assert not list(tmp_path.glob("second*"))
    with closing(sqlite3.connect(tmp_path / "copy")) as raw:
        (copied,) = raw.execute("SELECT count(*) FROM filling").fetchone()
    assert 80 < copied < 80 + written


async def test_backup_and_restore_never_overwrite(ledger: Ledger, url: str, tmp_path: Path) -> None:
    await back_up(url, tmp_path / "copy")
    with pytest.raises(NotEmpty, match="copy is not empty"):
        await back_up(url, tmp_path / "copy")
    with pytest.raises(NotEmpty):
        await restore(tmp_path / "copy", url)


def test_a_missing_ledger_makes_no_copy(tmp_path: Path) -> None:
    for url in (f"sqlite:///{tmp_path / 'none.db'}", "postgresql://x@127.0.0.1:1/none"):
        with pytest.raises(StorageDown):
            asyncio.run(back_up(url, tmp_path / "copy"))
    assert list(tmp_path.iterdir()) == []


def test_a_damaged_ledger_makes_no_copy(sqlite_url: str, tmp_path: Path) -> None:
    path = Path(sqlite_url.removeprefix("sqlite:///"))
    with closing(sqlite3.connect(path)) as raw:
        raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    pages = bytearray(path.read_bytes())
    pages[4096 * 3 : 4096 * 9] = b"\xff" * (4096 * 6)
    path.write_bytes(pages)
    with pytest.raises(StorageFailed):
        asyncio.run(back_up(sqlite_url, tmp_path / "copy"))
    assert not (tmp_path / "copy").exists()
    assert not (tmp_path / "copy.part").exists()


async def test_a_missing_tool_is_named(
    postgres_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(StorageFailed, match="apt-get install postgresql-client"):
        await back_up(postgres_url, tmp_path / "copy")
