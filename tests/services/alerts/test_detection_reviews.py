"""The detector judged by decisions: its report, who sees it, and reviews that change nothing."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from detection.rules import Rules
from ledger import AlertState, ScanRow
from services.alerts import alerts
from services.alerts.detection_report import make_report
from services.alerts.detection_reviews import (
    ReviewRunner,
    begin_review,
    find_reviews,
    run_review,
)
from services.errors import Forbidden, InvalidInput
from tests.services.office import NOW, Office

DAY = 86_400_000
HANOI, SAIGON, DA_NANG = (21.03, 105.85), (10.78, 106.70), (16.05, 108.20)


def scan_far_apart(batch: int, index: int, begin: int) -> list[ScanRow]:
    """Twelve people in three cities within eight days."""
    return [
        ScanRow(
            bytes([batch, index, n]) + bytes(13), batch, index, begin + n * 15 * 3_600_000, "page",
            "authentic", 0.0, device=n + 1, net=n + 1, lat=spot[0], lon=spot[1], accuracy_m=30.0,
            province="01", country="VN",
        )
        for n in range(12)
        for spot in [(HANOI, SAIGON, DA_NANG)[n % 3]]
    ]  # fmt: skip


async def decide(office: Office, alert: int, state: AlertState, cause: str) -> None:
    inspector = office.context("inspector")
    await alerts.decide_alert(inspector, alert, AlertState.INVESTIGATING)
    await alerts.decide_alert(inspector, alert, state, cause=cause)


@pytest.fixture
async def judged(office: Office) -> int:
    """A batch whose stamps 1 and 2 raised alerts: the first was confirmed, the other dismissed."""
    number = await office.activate_batch()
    copied = scan_far_apart(number, 1, NOW + DAY)
    shown = [
        row._replace(id=bytes([n]) * 16, index=2, lat=None, lon=None, province=None)
        for n, row in enumerate(copied[:2], 60)
    ]
    once = [shown[0]._replace(id=bytes([n]) * 16, index=n) for n in range(10, 14)]
    await office.ledger.scans.append([*copied, *shown, *once])
    for index, score in ((1, 15.0), (2, 7.0)):
        await office.ledger.alerts.report(
            "stamp", number, index, score=score, reasons=["many_devices"], at=NOW + 9 * DAY
        )
    office.now = NOW + 10 * DAY
    await decide(office, 1, AlertState.CONFIRMED, "copied")
    await decide(office, 2, AlertState.DISMISSED, "gift")
    return number


async def test_the_report_shows_precision_of_decisions(office: Office, judged: int) -> None:
    report = await make_report(office.context("authority"))
    total = report.summary.total
    assert (total.part, total.whole, report.waiting) == (1, 2, 0)
    assert 0 < total.low < 0.5 < total.high < 1
    assert report.summary.median_ms == DAY
    assert report.products["ri6"]["vi"] == "Sầu riêng Ri6"
    empty = await make_report(office.context("authority"), since="2020-01-01", until="2020-12-31")
    assert empty.summary.total.whole == 0
    with pytest.raises(InvalidInput):
        await make_report(office.context("authority"), since="2026-02-01", until="2026-01-01")
    with pytest.raises(InvalidInput):
        await make_report(office.context("authority"), until="yesterday")


async def test_a_closed_alert_keeps_its_label_and_a_reopened_one_has_none(
    office: Office, judged: int
) -> None:
    inspector = office.context("inspector")
    await alerts.decide_alert(inspector, 1, AlertState.CLOSED)
    await alerts.decide_alert(inspector, 2, AlertState.INVESTIGATING)
    report = await make_report(inspector)
    assert (report.summary.total.part, report.summary.total.whole, report.waiting) == (1, 1, 1)


async def test_who_does_not_judge_alerts_sees_neither_report_nor_review(office: Office) -> None:
    runner = ReviewRunner()
    for who in ("packer", "press", "issuer"):
        with pytest.raises(Forbidden):
            await make_report(office.context(who))
        with pytest.raises(Forbidden):
            await begin_review(office.context(who), runner)
        with pytest.raises(Forbidden):
            await find_reviews(office.context(who))


async def note_nothing(done: int, total: int) -> None:
    """Take progress."""


async def test_a_review_says_what_other_thresholds_would_have_done(
    office: Office, judged: int
) -> None:
    context = office.context("inspector")
    told: list[tuple[int, int]] = []

    async def note(done: int, total: int) -> None:
        told.append((done, total))

    before = await context.ledger.audit.get_head()
    result = await run_review(context, note)
    assert told == [(0, 3), (1, 3), (2, 3), (3, 3)]
    assert (result["labelled"], result["reproduced"], result["batches"]) == (2, 1, 1)
    [row] = [row for row in result["thresholds"] if row["is_in_force"]]
    assert (row["threshold"], row["confirmed"]["part"]) == (Rules().alert, 1)
    assert (row["dismissed"]["part"], row["dismissed"]["whole"]) == (1, 1)
    assert result["sampled"] >= 1
    assert await run_review(context, note_nothing) == result
    assert await context.ledger.audit.get_head() == before


@pytest.fixture
async def runner() -> AsyncIterator[ReviewRunner]:
    """What runs reviews in one process."""
    running = ReviewRunner()
    yield running
    await running.close()


async def wait_for_result(office: Office) -> dict[str, object]:
    async with asyncio.timeout(20):
        while True:
            _, done = await find_reviews(office.context("inspector"))
            if done is not None and done.result is not None:
                return dict(done.result)
            await asyncio.sleep(0.02)


async def test_a_review_is_asked_for_once_and_kept(
    office: Office, judged: int, runner: ReviewRunner
) -> None:
    context = office.context("authority")
    first, second = [await begin_review(context, runner) for _ in range(2)]
    assert first.id == second.id == 1
    result = await wait_for_result(office)
    assert result["labelled"] == 2
    asked = [e for e in await office.ledger.audit.list_after() if e.action == "detection.review"]
    assert [(entry.actor, entry.subject) for entry in asked] == [
        ("authority", "detection_reviews:1")
    ]
    assert (await begin_review(context, runner)).id == 2


async def test_a_review_that_was_killed_leaves_room_for_the_next(
    office: Office, judged: int, runner: ReviewRunner
) -> None:
    reviews = office.ledger.detection_reviews
    killed, _ = await reviews.begin("inspector")  # its process ends here
    last, done = await find_reviews(office.context("inspector"))
    assert last is not None
    assert last.is_running(last.seen_at)
    assert not last.is_running(last.seen_at + 60_000)
    assert done is None
    async with office.ledger._store.append() as connection:
        await connection.exec_driver_sql("UPDATE detection_reviews SET seen_at = 0")
    again = await begin_review(office.context("inspector"), runner)
    assert again.id == killed.id + 1
    assert (await wait_for_result(office))["labelled"] == 2


async def test_a_desk_that_ends_marks_its_review_as_failed(office: Office, judged: int) -> None:
    runner = ReviewRunner()
    await begin_review(office.context("inspector"), runner)
    await asyncio.sleep(0)
    await runner.close()
    last, _ = await find_reviews(office.context("inspector"))
    assert last is not None
    assert last.state in ("failed", "done")
