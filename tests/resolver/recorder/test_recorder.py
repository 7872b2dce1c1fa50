"""The recorder with a real Redis and PostgreSQL: scans and alerts exactly once."""

import asyncio
import socket
from collections import Counter
from collections.abc import AsyncIterator, Callable

import aiohttp
import pytest

from detection.report_evidence import CONSUMER_REPORTS, REPORT_WEIGHTS
from detection.rules import Rules
from ledger import Claimant, Ledger, ReportRow, open_ledger
from ledger.storage.storage_errors import StorageDown
from resolver import ResolverSettings, run_recorder
from resolver.current_rules import CurrentRules
from resolver.journal import Evidence
from resolver.journal.encoding import encode_evidence
from resolver.journal.stream import FIELD, STREAM
from resolver.recorder.recorder import Recorder
from resolver.redis import RedisStore, open_store
from tests.resolver.journal.test_journal import evidence
from tests.resolver.process import Process
from tests.servers import PostgresServer, RedisServer
from web.errors import AddressTaken

DATABASE = 4
DAY_MS = 86_400_000


@pytest.fixture
def url(postgres: PostgresServer) -> str:
    return postgres.database()


@pytest.fixture
async def ledger(url: str) -> AsyncIterator[Ledger]:
    async with await open_ledger(url) as opened:
        await opened.migrate()
        yield opened


@pytest.fixture
async def stream(redis_server: RedisServer) -> AsyncIterator[RedisStore]:
    store = open_store(redis_server.url(DATABASE))
    await store.ready()
    await store.call(b"", "FLUSHDB")
    yield store
    await store.close()


def attack(n: int) -> Evidence:
    """Scan `n` of an attack on 100 stamps: two in three are suspicious, some anomalous."""
    made = evidence(n, alert=n % 3 > 0)
    return made._replace(scan=made.scan._replace(first=n < 100, anomalous=n % 50 == 1))


async def fill_stream(stream: RedisStore, scans: range) -> None:
    for start in range(scans.start, scans.stop, 1000):
        some = range(start, min(start + 1000, scans.stop))
        await asyncio.gather(
            *(
                stream.call(STREAM, "XADD", STREAM, "*", FIELD, encode_evidence(attack(n)))
                for n in some
            )
        )


async def everything_is_there_once(ledger: Ledger, count: int) -> None:
    """All scans, and each suspicious one in its stamp's one alert, told once in its history."""
    assert await ledger.scans.count() == count
    wanted = Counter(n % 100 for n in range(count) if n % 3 > 0)
    alerts = await ledger.alerts.list(limit=1000)
    assert {a.index: a.scans for a in alerts if a.kind == "stamp"} == wanted
    [batch] = [a for a in alerts if a.kind == "batch"]
    assert batch.scans <= sum(n % 50 == 1 for n in range(count))
    for alert in alerts:
        told = [scan for line in (await ledger.alerts.get(alert.id)).history for scan in line.scans]
        assert len(told) == len(set(told)) == alert.scans


async def test_a_group_raises_its_alerts_together(ledger: Ledger, stream: RedisStore) -> None:
    await fill_stream(stream, range(600))
    assert (
        await Recorder(stream, ledger, CurrentRules(Rules()), group_size=1000).record_group() == 600
    )
    await everything_is_there_once(ledger, 600)
    alerts = await ledger.alerts.list(limit=1000)
    # One line for the stamp and the flush, not one for the scan.
    assert {len((await ledger.alerts.get(alert.id)).history) for alert in alerts} == {1}


