"""Decisions: the last one is in force, and only more than was dismissed opens another case."""

from collections.abc import Sequence

import pytest
from sqlalchemy import event, text

from detection.reasons import Reason
from detection.rules import Rules
from ledger import (
    Alert,
    AlertEvidence,
    AlertState,
    BatchCount,
    CampaignCount,
    Ledger,
    ScanRow,
    open_ledger,
)
from ledger.errors import IllegalAlertDecision
from ledger.storage.store import Store
from tests.ledger.conftest import NOW, Clock
from tests.ledger.world import activated

MARGIN = Rules().reopen_margin
DEVICES, TRAVEL = Reason.MANY_DEVICES, Reason.IMPOSSIBLE_TRAVEL
INVESTIGATING, CONFIRMED = AlertState.INVESTIGATING, AlertState.CONFIRMED
DISMISSED, CLOSED, OPEN = AlertState.DISMISSED, AlertState.CLOSED, AlertState.OPEN
CAUSES = {CONFIRMED: "copied", DISMISSED: "sample-on-show"}


async def suspect(
    ledger: Ledger, score: float = 9.0, *more: Reason, batch: int = 1, index: int = 5, n: int = 1
) -> Alert:
    scans = [n.to_bytes(16, "big")]
    reasons = [DEVICES, *more]
    return await ledger.alerts.report(
        "stamp", batch, index, score=score, reasons=reasons, scans=scans
    )


async def decide(ledger: Ledger, id_: int, *states: AlertState) -> Alert:
    for state in states:
        alert = await ledger.alerts.decide(id_, state, actor="chi", cause=CAUSES.get(state))
    return alert


async def dismissed(ledger: Ledger, score: float = 9.0) -> Alert:
    return await decide(ledger, (await suspect(ledger, score)).id, INVESTIGATING, DISMISSED)


@pytest.mark.parametrize("steps", [(), (CLOSED,)])
async def test_evidence_of_what_was_dismissed_opens_nothing(
    ledger: Ledger, steps: Sequence[AlertState]
) -> None:
    first = await dismissed(ledger)
    first = await decide(ledger, first.id, *steps) if steps else first
    for n in range(2, 20):
        same = await suspect(ledger, 9.0 + MARGIN - 0.01, Reason.BATCH, Reason.POISONING, n=n)
        assert (same.id, same.state, same.score, same.scans) == (first.id, first.state, 9.0, 1)
    assert (await ledger.alerts.get(first.id)).history == first.history


@pytest.mark.parametrize("steps", [(), (CLOSED,)])
async def test_clearly_more_or_another_kind_opens_a_case_that_names_the_old_one(
    ledger: Ledger, steps: Sequence[AlertState]
) -> None:
    first = await dismissed(ledger)
    if steps:
        await decide(ledger, first.id, *steps)
    more = await suspect(ledger, 9.0 + MARGIN, n=2)
    assert (more.state, more.previous, more.scans) == (OPEN, first.id, 1)
    assert (await ledger.alerts.get(first.id)).state is (CLOSED if steps else DISMISSED)
    again = await suspect(ledger, 8.0, n=3)
    assert (again.id, again.scans) == (more.id, 2)
    await decide(ledger, more.id, INVESTIGATING, DISMISSED)
    assert (await suspect(ledger, 9.0 + MARGIN, n=4)).id == more.id
    other = await suspect(ledger, 8.0, TRAVEL, n=5)
    assert (other.state, other.previous) == (OPEN, more.id)


async def test_500_further_scans_of_a_growing_score_reopen_a_poisoned_case(
    ledger: Ledger,
) -> None:
    first = await dismissed(ledger)
    scores = [9.0 + n / 100 for n in range(500)]
    evidence = [
        AlertEvidence("stamp", 1, 5, score, (DEVICES,), (bytes([9]) + n.to_bytes(15, "big"),))
        for n, score in enumerate(scores)
    ]
    for start in range(0, 500, 50):
        [last] = await ledger.alerts.report_all(evidence[start : start + 50])
    assert (last.state, last.previous) == (OPEN, first.id)


async def test_a_confirmed_case_takes_evidence_until_it_is_closed(ledger: Ledger) -> None:
    first = await suspect(ledger)
    await decide(ledger, first.id, INVESTIGATING, CONFIRMED)
    more = await suspect(ledger, 99.0, TRAVEL, n=2)
    assert (more.id, more.state, more.scans) == (first.id, CONFIRMED, 2)
    await decide(ledger, first.id, CLOSED)
    late = await suspect(ledger, 999.0, Reason.RETURNED, n=3)
    assert (late.id, late.state, late.scans) == (first.id, CLOSED, 2)


