"""One contract suite for every journal (`resolver.journal.port` states the duties)."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from ledger import Ledger, ScanRow, open_ledger
from ledger.errors import StorageFull
from resolver.errors import NotRecorded, TooManyWaiting
from resolver.journal import Evidence
from resolver.journal.direct import DirectJournal
from tests.resolver.house import furnished

AT = 1_789_200_000_000


def evidence(n: int, alert: bool = False, batch: int = 1) -> Evidence:
    row = ScanRow(
        n.to_bytes(16, "big"), batch, n % 100, AT + n, "page", "suspect", 7.5,
        ("impossible_travel",), device=n,
    )  # fmt: skip
    return Evidence(row, alert)


@pytest.fixture
async def ledger(tmp_path: Path) -> AsyncIterator[Ledger]:
    await furnished(tmp_path / "ledger.db")
    async with await open_ledger(f"sqlite:///{tmp_path / 'ledger.db'}") as opened:
        yield opened


@pytest.fixture
async def journal(ledger: Ledger) -> AsyncIterator[DirectJournal]:
    made = DirectJournal(ledger, most=500)
    yield made
    await made.close()


async def test_what_is_recorded_is_in_the_ledger_when_the_call_comes_back(
    ledger: Ledger, journal: DirectJournal
) -> None:
    await journal.record(evidence(1))
    assert await ledger.scans.of(1, 1) == [evidence(1).scan]


async def test_many_scans_that_wait_share_one_transaction(
    ledger: Ledger, journal: DirectJournal, monkeypatch: pytest.MonkeyPatch
) -> None:
    groups: list[int] = []
    append = ledger.scans.append

    async def counted(rows: list[ScanRow]) -> int:
        groups.append(len(rows))
        return await append(rows)

    monkeypatch.setattr(ledger.scans, "append", counted)
    await asyncio.gather(*(journal.record(evidence(n)) for n in range(300)))
    assert sum(groups) == 300
    assert len(groups) <= 5
    assert await ledger.scans.total() == 300


async def test_the_same_scan_twice_is_in_the_ledger_once(
    ledger: Ledger, journal: DirectJournal
) -> None:
    await journal.record(evidence(1))
    await journal.record(evidence(1))
    assert await ledger.scans.total() == 1


async def test_an_alert_is_reported_with_its_scan(ledger: Ledger, journal: DirectJournal) -> None:
    await journal.record(evidence(1, alert=True))
    await journal.record(evidence(1, alert=True))
    [alert] = await ledger.alerts.list()
    assert (alert.index, alert.scans, alert.reasons) == (1, 1, ("impossible_travel",))


async def test_past_its_bound_it_says_so_at_once(ledger: Ledger) -> None:
    journal = DirectJournal(ledger, most=3)
    taken = [asyncio.create_task(journal.record(evidence(n))) for n in range(3)]
    await asyncio.sleep(0)
    with pytest.raises(TooManyWaiting):
        await journal.record(evidence(4))
    await asyncio.gather(*taken)
    await journal.record(evidence(5))
    await journal.close()
    assert await ledger.scans.total() == 4


async def test_what_was_taken_on_is_written_though_its_caller_went_away(
    ledger: Ledger, journal: DirectJournal
) -> None:
    asked = asyncio.create_task(journal.record(evidence(1)))
    await asyncio.sleep(0)
    asked.cancel()
    await journal.close()
    assert await ledger.scans.total() == 1


async def test_closing_writes_what_waits_and_takes_no_more(
    ledger: Ledger, journal: DirectJournal
) -> None:
    taken = [asyncio.create_task(journal.record(evidence(n))) for n in range(50)]
    await asyncio.sleep(0)
    await journal.close()
    await asyncio.gather(*taken)
    assert await ledger.scans.total() == 50
    with pytest.raises(NotRecorded):
        await journal.record(evidence(99))


async def test_a_failure_is_told_and_the_next_scan_is_tried_anew(
    ledger: Ledger, journal: DirectJournal, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def full(_: object) -> int:
        raise StorageFull(detail="no space left")

    with monkeypatch.context() as patch:
        patch.setattr(ledger.scans, "append", full)
        with pytest.raises(NotRecorded):
            await journal.record(evidence(1))
    await journal.record(evidence(2))
    assert await ledger.scans.total() == 1


async def test_a_really_read_only_database_records_nothing(tmp_path: Path, ledger: Ledger) -> None:
    async with await open_ledger(f"sqlite:///{tmp_path / 'ledger.db'}?mode=ro") as frozen:
        journal = DirectJournal(frozen, most=10)
        with pytest.raises(NotRecorded):
            await journal.record(evidence(1))
        await journal.close()
    assert await ledger.scans.total() == 0
