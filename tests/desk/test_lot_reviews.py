"""Reviews of lots on pages: submitted, returned with a comment, corrected, published."""

import re
from dataclasses import replace

import pytest

from tests.desk.people import somebody
from tests.desk.running_desk import RunningDesk, lot_document

pytestmark = pytest.mark.usefixtures("quick_passwords")


async def test_a_lot_is_submitted_returned_corrected_and_published(desk: RunningDesk) -> None:
    await desk.fetch("mai", "PUT", "/lots/L1", lot_document("L1"))
    async with somebody(desk, "mai") as mai, somebody(desk, "bo") as bo:
        lot = await mai.get("/lots/L1")
        assert "Chưa công bố" in lot.text
        lot = await mai.submit(lot, "/lots/L1/submit", version="1", note="Xin xem giúp")
        assert "Đã gửi hồ sơ đi thẩm định" in lot.text
        assert "đang chờ thẩm định" in lot.text
        assert 'action="/lots/L1/submit"' not in lot.html
        queue = await bo.get("/reviews")
        assert 'href="/reviews/1"' in queue.html
        assert "hồ sơ lô hàng chờ thẩm định" in (await bo.get("/")).text
        page = await bo.get("/reviews/1")
        assert "Xin xem giúp" in page.text
        assert "Buôn Kao" not in page.text
        assert "12.62" not in page.text
        bare = await bo.submit(page, "/reviews/1/return")
        assert (bare.status, "flaw" in bare.html) == (400, True)
        long = await bo.submit(page, "/reviews/1/return", comment="thiếu " * 1_000)
        assert (long.status, "thiếu thiếu" in long.text) == (400, True)
        page = await bo.submit(page, "/reviews/1/return", comment="Thiếu thương hiệu")
        assert "bị trả lại" in page.text
        assert 'href="/reviews/1"' not in (await bo.get("/reviews")).html
        assert "hồ sơ lô hàng bị trả, cần sửa" in (await mai.get("/")).text
        lot = await mai.get("/lots/L1")
        assert "Thiếu thương hiệu" in lot.text
        await desk.fetch("mai", "PUT", "/lots/L1", lot_document("L1", brand="Krông Pắc"))
        stale = await mai.submit(lot, "/lots/L1/submit", version="1", note="đã sửa rồi")
        assert (stale.status, "đã sửa rồi" in stale.text) == (409, True)
        await mai.submit(await mai.get("/lots/L1"), "/lots/L1/submit", version="2")
        done = await bo.submit(await bo.get("/reviews/2"), "/reviews/2/approve")
        assert "Trang người mua xem đổi ngay" in done.text
        assert 'action="/reviews/2/approve"' not in done.html
        lot = await mai.get("/lots/L1")
        assert "Đang công bố phiên bản 2" in lot.text
        published = await desk.fetch("mai", "GET", "/lots/L1/publication")
        assert published["statement"]["sha256"] in lot.text
        await desk.fetch("mai", "PUT", "/lots/L1", lot_document("L1", brand="Ea Kao"))
        await mai.submit(await mai.get("/lots/L1"), "/lots/L1/submit", version="3")
        assert re.search("Krông Pắc → Ea Kao", (await bo.get("/reviews/3")).text)


async def test_a_province_is_asked_for_two_reviewers(desk: RunningDesk) -> None:
    await desk.fetch("mai", "PUT", "/lots/L1", lot_document("L1"))
    async with somebody(desk, "bo") as bo, somebody(desk, "mai") as mai:
        rules = await bo.get("/review-rules")
        assert "một người thẩm định" in rules.text
        rules = await bo.submit(rules, "/review-rules", province="", reviewers="2")
        assert "Cả nước" in rules.text
        await mai.submit(await mai.get("/lots/L1"), "/lots/L1/submit", version="1")
        page = await bo.submit(await bo.get("/reviews/1"), "/reviews/1/approve")
        assert "còn chờ người thẩm định thứ hai" in page.text
        assert "Đã có 1 người đồng ý" in page.text
        assert (await mai.get("/review-rules")).status == 403
        page = await mai.submit(await mai.get("/reviews/1"), "/reviews/1/withdraw")
        assert "Đã rút hồ sơ" in page.text


async def test_another_packer_and_another_province_see_nothing(desk: RunningDesk) -> None:
    await desk.fetch("mai", "PUT", "/lots/L1", lot_document("L1"))
    await desk.fetch("mai", "POST", "/lots/L1/submissions", {"version": 1})
    async with somebody(desk, "lan") as lan:
        assert (await lan.get("/reviews/1")).status == 404
        assert "L1" not in (await lan.get("/reviews")).text
    known = await desk.ledger.organisations.get("krong-pac")
    await desk.ledger.organisations.replace(replace(known, province="66"))
    listed = await desk.fetch("bo", "GET", "/reviews?province=66")
    assert [one["lot"] for one in listed["submissions"]] == ["L1"]
    assert (await desk.fetch("bo", "GET", "/reviews?province=01"))["submissions"] == []
