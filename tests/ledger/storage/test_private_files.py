"""The files of a ledger are private, whatever the umask and the mode that they had."""

import os
import sqlite3
import stat
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from ledger import Ledger, back_up, open_ledger, restore
from ledger.storage.private_file import create_private_file, narrow_mode
from tests.ledger.world import printed

NAMES = ("veritem.db", "veritem.db-wal", "veritem.db-shm", ".veritem.db.lock")


@pytest.fixture(autouse=True)
def open_umask() -> Iterator[None]:
    """Nothing is masked: each file has the mode that the code gives it."""
    before = os.umask(0)
    yield
    os.umask(before)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def list_modes(folder: Path) -> dict[str, int]:
    return {file.name: mode(file) for file in folder.iterdir()}


async def test_a_new_sqlite_ledger_is_private(tmp_path: Path) -> None:
    path = tmp_path / "veritem.db"
    async with await open_ledger(f"sqlite:///{path}") as ledger:
        await ledger.migrate()
        await printed(ledger)
        modes = list_modes(tmp_path)
    assert modes == dict.fromkeys(NAMES, 0o600)


async def test_a_ledger_that_exists_is_narrowed(tmp_path: Path) -> None:
    path = tmp_path / "veritem.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("CREATE TABLE t (n)")
        assert mode(path) == 0o644
        async with await open_ledger(f"sqlite:///{path}") as ledger:
            await ledger.migrate()
            assert set(list_modes(tmp_path).values()) == {0o600}


async def test_backups_and_restored_ledgers_are_private(
    ledger: Ledger, url: str, tmp_path: Path
) -> None:
    await printed(ledger)
    copy = tmp_path / "copy"
    # A killed backup left this, readable by all.
    copy.with_name("copy.part").write_bytes(b"left over")
    await back_up(url, copy)
    assert mode(copy) == 0o600
    if url.startswith("sqlite"):
        await restore(copy, f"sqlite:///{tmp_path / 'restored.db'}")
        assert mode(tmp_path / "restored.db") == 0o600


def test_a_private_file_is_not_created_through_a_link(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(FileExistsError):
        create_private_file(tmp_path / "link")
    narrow_mode(tmp_path / "link")
    assert not (tmp_path / "elsewhere").exists()
