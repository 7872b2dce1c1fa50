"""Reloaded rules reach the scan path, the history rebuild, the direct journal and the recorder."""

from pathlib import Path

from detection.rules import Rules
from detection.scan_history import ScanHistory
from ledger import ScanRow, open_ledger
from resolver.current_rules import CurrentRules
from resolver.history import Partition
from resolver.history.rebuild import HistoryRebuild
from resolver.journal import Evidence
from resolver.journal.direct import DirectJournal
from resolver.journal.encoding import encode_evidence
from resolver.journal.stream import FIELD, STREAM
from resolver.recorder.recorder import Recorder
from resolver.redis import open_store
from tests.resolver.house import HANOI, JSON, SAIGON, House, code_of, furnished
from tests.servers import RedisServer

ALERT_NEVER = Rules(batch_min_anomalous=100.0)


def anomalous_scans(batch: int, at: int, first: int = 0) -> list[Evidence]:
    """Anomalous scans of eight stamps: by the default rules, the batch has leaked."""
    return [
        Evidence(
            ScanRow(
                id=n.to_bytes(16, "big"),
                batch=batch,
                index=n,
                at=at,
                via="page",
                verdict="caution",
                score=5.0,
                device=n + 1,
                net=n + 1,
                first=True,
                anomalous=True,
            ),
            alert=False,
        )
        for n in range(first, first + 8)
    ]


def test_variants_for_measured_scan_rates_follow_the_replaced_rules() -> None:
    current = CurrentRules(Rules())
    assert current.rules_at(None) is current.rules
    assert current.rules_at(0.05) is current.rules_at(0.05)
    current.replace(Rules(caution=1.0))
    assert (current.rules_at(0.05).caution, current.rules_at(0.05).scan_rate) == (1.0, 0.05)


def test_rules_that_fail_to_load_leave_the_old_ones() -> None:
    current = CurrentRules(Rules())
    before = current.rules

    def fail() -> Rules:
        raise ValueError("caution: must not be above alert")

    current.reload(fail)
    assert current.rules is before
    current.reload(lambda: ALERT_NEVER)
    assert current.rules is ALERT_NEVER


async def test_a_visit_is_judged_by_the_replaced_rules(house: House) -> None:
    code = code_of(house.batches.active, 1)
    await house.scan(code, HANOI)
    house.clock.pass_minutes(10)
    await house.scan(code, SAIGON)
    await house.dependencies.batch_cache.refresh()

    async def verdict() -> str:
        return str((await (await house.get(f"/S/{code}", **JSON)).json())["verdict"])

    assert await verdict() == "caution"
    house.dependencies.current_rules.replace(Rules(caution=40.0, alert=50.0, suspect=60.0))
    assert await verdict() == "authentic"


async def test_the_history_rebuild_goes_by_the_replaced_rules(house: House) -> None:
    deps = house.dependencies
    batch, at = house.batches.active, house.clock() + 2 * 86_400_000
    scans = [
        ScanRow(
            id=bytes([n]) * 16,
            batch=batch,
            index=1,
            at=at + n * 1000,
            via="page",
            verdict="authentic",
            score=0.0,
            device=n,
            net=n,
        )
        for n in range(1, 9)
    ]
    await deps.ledger.scans.append(scans)
    current = CurrentRules(Rules())
    rebuild = HistoryRebuild(deps.ledger, deps.batch_cache, current, house.clock, 600)

    async def bursts() -> int:
        partition: Partition = await rebuild.rebuild_partition(batch, 0)
        return ScanHistory.unpack(partition.histories[1]).bursts

    calm = await bursts()
    current.replace(Rules(burst_threshold=0))
    assert await bursts() > calm


async def test_the_direct_journal_reports_by_the_replaced_rules(tmp_path: Path) -> None:
    await furnished(tmp_path / "ledger.db")
    async with await open_ledger(f"sqlite:///{tmp_path / 'ledger.db'}") as ledger:
        current = CurrentRules(ALERT_NEVER)
        journal = DirectJournal(ledger, current, capacity=100)
        for evidence in anomalous_scans(1, 1_789_200_000_000):
            await journal.record(evidence)
        assert await ledger.alerts.list() == []
        current.replace(Rules())
        for evidence in anomalous_scans(1, 1_789_200_000_000, first=8):
            await journal.record(evidence)
        assert [alert.kind for alert in await ledger.alerts.list()] == ["batch"]
        await journal.close()


async def test_the_recorder_reports_by_the_replaced_rules(
    tmp_path: Path, redis_server: RedisServer
) -> None:
    await furnished(tmp_path / "ledger.db")
    store = open_store(redis_server.url(database=3))
    await store.ready()
    await store.call(b"", "FLUSHDB")
    async with await open_ledger(f"sqlite:///{tmp_path / 'ledger.db'}") as ledger:
        current = CurrentRules(ALERT_NEVER)
        recorder = Recorder(store, ledger, current, group_size=100)

        async def record(first: int) -> None:
            for evidence in anomalous_scans(1, 1_789_200_000_000, first):
                await store.call(STREAM, "XADD", STREAM, "*", FIELD, encode_evidence(evidence))
            assert await recorder.record_group() == 8

        await record(0)
        assert await ledger.alerts.list() == []
        current.replace(Rules())
        await record(8)
        assert [alert.kind for alert in await ledger.alerts.list()] == ["batch"]
    await store.close()
