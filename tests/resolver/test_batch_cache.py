"""The batch cache is current and bounded, and serves without the ledger."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from detection.rules import Rules
from detection.scan_event import Via
from detection.user_agent import AgentClass
from detection.verdict import Verdict
from ledger import AlertEvidence, AlertState, Ledger, ScanRow, open_ledger
from ledger.storage.storage_errors import StorageDown
from resolver.answer import STATE_STALE
from resolver.batch_cache import BatchCache
from resolver.current_rules import CurrentRules
from resolver.errors import Unavailable
from resolver.scan_service import Scan
from resolver.single_flight import SingleFlight
from resolver.urls import StampRequest
from stamps.errors import UnknownCode
from stamps.lifecycle import State, Transition
from tests.resolver.house import Batches, Clock, House, code_of, furnished, save_lot, transition


class Site:
    def __init__(self, ledger: Ledger, batches: Batches) -> None:
        self.clock = Clock()
        self.rules = CurrentRules(Rules())
        self.ledger, self.batches = ledger, batches
        self.cache = self.fresh()

    def fresh(self, batches: int = 512, *, measure_scan_rate: bool = True) -> BatchCache:
        return BatchCache(
            self.ledger,
            self.clock,
            self.rules,
            batches=batches,
            lots=10,
            refresh_seconds=0.02,
            stale_seconds=5,
            measure_scan_rate=measure_scan_rate,
        )


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    batches = await furnished(tmp_path / "ledger.db")
    async with await open_ledger(f"sqlite:///{tmp_path / 'ledger.db'}") as ledger:
        yield Site(ledger, batches)


async def test_a_batch_is_loaded_once_for_all_callers(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []
    get = site.ledger.batches.get

    async def counted(number: int) -> object:
        asked.append(number)
        return await get(number)

    monkeypatch.setattr(site.ledger.batches, "get", counted)
    assert site.cache.get_cached(0, site.batches.active, 1) is None
    found = await asyncio.gather(*(site.cache.load(0, site.batches.active, n) for n in range(50)))
    assert asked == [site.batches.active]
    assert {standing.context.state for standing in found} == {State.ACTIVATED}
    assert site.cache.get_cached(0, site.batches.active, 1) is found[0]


async def test_a_transition_of_a_range_is_seen_by_the_next_refresh(site: Site) -> None:
    await site.cache.refresh()
    await site.cache.load(0, site.batches.active, 1)
    await transition(
        site.ledger, site.batches.active, Transition.SUSPEND, 10, 20, reason="inspection"
    )
    await site.cache.refresh()
    states = [
        site.cache.get_cached(0, site.batches.active, n).context.state for n in (9, 10, 19, 20)
    ]  # type: ignore[union-attr]
    assert states == [State.ACTIVATED, State.SUSPENDED, State.SUSPENDED, State.ACTIVATED]


async def test_the_time_until_a_page_shows_a_decision_is_counted(site: Site) -> None:
    number = site.batches.active
    await site.cache.refresh()
    await site.cache.load(0, number, 1)
    written_at = site.clock.now
    alert = await site.ledger.alerts.report("stamp", number, 1, score=8.0, reasons=["x"])
    for state, cause in ((AlertState.INVESTIGATING, None), (AlertState.CONFIRMED, "copied")):
        await site.ledger.alerts.decide(alert.id, state, actor="chi", cause=cause, at=written_at)
    for lo in (10, 20):  # the first change of a batch counts
        await transition(
            site.ledger, number, Transition.SUSPEND, lo, lo + 1, reason="inspection",
            at=written_at + lo,
        )  # fmt: skip
    other = site.batches.printed  # not cached: its page is current with its first load
    await transition(site.ledger, other, Transition.VOID, 0, 1, reason="lost", at=written_at)
    site.clock.now += 700
    await site.cache.refresh()
    site.clock.now += 5_000
    await site.cache.refresh()  # nothing changed since
    [family] = [site.cache.change_times.to_family()]
    counts = {sample.labels.get("le"): sample.value for sample in family.samples}
    assert (counts["0.5"], counts["1.0"], counts["+Inf"]) == (0, 1, 1)


async def test_the_anomaly_of_a_batch_is_evidence_for_each_of_its_stamps(site: Site) -> None:
    batch = site.batches.active
    assert (await site.cache.load(0, batch, 1)).context.batch_evidence == 0.0
    anomalous = ScanRow(
        bytes(16), batch, 0, site.clock(), "page", "caution", 5.0, first=True, anomalous=True
    )
    await site.ledger.scans.append(
        [anomalous._replace(id=n.to_bytes(16, "big"), index=n) for n in range(8)]
    )
    site.clock.now += 61_000
    await site.cache.refresh()
    known = site.cache.get_cached(0, batch, 1)
    assert known is not None
    assert known.context.batch_evidence == Rules().batch_alert


async def test_a_dismissed_batch_is_no_evidence_until_it_has_twice_the_stamps(site: Site) -> None:
    batch = site.batches.active
    scan = ScanRow(
        bytes(16), batch, 0, site.clock(), "page", "caution", 5.0, first=True, anomalous=True
    )

    async def append(indexes: range) -> None:
        rows = [scan._replace(id=n.to_bytes(16, "big"), index=n) for n in indexes]
        await site.ledger.scans.append(rows)

    async def get_evidence() -> float:
        return (await site.cache.load(0, batch, 1)).context.batch_evidence

    await site.cache.refresh()
    await append(range(8))
    said = AlertEvidence("batch", batch, None, 3.0, ("batch",), stamp_count=8)
    [alert] = await site.ledger.alerts.report_all([said])
    assert await get_evidence() == Rules().batch_alert
    decide = site.ledger.alerts.decide
    for state, cause, evidence in (
        (AlertState.INVESTIGATING, None, Rules().batch_alert),
        (AlertState.DISMISSED, "test-scan", 0.0),
        (AlertState.INVESTIGATING, None, 0.0),
        (AlertState.CONFIRMED, "leaked", Rules().batch_alert),
        (AlertState.INVESTIGATING, None, Rules().batch_alert),
        (AlertState.DISMISSED, "test-scan", 0.0),
    ):
        await decide(alert.id, state, actor="chi", cause=cause)
        await site.cache.refresh()
        assert await get_evidence() == evidence
    await append(range(8, 15))
    await site.cache.reload_batch(batch)
    assert await get_evidence() == 0.0
    await append(range(15, 16))
    await site.cache.reload_batch(batch)
    assert await get_evidence() == Rules().batch_alert


async def test_replaced_rules_reach_cached_batches_with_the_next_refresh(site: Site) -> None:
    batch = site.batches.active
    scan = ScanRow(
        bytes(16), batch, 0, site.clock(), "page", "caution", 5.0, first=True, anomalous=True
    )
    await site.ledger.scans.append(
        [scan._replace(id=n.to_bytes(16, "big"), index=n) for n in range(8)]
    )
    await site.cache.refresh()
    assert (await site.cache.load(0, batch, 1)).context.batch_evidence == Rules().batch_alert
    site.rules.replace(Rules(batch_min_anomalous=100.0))
    await site.cache.refresh()
    known = site.cache.get_cached(0, batch, 1)
    assert known is not None
    assert known.context.batch_evidence == 0.0


async def test_a_corrected_lot_is_seen_by_the_next_refresh(site: Site) -> None:
    await site.cache.refresh()
    before = (await site.cache.load(0, site.batches.active, 1)).lot
    assert before is not None
    await site.cache.refresh()
    await save_lot(site.ledger, brand="Krông Pắc Durian", market=["VN"])
    await site.cache.refresh()
    for batch in (site.batches.active, site.batches.printed):
        await site.cache.load(0, batch, 1)
    known = site.cache.get_cached(0, site.batches.active, 1)
    assert known is not None
    assert known.lot is not None
    assert known.lot.document["brand"] == "Krông Pắc Durian"
    assert known.context.market == ("VN",)
    assert [one.changed for one in known.lot.corrections] == [("brand", "market")]
    await save_lot(site.ledger)
    await site.cache.refresh()
    again = site.cache.get_cached(0, site.batches.active, 1)
    assert again is not None
    assert again.lot is not None
    assert again.lot.document == before.document
    assert [one.version for one in again.lot.corrections] == [3, 2]


async def test_a_change_during_a_load_is_not_missed(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    await site.cache.refresh()
    spans, read, go_on = site.ledger.transitions.list_spans, asyncio.Event(), asyncio.Event()

    async def slow(number: int) -> object:
        found = await spans(number)
        read.set()
        await go_on.wait()
        return found

    with monkeypatch.context() as patch:
        patch.setattr(site.ledger.transitions, "list_spans", slow)
        asked = asyncio.create_task(site.cache.load(0, site.batches.active, 1))
        await read.wait()
    await transition(site.ledger, site.batches.active, Transition.RECALL, reason="food-safety")
    await site.cache.refresh()
    go_on.set()
    assert (await asked).context.state is State.RECALLED


async def test_a_batch_is_reloaded_after_a_minute_without_changes(site: Site) -> None:
    await site.cache.refresh()
    first = await site.cache.load(0, site.batches.active, 1)
    await site.cache.refresh()
    assert site.cache.get_cached(0, site.batches.active, 1) is first
    site.clock.pass_minutes(1.1)
    await site.cache.refresh()
    assert site.cache.get_cached(0, site.batches.active, 1) is not first


async def test_an_unknown_stamp_is_refused_and_the_ledger_is_asked_once(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    for epoch, batch, index in ((0, 999, 0), (0, site.batches.active, 100), (1, 1, 0)):
        with pytest.raises(UnknownCode):
            await site.cache.load(epoch, batch, index)

    async def never(_: int) -> None:
        raise AssertionError("asked again")

    monkeypatch.setattr(site.ledger.batches, "get", never)
    with pytest.raises(UnknownCode):
        await site.cache.load(0, 999, 5)


async def test_without_the_ledger_cached_batches_are_served_as_stale(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    await site.cache.refresh()
    await site.cache.load(0, site.batches.active, 1)

    async def down(*_: object) -> None:
        raise StorageDown(detail="gone")

    with monkeypatch.context() as patch:
        patch.setattr(site.ledger.changes, "get_changes_after", down)
        patch.setattr(site.ledger.batches, "get", down)
        site.clock.pass_minutes(0.2)
        with pytest.raises(StorageDown):
            await site.cache.refresh()
        assert site.cache.is_stale(site.clock())
        assert site.cache.get_cached(0, site.batches.active, 1) is not None
        with pytest.raises(Unavailable):
            await site.cache.load(0, site.batches.printed, 1)
    await site.cache.refresh()
    assert not site.cache.is_stale(site.clock())


async def test_the_number_of_cached_batches_is_bounded(site: Site) -> None:
    cache = site.fresh(batches=2)
    for name in ("active", "printed", "void"):
        await cache.load(0, getattr(site.batches, name), 1)
    kept = [
        name
        for name in ("active", "printed", "void")
        if cache.get_cached(0, getattr(site.batches, name), 1)
    ]
    assert kept == ["printed", "void"]


async def test_a_failed_load_fails_for_all_callers_and_is_tried_again() -> None:
    tries = []

    async def fetch(key: str) -> int:
        tries.append(key)
        await asyncio.sleep(0)
        if len(tries) == 1:
            raise OSError("first")
        return 7

    flights = SingleFlight[str, int](fetch)
    failed = await asyncio.gather(flights.fetch("a"), flights.fetch("a"), return_exceptions=True)
    assert [type(one) for one in failed] == [OSError, OSError]
    assert await flights.fetch("a") == 7
    assert tries == ["a", "a"]


async def test_an_answer_names_the_moment_at_which_its_state_was_read(house: House) -> None:
    """A visit and a scan that wait for a slow store while their stamp is recalled."""
    service, cache = house.serving.context.scan_service, house.dependencies.batch_cache
    batch, clock = house.batches.active, house.clock
    request = StampRequest(code_of(batch, 7))
    resolved = await service.resolve_stamp(request)
    read_at = clock()
    clock.pass_minutes(1)
    recalled_at = clock()
    await transition(house.ledger, batch, Transition.RECALL, reason="food-safety", at=recalled_at)
    clock.pass_minutes(1)
    await cache.refresh()
    assert cache.fresh_at == clock()
    scan = Scan(b"7" * 16, clock(), 1, 1, None, None, Via.PAGE, AgentClass.PHONE)
    for late in (
        await service.view_stamp(resolved, clock()),
        await service.record_scan(resolved, scan),
    ):
        assert (late.as_of, late.verdict) == (read_at, Verdict.CAUTION)
        assert late.reasons[-1] == STATE_STALE
    seen = await service.view_stamp(await service.resolve_stamp(request), clock())
    # The refresh that the notification began may end last, with the moment of its begin.
    assert seen.verdict is Verdict.RECALLED
    assert recalled_at <= seen.as_of <= clock()
