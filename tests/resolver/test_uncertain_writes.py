"""A scan whose commit failed with an unknown end is looked up, then answered."""

import subprocess
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest

from detection.rules import Rules
from ledger import Ledger, ScanRow, open_ledger
from ledger.storage.storage_errors import StorageFailed
from resolver import ResolverSettings
from resolver.current_rules import CurrentRules
from resolver.errors import NotRecorded
from resolver.history import Partition, SwapResult
from resolver.history.memory import MemoryHistoryStore
from resolver.journal import Evidence
from resolver.journal.direct import DirectJournal
from resolver.scan_commit import SequentialCommit
from tests.resolver.house import JSON, Clock, code_of, furnished
from tests.resolver.process import Process

_SOURCE = Path(__file__).with_name("failing_wal.c")


@pytest.fixture
def library(tmp_path: Path) -> Path:
    """`failing_wal.c`, compiled."""
    made = tmp_path / "failing_wal.so"
    subprocess.run(["cc", "-shared", "-fPIC", "-o", made, _SOURCE, "-ldl"], check=True)
    return made


async def test_after_an_io_error_the_same_token_is_recorded_once(
    tmp_path: Path, library: Path
) -> None:
    """A process whose writes of SQLite's log fail with EIO, below SQLite."""
    flag = tmp_path / "fails"
    batch = (await furnished(tmp_path / "ledger.db")).active
    settings = ResolverSettings(ledger=f"sqlite:///{tmp_path / 'ledger.db'}", port=0, admin_port=0)
    environment = {"LD_PRELOAD": str(library), "FAILING_WAL": str(flag)}
    process = Process(settings, environment=environment)
    stamps = range(10)
    try:
        async with aiohttp.ClientSession() as session:

            async def scan(body: dict[str, str]) -> tuple[int, str]:
                async with session.post(f"{process.url}/v1/scans", json=body) as answer:
                    return answer.status, (await answer.json()).get("type", "")

            bodies = []
            for index in stamps:
                code = code_of(batch, index)
                async with session.get(f"{process.url}/S/{code}", headers=JSON) as page:
                    bodies.append({"code": code, "token": (await page.json())["token"]})
            flag.touch()
            for _ in range(2):
                for body in bodies:
                    assert await scan(body) == (503, "/problems/not-recorded")
            flag.unlink()
            for body in bodies:
                assert await scan(body) == (200, "")
                assert await scan(body) == (409, "/problems/used-token")
            async with session.get(f"{process.url}/S/{code}", headers=JSON) as page:
                assert (await page.json())["history"]["scans"] == 1
    finally:
        assert process.end() == 0
    async with await open_ledger(settings.ledger) as ledger:
        for index in stamps:
            assert len(await ledger.scans.list_of_stamp(batch, index)) == 1


@pytest.fixture
async def ledger(tmp_path: Path) -> AsyncIterator[Ledger]:
    async with await open_ledger(f"sqlite:///{tmp_path / 'ledger.db'}") as opened:
        await opened.migrate()
        yield opened


@pytest.mark.parametrize("is_committed", [True, False])
async def test_a_scan_that_can_not_be_looked_up_is_settled_when_it_is_sent_again(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch, *, is_committed: bool
) -> None:
    """The commit's confirmation is lost, and the ledger cannot be read at first either."""

    async def nothing(_batch: int, _number: int) -> Partition:
        return Partition({}, [])

    store = MemoryHistoryStore(nothing, Clock(), stamps=100, tokens=100, token_seconds=600)
    journal = DirectJournal(ledger, CurrentRules(Rules()), 100)
    commit = SequentialCommit(store, journal)
    row = ScanRow(b"n" * 16, 7, 5, Clock()(), "page", "authentic", 0.0)
    append = ledger.scans.append

    async def lose(rows: list[ScanRow]) -> int:
        if is_committed:
            await append(rows)
        raise StorageFailed(detail="disk I/O error")

    async def fail(_rows: list[ScanRow]) -> int:
        raise StorageFailed(detail="disk I/O error")

    with monkeypatch.context() as patch:
        patch.setattr(ledger.scans, "append", lose)
        patch.setattr(ledger.scans, "count_stored", fail)
        for _ in range(2):
            with pytest.raises(NotRecorded) as refused:
                await commit.commit(b"", b"one", Evidence(row, alert=False))
            assert refused.value.evidence["unsure"]
    later = Evidence(row._replace(at=row.at + 9), alert=False)
    before = await store.get(7, 5)
    assert before == b"one"
    result = await commit.commit(b"" if not is_committed else before, b"later", later)
    assert result is (SwapResult.REPEATED if is_committed else SwapResult.DONE)
    assert await store.get(7, 5) == (b"one" if is_committed else b"later")
    assert [scan.at for scan in await ledger.scans.list_of_stamp(7, 5)] == [
        row.at if is_committed else later.scan.at
    ]
    await journal.close()


async def test_a_commit_whose_confirmation_was_lost_is_answered_as_recorded(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal = DirectJournal(ledger, CurrentRules(Rules()), 100)
    row = ScanRow(b"n" * 16, 7, 5, Clock()(), "page", "suspect", 9.0)
    append = ledger.scans.append

    async def lose(rows: list[ScanRow]) -> int:
        await append(rows)
        raise StorageFailed(detail="disk I/O error")

    monkeypatch.setattr(ledger.scans, "append", lose)
    await journal.record(Evidence(row, alert=False))
    assert await ledger.scans.count() == 1
    await journal.close()