async def test_the_last_decision_is_in_force_and_says_what_was_decided_on(
    ledger: Ledger, clock: Clock
) -> None:
    batch = await activated(ledger)
    assert await ledger.decisions.list_of_batch(batch) == []
    case = await suspect(ledger, 9.0, TRAVEL, batch=batch)
    await decide(ledger, case.id, INVESTIGATING)
    assert await ledger.decisions.list_of_batch(batch) == []
    await decide(ledger, case.id, DISMISSED, CLOSED)
    [row] = await ledger.decisions.list_of_batch(batch)
    assert (row.index, row.alert, row.confirmed, row.score) == (5, case.id, False, 9.0)
    assert (row.reasons, row.at) == ((DEVICES, TRAVEL), NOW)
    await decide(ledger, case.id, INVESTIGATING)
    assert await ledger.decisions.list_of_batch(batch) == [row]
    clock.now += 1000
    await decide(ledger, case.id, CONFIRMED)
    [row] = await ledger.decisions.list_of_batch(batch)
    assert (row.confirmed, row.at) == (True, NOW + 1000)


async def test_a_decision_is_a_change_of_its_batch(ledger: Ledger) -> None:
    batch = await activated(ledger)
    case = await suspect(ledger, batch=batch)
    whole = await ledger.alerts.report("batch", batch, None, score=3.0, reasons=["batch"])
    heads = await ledger.changes.get_heads()
    await decide(ledger, case.id, INVESTIGATING)
    changed = await ledger.changes.get_changes_after(heads)
    assert (changed.batches, changed.lots) == ({}, frozenset())
    await decide(ledger, whole.id, INVESTIGATING, CONFIRMED)
    changed = await ledger.changes.get_changes_after(changed.heads)
    assert set(changed.batches) == {batch}
    await decide(ledger, case.id, DISMISSED)
    changed = await ledger.changes.get_changes_after(changed.heads)
    assert set(changed.batches) == {batch}
    assert (await ledger.changes.get_changes_after(changed.heads)).batches == {}


async def test_a_case_is_not_taken_up_again_beside_another_active_one(ledger: Ledger) -> None:
    first = await dismissed(ledger)
    other = await suspect(ledger, 20.0, n=2)
    with pytest.raises(IllegalAlertDecision, match=f"alert {other.id} about the same is open"):
        await decide(ledger, first.id, INVESTIGATING)
    await decide(ledger, other.id, INVESTIGATING, DISMISSED)
    assert (await decide(ledger, first.id, INVESTIGATING)).cause is None


@pytest.mark.parametrize(
    ("statement", "what"),
    [
        ("UPDATE decisions SET confirmed = NOT confirmed", "was edited"),
        ("UPDATE decisions SET score = 99", "was edited"),
        ("UPDATE decisions SET idx = 6", "was never in the audit log"),
        ("DELETE FROM decisions", "was removed"),
    ],
)
async def test_an_edited_decision_is_found(
    ledger: Ledger, url: str, statement: str, what: str
) -> None:
    await dismissed(ledger, 9.25)
    assert (await ledger.audit.verify()).ok
    store = Store(url)
    async with store.append() as connection:
        await connection.execute(text(statement))
    await store.close()
    problems = (await ledger.audit.verify()).problems
    assert ("decisions", what) in [(one.table, one.what) for one in problems]


def campaign(*stamps: tuple[int, int], at: int = NOW, n: int = 1) -> AlertEvidence:
    return AlertEvidence(
        kind="campaign",
        batch=None,
        index=None,
        subject="c-7f",
        score=6.0,
        reasons=(Reason.POISONING,),
        scans=tuple(bytes([16 * n + batch, index]) * 8 for batch, index in stamps),
        stamps=stamps,
        at=at,
        counted=CampaignCount(networks=2, first_at=at, last_at=at + 1000),
    )


async def test_a_campaign_is_one_alert_that_lists_its_stamps(ledger: Ledger) -> None:
    hundred = [(1, index) for index in range(100)]
    [alert] = await ledger.alerts.report_all([campaign(stamp) for stamp in hundred[:60]])
    assert (alert.kind, alert.batch, alert.index, alert.campaign) == (
        "campaign",
        None,
        None,
        "c-7f",
    )
    [alert] = await ledger.alerts.report_all([campaign(*hundred[30:], (2, 7), at=NOW + 5000)])
    assert (alert.stamps, alert.scans, alert.expected_loss) == (101, 101, 606.0)
    assert alert.counted == CampaignCount(networks=2, first_at=NOW, last_at=NOW + 6000)
    assert await ledger.alerts.list() == [alert]
    pages, after = [], None
    while page := await ledger.alerts.find_stamps(alert, after=after, limit=40):
        pages.append(page)
        after = page[-1]
    assert [len(page) for page in pages] == [40, 40, 21]
    assert [stamp for page in pages for stamp in page] == [*hundred, (2, 7)]
    [same] = await ledger.alerts.report_all([campaign(*hundred)])
    assert same == alert