async def test_a_group_interrupted_between_scans_and_alerts_is_completed(
    ledger: Ledger, stream: RedisStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("resolver.recorder.recorder._CLAIM_MS", 50)
    await fill_stream(stream, range(300))

    async def down(*_: object, **__: object) -> None:
        raise StorageDown(detail="killed just here")

    with monkeypatch.context() as patch:
        patch.setattr(ledger.alerts, "report_all", down)
        with pytest.raises(StorageDown):
            await Recorder(
                stream, ledger, CurrentRules(Rules()), group_size=200, name="first"
            ).record_group()
    assert await ledger.scans.count() == 200
    assert await ledger.alerts.list() == []
    await asyncio.sleep(0.06)
    second = Recorder(
        stream, ledger, CurrentRules(Rules()), group_size=70, name="second"
    )  # in other groups
    while await second.record_group():
        pass
    await everything_is_there_once(ledger, 300)
    assert await stream.call(STREAM, "XLEN", STREAM) == 0


async def test_a_recorder_reports_who_else_knows_a_pin(ledger: Ledger, stream: RedisStore) -> None:
    for number in (1, 2):
        who = Claimant(number, number)
        await ledger.claims.record_attempt(7, 5, ok=True, claimant=who)
    recorder = Recorder(stream, ledger, CurrentRules(Rules()), group_size=200, name="only")
    await recorder.record_group()
    [alert] = await ledger.alerts.list()
    assert (alert.stamp, alert.reasons) == ((7, 5), ("second_claim",))
    assert await ledger.claims.list_unreported() == []


async def test_a_recorder_raises_the_alert_of_a_reported_stamp_just_below_one(
    ledger: Ledger, stream: RedisStore
) -> None:
    for n in (1, 2):
        report = ReportRow(bytes([n]) * 16, 1, 5, "?", n, at=n * DAY_MS, kind="copied", net=n)
        await ledger.reports.add(report)
    await ledger.report_groups.file_arrivals()
    for n, score, near in ((5, 6.0, ("outlived",)), (6, 6.0, ("outlived",)), (105, 6.2, ())):
        made = evidence(n)
        made = made._replace(scan=made.scan._replace(score=score, reasons=()), near=near)
        await stream.call(STREAM, "XADD", STREAM, "*", FIELD, encode_evidence(made))
    recorder = Recorder(stream, ledger, CurrentRules(Rules()), group_size=200, name="only")
    while await recorder.record_group():
        pass
    [alert] = await ledger.alerts.list()
    assert (alert.stamp, alert.reasons) == ((1, 5), ("outlived", CONSUMER_REPORTS))
    assert alert.score == pytest.approx(6.0 + 2 * REPORT_WEIGHTS["copied"])
    assert alert.scans == 1


async def metrics_of(url: str) -> dict[str, float]:
    """Each series and its value, over HTTP."""
    async with aiohttp.ClientSession() as session, session.get(f"{url}/metrics") as answer:
        assert answer.status == 200
        assert answer.content_type == "text/plain"
        lines = (await answer.text()).splitlines()
    told = (line.rpartition(" ") for line in lines if not line.startswith("#"))
    return {series: float(value) for series, _, value in told}


async def metrics_until(url: str, true: Callable[[dict[str, float]], bool]) -> dict[str, float]:
    for _ in range(200):
        told = await metrics_of(url)
        if true(told):
            return told
        await asyncio.sleep(0.05)
    raise AssertionError(told)


async def test_its_metrics_have_written_scans_and_lag(
    url: str,
    ledger: Ledger,
    stream: RedisStore,
    redis_server: RedisServer,
    postgres: PostgresServer,
) -> None:
    settings = ResolverSettings(
        ledger=url, journal=redis_server.url(DATABASE), recorder_admin_port=0
    )
    recorder = Process(settings, recorder=True)
    try:
        idle = await metrics_of(recorder.admin_url)
        assert idle["veritem_stream_scans"] == idle["veritem_stream_lag_seconds"] == 0
        await fill_stream(stream, range(300))
        await stream.call(STREAM, "XADD", STREAM, "*", FIELD, b"nonsense")
        told = await metrics_until(
            recorder.admin_url, lambda told: told["veritem_recorder_scans_total"] == 301
        )
        assert told["veritem_recorder_refused_total"] == told["veritem_stream_refused"] == 1
        assert told["veritem_recorder_group_scans_sum"] == 301
        assert told["veritem_recorder_scans_seconds_count"] >= 1
        assert told["veritem_recorder_alerts_seconds_count"] >= 1
        assert told["veritem_recorder_alerts_total"] >= 101
        assert told["veritem_stream_scans"] == 0
        postgres.kill()
        await fill_stream(stream, range(300, 350))
        behind = await metrics_until(
            recorder.admin_url,
            lambda told: told.get('veritem_recorder_retries_total{why="ledger-down"}', 0) >= 2,
        )
        assert behind["veritem_stream_scans"] == 50
        assert behind["veritem_stream_lag_seconds"] > 0.4
        postgres.start()
        await metrics_until(
            recorder.admin_url, lambda told: told["veritem_recorder_scans_total"] == 351
        )
    finally:
        assert recorder.end() == 0


def test_a_taken_admin_port_is_refused(url: str, redis_server: RedisServer) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        settings = ResolverSettings(
            ledger=url,
            journal=redis_server.url(DATABASE),
            recorder_admin_port=other.getsockname()[1],
        )
        with pytest.raises(AddressTaken, match="in use"):
            run_recorder(settings, Rules)


async def test_killed_recorders_leave_each_alert_once(
    url: str, ledger: Ledger, stream: RedisStore, redis_server: RedisServer
) -> None:
    settings = ResolverSettings(
        ledger=url,
        journal=redis_server.url(DATABASE),
        recorder_max_scans=60,
        recorder_admin_port=0,
    )
    count = 3_000
    await fill_stream(stream, range(count))
    for life in range(3):
        recorder = Process(settings, recorder=True)
        left = await stream.call(STREAM, "XLEN", STREAM)
        async with asyncio.timeout(60):
            while await stream.call(STREAM, "XLEN", STREAM) > left - 200:  # noqa: ASYNC110 - its
                await asyncio.sleep(0.005 * (life + 1))
        recorder.kill()
    assert await stream.call(STREAM, "XLEN", STREAM) > 0
    recorder = Process(settings, recorder=True)
    try:
        async with asyncio.timeout(30):  # what the dead ones held is claimed after five seconds
            while await stream.call(STREAM, "XLEN", STREAM):  # noqa: ASYNC110 - another process's
                await asyncio.sleep(0.05)
    finally:
        assert recorder.end() == 0
    await everything_is_there_once(ledger, count)
