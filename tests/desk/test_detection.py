"""The page and the API of the detector, judged by decisions."""

import asyncio
from typing import Final

import pytest

from ledger import AlertState
from tests.desk.people import Page, Somebody, somebody
from tests.desk.running_desk import RunningDesk

DAY: Final = 86_400_000
STEPS: Final = (AlertState.INVESTIGATING, AlertState.CONFIRMED, AlertState.DISMISSED)


async def judge_alerts(desk: RunningDesk, confirmed: int, dismissed: int) -> None:
    """Alerts of a batch that people decided, and one that waits."""
    number = await desk.activated()
    for index in range(confirmed + dismissed):
        alert = await desk.alert(number, index, score=7.0 + index % 9)
        state, cause = (
            (AlertState.CONFIRMED, "copied")
            if index < confirmed
            else (AlertState.DISMISSED, "sample-on-show")
        )
        for step, why in ((AlertState.INVESTIGATING, None), (state, cause)):
            await desk.ledger.alerts.decide(alert, step, actor="thanh", cause=why)
    await desk.alert(number, 999)


async def wait_for_review(person: Somebody) -> Page:
    async with asyncio.timeout(30):
        while True:
            page = await person.get("/detection")
            if "hx-get" not in page.html:
                return page
            await asyncio.sleep(0.05)


@pytest.mark.usefixtures("quick_passwords")
async def test_an_inspector_reads_precision_and_reviews_the_thresholds(desk: RunningDesk) -> None:
    await judge_alerts(desk, 6, 3)
    async with somebody(desk, "thanh") as thanh:
        page = await thanh.get("/detection")
        assert "66,7% (35,4% đến 87,9%)" in page.text
        assert "6 trong 9" in page.text
        assert "tem sao chép bị bỏ sót" in page.text
        assert "Chưa có lần đánh giá nào" in page.text
        begun = await thanh.submit(page, "/detection")
        assert (begun.status, begun.path) == (200, "/detection")
        assert "Đang đánh giá lại." in begun.text
        done = await wait_for_review(thanh)
        assert "6,8 (đang dùng)" in done.text
        assert "quá ít tem để kết luận" in done.text
        part = await thanh.get("/detection/review")
        assert "6,8 (đang dùng)" in part.text
        empty = await thanh.get("/detection?since=2020-01-01&until=2020-12-31")
        assert "Chưa có kết luận nào trong kỳ này" in empty.text
        refused = await thanh.get("/detection?since=2021-01-01&until=2020-12-31")
        assert refused.status == 400
        table = await thanh.get("/export/detection/csv")
        assert "Theo loại cảnh báo,một tem,Được xác nhận,6,9,0.6667,0.3542,0.8794" in table.html
        assert "Theo từng ngưỡng cảnh báo" in table.html
        sheet = await thanh.get("/export/detection/xlsx")
        assert (sheet.status, sheet.html[:2]) == (200, "PK")


async def test_the_api_has_report_and_reviews(desk: RunningDesk) -> None:
    await judge_alerts(desk, 2, 1)
    report = await desk.fetch("bo", "GET", "/detection")
    assert (report["precision"]["part"], report["precision"]["whole"]) == (2, 3)
    assert report["by"]["kind"]["stamp"]["whole"] == 3
    assert report["waiting"] == 1
    assert await desk.fetch("bo", "GET", "/detection/reviews") == {"last": None, "done": None}
    begun = await desk.fetch("bo", "POST", "/detection/reviews")
    assert (begun["id"], begun["asked_by"]) == (1, "bo")
    async with asyncio.timeout(30):
        found = await desk.fetch("bo", "GET", "/detection/reviews")
        while found["done"] is None:
            await asyncio.sleep(0.05)
            found = await desk.fetch("bo", "GET", "/detection/reviews")
    assert found["done"]["result"]["labelled"] == 3
    refused = await desk.call("mai", "GET", "/detection")
    assert refused.status == 403
    wrong = await desk.call("bo", "GET", "/detection?since=tomorrow")
    assert wrong.status == 400
