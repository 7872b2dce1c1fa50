"""One contract suite for every journal (`resolver.journal.port` states the duties)."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from detection.rules import Rules
from ledger import Ledger, ScanRow, open_ledger
from ledger.storage.storage_errors import StorageFull
from resolver.current_rules import CurrentRules
from resolver.errors import NotRecorded, TooManyWaiting
from resolver.journal import Evidence, Journal
from resolver.journal.direct import DirectJournal
from resolver.journal.encoding import decode_evidence, encode_evidence
from resolver.journal.stream import STREAM, StreamJournal
from resolver.recorder.recorder import REFUSED, Recorder
from resolver.redis import RedisStore, open_store
from resolver.scan_weights import Campaign
from tests.resolver.house import furnished
from tests.servers import RedisServer

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


class Kept:
    """A journal of either kind; `settle` waits until what is durable is in the ledger."""

    def __init__(self, ledger: Ledger, url: str) -> None:
        self._ledger, self._url = ledger, url
        self._opened: list[Journal] = []

    async def open(self, most: int = 500) -> Journal:
        if not self._url:
            journal: Journal = DirectJournal(self._ledger, CurrentRules(Rules()), most)
        else:
            journal = StreamJournal(await self.store(), capacity=most, stream_capacity=1000)
        self._opened.append(journal)
        return journal

    async def store(self) -> RedisStore:
        store = open_store(self._url)
        await store.ready()
        return store

    async def settle(self) -> None:
        if self._url:
            store = await self.store()
            recorder = Recorder(store, self._ledger, CurrentRules(Rules()), group_size=200)
            while await recorder.record_group():
                pass
            await store.close()

    async def close(self) -> None:
        for journal in self._opened:
            await journal.close()


@pytest.fixture(params=["direct", "stream"])
async def kept(request: pytest.FixtureRequest, ledger: Ledger) -> AsyncIterator[Kept]:
    url = ""
    if request.param == "stream":
        url = request.getfixturevalue("redis_server").url(database=3)
    made = Kept(ledger, url)
    if url:
        store = await made.store()
        await store.call(b"", "FLUSHDB")
        await store.close()
    yield made
    await made.close()


async def test_a_recorded_scan_is_in_the_ledger(ledger: Ledger, kept: Kept) -> None:
    journal = await kept.open()
    await journal.record(evidence(1))
    await kept.settle()
    assert await ledger.scans.list_of_stamp(1, 1) == [evidence(1).scan]


async def test_every_field_reaches_the_ledger(ledger: Ledger, kept: Kept) -> None:
    bare = ScanRow(b"b" * 16, 2, 7, AT, "page", "caution", 0.1)
    full = ScanRow(
        b"f" * 16, 2, 7, AT + 1, "page", "suspect", 7.25, ("a", "b"), 2**63 - 1, 3, 10.5, 106.25,
        3000.5, "79", "26740", "VN", "phone",
    )  # fmt: skip
    journal = await kept.open()
    for row in (bare, full):
        await journal.record(Evidence(row, False))
    await kept.settle()
    assert await ledger.scans.list_of_stamp(2, 7) == [bare, full]


async def test_a_scan_recorded_twice_is_in_the_ledger_once(ledger: Ledger, kept: Kept) -> None:
    journal = await kept.open()
    await journal.record(evidence(1))
    await journal.record(evidence(1))
    await kept.settle()
    assert await ledger.scans.count() == 1


async def test_an_alert_is_reported_with_its_scan(ledger: Ledger, kept: Kept) -> None:
    journal = await kept.open()
    await journal.record(evidence(1, alert=True))
    await journal.record(evidence(1, alert=True))
    await kept.settle()
    [alert] = await ledger.alerts.list()
    assert (alert.index, alert.scans, alert.reasons) == (1, 1, ("impossible_travel",))


async def test_a_batch_that_looks_leaked_is_one_alert(ledger: Ledger, kept: Kept) -> None:
    journal = await kept.open()
    for n in range(1, 9):
        quiet = evidence(n)
        await journal.record(quiet._replace(scan=quiet.scan._replace(first=True, anomalous=True)))
    await kept.settle()
    [alert] = await ledger.alerts.list()
    assert (alert.kind, alert.batch, alert.index) == ("batch", 1, None)
    assert alert.reasons == ("batch",)
    assert alert.score == Rules().batch_alert


async def test_beyond_its_capacity_it_refuses_at_once(ledger: Ledger, kept: Kept) -> None:
    journal = await kept.open(most=3)
    taken = [asyncio.create_task(journal.record(evidence(n))) for n in range(3)]
    await asyncio.sleep(0)
    with pytest.raises(TooManyWaiting):
        await journal.record(evidence(4))
    await asyncio.gather(*taken)
    await journal.record(evidence(5))
    await kept.settle()
    assert await ledger.scans.count() == 4


async def test_an_accepted_scan_is_written_though_its_caller_is_cancelled(
    ledger: Ledger, kept: Kept
) -> None:
    journal = await kept.open()
    asked = asyncio.create_task(journal.record(evidence(1)))
    await asyncio.sleep(0)
    asked.cancel()
    await journal.close()
    await kept.settle()
    assert await ledger.scans.count() == 1


async def test_closing_writes_waiting_scans_and_refuses_new_ones(
    ledger: Ledger, kept: Kept
) -> None:
    journal = await kept.open()
    taken = [asyncio.create_task(journal.record(evidence(n))) for n in range(50)]
    await asyncio.sleep(0)
    await journal.close()
    await asyncio.gather(*taken)
    await kept.settle()
    assert await ledger.scans.count() == 50
    with pytest.raises(NotRecorded):
        await journal.record(evidence(99))


# The direct journal's own.


@pytest.fixture
async def journal(ledger: Ledger) -> AsyncIterator[DirectJournal]:
    made = DirectJournal(ledger, CurrentRules(Rules()), capacity=500)
    yield made
    await made.close()


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
    assert await ledger.scans.count() == 300


async def test_a_failed_commit_is_reported_and_the_next_scan_is_tried(
    ledger: Ledger, journal: DirectJournal, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def full(_: object) -> int:
        raise StorageFull(detail="no space left")

    with monkeypatch.context() as patch:
        patch.setattr(ledger.scans, "append", full)
        with pytest.raises(NotRecorded):
            await journal.record(evidence(1))
    await journal.record(evidence(2))
    assert await ledger.scans.count() == 1


async def test_a_really_read_only_database_records_nothing(tmp_path: Path, ledger: Ledger) -> None:
    async with await open_ledger(f"sqlite:///{tmp_path / 'ledger.db'}?mode=ro") as frozen:
        journal = DirectJournal(frozen, CurrentRules(Rules()), capacity=10)
        with pytest.raises(NotRecorded):
            await journal.record(evidence(1))
        await journal.close()
    assert await ledger.scans.count() == 0


async def test_an_unreported_alert_is_reported_with_the_next_scan(
    ledger: Ledger, journal: DirectJournal, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def busy(*_: object, **__: object) -> None:
        raise StorageFull(detail="no space left")

    with monkeypatch.context() as patch:
        patch.setattr(ledger.alerts, "report_all", busy)
        await journal.record(evidence(1, alert=True))  # the scan itself is recorded
    assert await ledger.alerts.list() == []
    await journal.record(evidence(2))
    assert len(await ledger.alerts.list()) == 1


# The stream's and the recorder's own.


@pytest.fixture
async def stream(ledger: Ledger, redis_server: RedisServer) -> AsyncIterator[RedisStore]:
    store = open_store(redis_server.url(database=3))
    await store.ready()
    await store.call(b"", "FLUSHDB")
    yield store
    await store.close()


async def fill_stream(stream: RedisStore, count: int, alert: bool = False) -> None:
    for n in range(count):
        await stream.call(STREAM, "XADD", STREAM, "*", "e", encode_evidence(evidence(n, alert)))


async def test_entries_of_a_dead_recorder_are_claimed_by_another(
    ledger: Ledger, stream: RedisStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("resolver.recorder.recorder._CLAIM_MS", 50)
    await fill_stream(stream, 30)
    await Recorder(
        stream, ledger, CurrentRules(Rules()), group_size=10, name="first"
    ).record_group()
    # It takes ten more, and dies before it writes them.
    await stream.call(
        STREAM,
        "XREADGROUP",
        "GROUP",
        "recorders",
        "first",
        "COUNT",
        "10",
        "STREAMS",
        STREAM,
        ">",
    )
    await asyncio.sleep(0.06)
    second = Recorder(stream, ledger, CurrentRules(Rules()), group_size=10, name="second")
    while await second.record_group():
        pass
    assert await ledger.scans.count() == 30
    assert await stream.call(STREAM, "XLEN", STREAM) == 0


async def test_entries_written_and_not_acknowledged_are_in_the_ledger_once(
    ledger: Ledger, stream: RedisStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("resolver.recorder.recorder._CLAIM_MS", 50)
    await fill_stream(stream, 5, alert=True)
    recorder = Recorder(stream, ledger, CurrentRules(Rules()), group_size=10)
    call = recorder._call

    async def forgetful(*words: bytes | int) -> object:
        if words[0] in (b"XACK", b"XDEL"):
            raise ConnectionError("killed just here")
        return await call(*words)

    monkeypatch.setattr(recorder, "_call", forgetful)
    with pytest.raises(ConnectionError):
        await recorder.record_group()
    assert await ledger.scans.count() == 5
    await asyncio.sleep(0.06)
    assert await Recorder(stream, ledger, CurrentRules(Rules()), group_size=10).record_group() == 5
    assert await ledger.scans.count() == 5
    assert [alert.scans for alert in await ledger.alerts.list()] == [1] * 5


async def test_unreadable_entries_are_put_aside_and_block_nothing(
    ledger: Ledger, stream: RedisStore
) -> None:
    for entry in (b"nonsense", b"[99]", b'[1,true,"zz"]', encode_evidence(evidence(1))):
        await stream.call(STREAM, "XADD", STREAM, "*", "e", entry)
    assert await Recorder(stream, ledger, CurrentRules(Rules()), group_size=10).record_group() == 4
    assert await ledger.scans.count() == 1
    assert await stream.call(STREAM, "XLEN", REFUSED) == 3


async def test_a_full_stream_refuses_scans(stream: RedisStore, redis_server: RedisServer) -> None:
    await fill_stream(stream, 20)
    own = open_store(redis_server.url(database=3))
    await own.ready()
    journal = StreamJournal(own, capacity=100, stream_capacity=20)
    await asyncio.sleep(0.1)
    with pytest.raises(TooManyWaiting):
        await journal.record(evidence(99))
    with pytest.raises(NotRecorded):
        await journal.check()
    await journal.close()


async def test_a_lost_redis_records_nothing_and_says_whether_that_is_certain() -> None:
    with RedisServer() as server:
        store = open_store(server.url())
        await store.ready()
        journal = StreamJournal(store, capacity=10, stream_capacity=100)
        server.kill()
        with pytest.raises(NotRecorded):
            await journal.record(evidence(1))
        await asyncio.sleep(0.05)
        with pytest.raises(NotRecorded) as refusal:
            await journal.record(evidence(2))
        assert "unsure" not in refusal.value.evidence
        await journal.close()


def test_the_encoding_has_all_fields_of_a_scan() -> None:
    scan = ScanRow(
        id=b"i" * 16,
        batch=1,
        index=2,
        at=3,
        via="page",
        verdict="suspect",
        score=4.5,
        reasons=("a",),
        device=5,
        net=6,
        lat=7.5,
        lon=8.5,
        accuracy_m=9.5,
        province="79",
        ward="00001",
        country="VN",
        agent_class="phone",
        first=True,
        anomalous=True,
        signed="a.b.c",
        weight="discredited",
    )
    for value, default in zip(scan[7:], ScanRow._field_defaults.values(), strict=True):
        assert value != default  # a field that the encoding forgets comes back as its default
    evidence = Evidence(scan, True, Campaign("c", ((1, 2), (3, 4))), ("many_devices",))
    assert decode_evidence(encode_evidence(evidence)) == evidence
    assert decode_evidence(encode_evidence(Evidence(scan, alert=False))) == Evidence(scan, False)
