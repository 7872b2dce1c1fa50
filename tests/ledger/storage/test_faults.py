"""Storage faults: history stays consistent, and the error names the fault."""

import asyncio
import os
import signal
import sqlite3
import subprocess
import sys
import textwrap
from contextlib import closing
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import text

from ledger import Ledger, open_ledger
from ledger.storage.storage_errors import StorageBusy, StorageDown, StorageFull, StorageReadOnly
from stamps.lifecycle import State, Transition
from stamps.spans import find_flaw
from tests.ledger.conftest import TEMPLATE
from tests.ledger.scans.test_scans import numbered
from tests.ledger.world import a_batch, a_key, activated, printed
from tests.servers import PostgresServer

ROOT = Path(__file__).parents[3]

# A writer that makes transitions as fast as it can and prints each; the test kills it.
WRITER = """
import asyncio, sys
from ledger import open_ledger
from stamps.lifecycle import Transition

async def main(url, batch, name):
    async with await open_ledger(url) as ledger:
        for n in range(10_000):
            lo = n % 100
            undo = n // 100 % 2
            transition = Transition.RELEASE if undo else Transition.SUSPEND
            reason = "cleared" if undo else "stolen"
            key = f"{name}-{n}"
            moved = await ledger.transitions.apply(
                batch, lo, lo + 1, transition, actor=name, key=key, reason=reason
            )
            print(moved.seq, flush=True)

asyncio.run(main(sys.argv[1], int(sys.argv[2]), sys.argv[3]))
"""


def writer(url: str, batch: int, name: str = "w") -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(WRITER), url, str(batch), name],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )


async def proved(ledger: Ledger) -> None:
    report = await ledger.audit.verify()
    assert report.ok, report.problems


async def test_a_killed_writer_leaves_complete_transitions_only(url: str) -> None:
    async with await open_ledger(url) as ledger:
        batch = await activated(ledger)
        (before, _) = await ledger.transitions.get_head()
    for life in range(2):
        process = writer(url, batch, f"life-{life}")
        assert process.stdout is not None
        answered = [int(process.stdout.readline()) for _ in range(5 + 7 * life)]
        os.kill(process.pid, signal.SIGKILL)
        answered += [int(line) for line in process.stdout.read().split()]
        process.communicate()
        async with await open_ledger(url) as ledger:
            after, _ = await ledger.transitions.get_head()
            # Every printed transition is stored; at most one more was committed unprinted.
            assert answered == list(range(before + 1, before + 1 + len(answered)))
            assert after - answered[-1] in (0, 1)
            assert find_flaw(await ledger.transitions.list_spans(batch), 100) is None
            await proved(ledger)
            # Make all stamps activated again for the next life.
            for span in await ledger.transitions.list_spans(batch):
                if span.state is State.SUSPENDED:
                    await ledger.transitions.apply(
                        batch, span.lo, span.hi, Transition.RELEASE, actor="t", key=a_key(),
                        reason="cleared",
                    )  # fmt: skip
            before, _ = await ledger.transitions.get_head()


async def test_two_processes_write_one_chain(url: str) -> None:
    async with await open_ledger(url) as ledger:
        batches = [await activated(ledger) for _ in range(2)]
        start, _ = await ledger.transitions.get_head()
        processes = [writer(url, batch, f"p{batch}") for batch in batches]
        seqs: list[int] = []
        for process in processes:
            assert process.stdout is not None
            seqs += [int(process.stdout.readline()) for _ in range(15)]
        for process in processes:
            process.send_signal(signal.SIGTERM)
            rest, _ = process.communicate()
            seqs += [int(line) for line in rest.split()]
        end, _ = await ledger.transitions.get_head()
        assert len(seqs) == len(set(seqs))
        assert set(seqs) <= set(range(start + 1, end + 1))
        await proved(ledger)


async def test_a_full_disk_keeps_committed_data_on_sqlite(sqlite_url: str) -> None:
    path = sqlite_url.removeprefix("sqlite:///")
    async with await open_ledger(sqlite_url) as ledger:
        batch = await printed(ledger)
        before = await ledger.transitions.get_head()
        async with ledger._store.append() as connection:  # the limit holds for one connection
            pages = await connection.scalar(text("PRAGMA page_count"))
            await connection.execute(text(f"PRAGMA max_page_count = {pages}"))

        async def fill() -> None:
            for n in range(200):
                await ledger.scans.append([numbered(k) for k in range(100 * n, 100 * n + 100)])

        with pytest.raises(StorageFull, match="disk is full"):
            await fill()
        kept = await ledger.scans.count()
        assert kept % 100 == 0
        assert await ledger.transitions.get_head() == before
        await proved(ledger)
    async with await open_ledger(sqlite_url) as ledger:  # there is room again
        await ledger.transitions.apply(
            batch, 0, 1, Transition.VOID, actor="p", key="v", reason="lost"
        )
        assert await ledger.scans.append([numbered(n) for n in range(kept + 100)]) == 100
    with closing(sqlite3.connect(path)) as raw:
        assert raw.execute("PRAGMA integrity_check").fetchone() == ("ok",)