async def test_a_dismissed_campaign_is_reported_again_with_twice_the_stamps(
    ledger: Ledger,
) -> None:
    [first] = await ledger.alerts.report_all([campaign((1, 1), (1, 2), (1, 3))])
    await decide(ledger, first.id, INVESTIGATING, DISMISSED)
    [same] = await ledger.alerts.report_all([campaign(*((1, n) for n in range(5)))])
    assert (same.id, same.stamps) == (first.id, 3)
    [more] = await ledger.alerts.report_all([campaign(*((1, n) for n in range(6)))])
    assert (more.previous, more.stamps) == (first.id, 6)


async def test_a_campaign_of_twenty_thousand_stamps_is_one_alert(ledger: Ledger) -> None:
    many = [(index // 10_000, index % 10_000) for index in range(20_000)]
    evidence = AlertEvidence(
        "campaign", None, None, 6.0, ("poisoning",), subject="big", stamps=tuple(many)
    )
    for _ in range(2):
        [alert] = await ledger.alerts.report_all([evidence])
        assert alert.stamps == 20_000


async def test_a_dismissed_batch_is_reported_again_with_twice_the_stamps(ledger: Ledger) -> None:
    async def leak(stamps: int) -> Alert:
        evidence = AlertEvidence("batch", 1, None, 3.0, ("batch",), stamp_count=stamps)
        return (await ledger.alerts.report_all([evidence]))[0]

    first = await leak(5)
    await decide(ledger, first.id, INVESTIGATING, DISMISSED)
    assert (await leak(9)).id == first.id
    again = await leak(10)
    assert (again.previous, again.stamps) == (first.id, 10)
    await decide(ledger, again.id, INVESTIGATING, CONFIRMED, CLOSED)
    assert (await leak(99)).id == again.id


async def test_an_alert_of_a_batch_lists_its_anomalous_stamps_and_says_what_was_counted(
    ledger: Ledger,
) -> None:
    batch = await activated(ledger)
    rows = [
        ScanRow(
            id=n.to_bytes(16, "big"), batch=batch, index=n % 7, at=NOW + n, via="page",
            verdict="authentic", score=5.0, anomalous=n % 7 in (2, 5),
        )
        for n in range(20)
    ]  # fmt: skip
    await ledger.scans.append(rows)
    count = BatchCount(scanned=7.0, anomalous=2.0, usual_share=0.01)
    evidence = AlertEvidence("batch", batch, None, 3.0, ("batch",), stamp_count=2, counted=count)
    [alert] = await ledger.alerts.report_all([evidence])
    assert (alert.counted, alert.stamps) == (count, 2)
    assert await ledger.alerts.find_stamps(alert, limit=9) == [(batch, 2), (batch, 5)]
    assert await ledger.alerts.find_stamps(alert, after=(batch, 2), limit=9) == [(batch, 5)]


@pytest.mark.parametrize(
    ("kind", "batch", "index", "name"),
    [("campaign", 1, None, "c"), ("campaign", None, None, None), ("batch", None, None, None),
     ("stamp", 1, 2, "c"), ("batch", 1, 2, None)],
)  # fmt: skip
def test_evidence_names_its_subject(
    kind: str, batch: int | None, index: int | None, name: str | None
) -> None:
    with pytest.raises(ValueError, match="an alert about a stamp has a batch and an index"):
        AlertEvidence(kind, batch, index, 1.0, (), subject=name)  # type: ignore[arg-type]


async def test_what_is_read_of_the_stamps_and_cases_of_a_batch_is_in_an_index(
    sqlite_url: str,
) -> None:
    """A batch with a million claimed stamps has few that others claimed too."""
    asked: list[tuple[str, Sequence[object]]] = []
    async with await open_ledger(sqlite_url) as ledger:
        engine = ledger._store._engine.sync_engine

        @event.listens_for(engine, "before_cursor_execute")
        def note(_: object, __: object, sql: str, values: Sequence[object], *___: object) -> None:
            asked.append((sql, values))

        whole = await ledger.alerts.report("batch", 1, None, score=3.0, reasons=["batch"])
        asked.clear()
        await ledger.claims.list_others(1)
        await ledger.claims.list_unreported()
        await ledger.decisions.list_of_batch(1)
        await ledger.alerts.find_stamps(whole, after=(1, 5), limit=10)
        await ledger.alerts.find_linked(whole, 5)
        queries = [(sql, values) for sql, values in asked if sql.startswith("SELECT")]
        plans = []
        async with ledger._store.read() as connection:
            for sql, values in queries:
                plan = await connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", tuple(values))
                plans.append(plan.fetchall()[0][3])
    assert plans == [
        "SEARCH pin_attempts USING COVERING INDEX ix_pin_attempts_others (batch=? AND others>?)",
        "SCAN pin_attempts USING INDEX ix_pin_attempts_unreported",
        "SEARCH decisions USING PRIMARY KEY (kind=? AND batch=?)",
        "SEARCH scans USING COVERING INDEX ix_scans_anomalous (batch=? AND anomalous=? AND idx>?)",
        "SEARCH alerts USING INDEX ix_alerts_batch_idx_id (batch=? AND idx=?)",
        "SEARCH alerts USING INDEX ix_alerts_batch_expected_loss_id (batch=?)",
    ]
