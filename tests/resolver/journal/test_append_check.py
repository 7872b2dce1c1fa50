"""A disk that hangs is found by one write, however often it is checked."""

import asyncio
import sqlite3
from pathlib import Path

import pytest

from ledger import open_ledger
from ledger.storage.storage_errors import StorageBusy
from resolver.journal.append_check import AppendCheck


async def test_a_write_that_hangs_fails_each_check_and_is_not_repeated(tmp_path: Path) -> None:
    file = tmp_path / "ledger.db"
    async with await open_ledger(f"sqlite:///{file}") as ledger:
        await ledger.migrate()
        check = AppendCheck(ledger)
        await check.check()
        check.note_failure()
        # Whoever holds the lock of the writers makes a commit wait, as a disk does.
        with sqlite3.connect(file, isolation_level=None) as other:
            other.execute("BEGIN IMMEDIATE")
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.2):
                    await check.check()
            for _ in range(3):
                with pytest.raises(StorageBusy, match="not ended"):
                    await check.check()
            waiting = [task for task in asyncio.all_tasks() if task.get_name() == "try to append"]
            assert len(waiting) == 1
            other.execute("ROLLBACK")
        await asyncio.wait(waiting)
        await check.check()
        other.close()