async def test_a_read_only_file_can_be_read_and_refuses_writes(sqlite_url: str) -> None:
    async with await open_ledger(sqlite_url) as ledger:
        batch = await printed(ledger)
    async with await open_ledger(f"{sqlite_url}?mode=ro") as ledger:
        assert len(await ledger.transitions.list_spans(batch)) == 1
        with pytest.raises(StorageReadOnly, match="nothing was written"):
            await ledger.transitions.apply(
                batch, 0, 1, Transition.VOID, actor="p", key="v", reason="lost"
            )
        await ledger.migrate()  # there is nothing to do, so nothing is refused
        await proved(ledger)


async def test_a_read_only_server_can_be_read_and_refuses_writes(postgres_url: str) -> None:
    async with await open_ledger(postgres_url) as ledger:
        batch = await printed(ledger)
    standby = f"{postgres_url}?options=-c%20default_transaction_read_only%3Don"
    async with await open_ledger(standby) as ledger:
        assert len(await ledger.transitions.list_spans(batch)) == 1
        with pytest.raises(StorageReadOnly):
            await ledger.transitions.apply(
                batch, 0, 1, Transition.VOID, actor="p", key="v", reason="lost"
            )


async def test_a_file_that_can_not_be_opened_is_reported(tmp_path: Path) -> None:
    (tmp_path / "not.db").write_bytes(b"this is no database, only some text" * 100)
    for path in (tmp_path / "no" / "such" / "directory.db", tmp_path / "not.db"):
        async with await open_ledger(f"sqlite:///{path}") as ledger:
            with pytest.raises(StorageDown):
                await ledger.migrate()


async def test_a_file_locked_by_another_process_is_busy_until_released(
    sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ledger.storage.store._BUSY_SECONDS", 0.2)
    async with await open_ledger(sqlite_url) as ledger:
        batch = await printed(ledger)
        path = sqlite_url.removeprefix("sqlite:///")
        with closing(sqlite3.connect(path, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            with pytest.raises(StorageBusy, match="try again"):
                await ledger.transitions.apply(
                    batch, 0, 1, Transition.VOID, actor="p", key="v", reason="lost"
                )
            assert len(await ledger.transitions.list_spans(batch)) == 1  # readers are not held up
            other.execute("ROLLBACK")
        await ledger.transitions.apply(
            batch, 0, 1, Transition.VOID, actor="p", key="v", reason="lost"
        )


async def test_a_cancelled_caller_does_not_stop_a_write(ledger: Ledger) -> None:
    batch = (await a_batch(ledger)).number
    for n, wait in enumerate((0.0, 0.001, 0.003, 0.01)):
        call = ledger.transitions.apply(batch, n, n + 1, Transition.PRINT, actor="p", key=f"k{n}")
        calling = asyncio.create_task(call)
        await asyncio.sleep(wait)
        calling.cancel()
        await asyncio.gather(calling, return_exceptions=True)
    await ledger.close()  # waits for what was begun
    spans = await ledger.transitions.list_spans(batch)
    assert [(s.lo, s.hi, s.state) for s in spans] == [
        (0, 4, State.PRINTED),
        (4, 100, State.ISSUED),
    ]
    await proved(ledger)


async def test_a_restarted_postgresql_has_every_acknowledged_row() -> None:
    with PostgresServer(fsync="on") as server:
        url = server.database()
        async with await open_ledger(url) as ledger:
            await ledger.migrate()
            batch = await printed(ledger)
            answered: list[int] = []
            underway = asyncio.Event()

            async def load() -> None:
                for n in range(10_000):
                    await ledger.scans.append([numbered(n)])
                    answered.append(n)
                    if n == 20:
                        underway.set()

            loading = asyncio.create_task(load())
            await underway.wait()
            server.kill()
            with pytest.raises(StorageDown, match="cannot be reached"):
                await loading
            with pytest.raises(StorageDown):
                await ledger.transitions.list_spans(batch)
            server.start()
            kept = await ledger.scans.count()  # the same ledger object: it comes back by itself
            assert kept - len(answered) in (0, 1)
            assert await ledger.scans.append([numbered(n) for n in range(kept + 1)]) == 1
            await proved(ledger)


async def test_a_long_lock_on_postgresql_is_busy(
    migrated_postgres: PostgresServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ledger.storage.store._BUSY_SECONDS", 1)
    url = migrated_postgres.database(template=TEMPLATE)
    async with await open_ledger(url) as ledger:
        with psycopg.connect(url) as other:
            other.execute("LOCK TABLE chain_heads IN EXCLUSIVE MODE")
            with pytest.raises(StorageBusy, match="lock timeout"):
                await a_batch(ledger)
            other.rollback()
        assert (await a_batch(ledger)).number == 1
