"""The page of a province: its lists, and what a mandatory product asks of a packer."""

import html
import re
from dataclasses import replace
from datetime import date, timedelta

import pytest
from playwright.async_api import Browser

from ledger import Organisation
from stamps.vietnam_time import to_date
from tests.accessibility import find_flaws
from tests.accounts import add_accounts
from tests.desk.people import somebody
from tests.desk.running_desk import RunningDesk, lot_document
from tests.desk.test_browser import sign_in

pytestmark = pytest.mark.usefixtures("quick_passwords")


def tomorrow(desk: RunningDesk) -> date:
    return to_date(desk.clock()) + timedelta(days=1)


async def make_local(desk: RunningDesk) -> None:
    """Make the account `bo` an authority of Đắk Lắk, and `mai` a packer there."""
    organisations = desk.ledger.organisations
    await organisations.add(Organisation("so-66", "authority", "Sở Đắk Lắk", province="66"))
    known = await organisations.get("krong-pac")
    await organisations.replace(replace(known, province="66"))


async def test_the_ministry_puts_products_on_lists_and_takes_them_off(desk: RunningDesk) -> None:
    await make_local(desk)
    async with somebody(desk, "bo") as bo:
        page = await bo.get("/province?province=66")
        assert "Các bên" in page.text
        day = {"since": "2026-02-01", "basis_day": "2026-01-02", "basis": "412/QĐ-UBND"}
        wrong = {**day, "kind": "ocop", "product": "ri6", "province": "66", "stars": ""}
        refused = await bo.submit(page, "/province/lists", **wrong)
        assert refused.status == 400
        assert 'value="412/QĐ-UBND"' in refused.html
        page = await bo.submit(page, "/province/lists", **{**wrong, "stars": "4"})
        assert "Đã đưa sản phẩm vào danh mục" in page.text
        assert "4 sao" in page.text
        [entry] = (await desk.fetch("bo", "GET", "/product-lists"))["entries"]
        page = await bo.submit(page, f"/province/lists/{entry['id']}/end", reason="Hết hạn")
        assert "Đã đưa sản phẩm ra khỏi danh mục" in page.text
        [ended] = (await desk.fetch("bo", "GET", "/product-lists"))["entries"]
        assert ended["end_reason"] == "Hết hạn"
        assert "Hết hạn" not in page.text
        history = await bo.get("/province?province=66&ended=1")
        assert "4 sao" in history.text
        assert ": Hết hạn" in history.text
        assert f"/province/lists/{entry['id']}/end" not in history.html
        assert (await bo.get("/province")).status == 200
        assert (await bo.get("/province?province=999")).status == 400
    async with somebody(desk, "mai") as mai:
        assert (await mai.get("/province")).status == 403
    assert (await desk.call("mai", "GET", "/product-lists")).status == 403


async def test_a_packer_is_told_before_a_product_is_mandatory_and_refused_after(
    desk: RunningDesk,
) -> None:
    await make_local(desk)
    number = await desk.printed()
    await desk.fetch("mai", "PUT", "/lots/L1", lot_document("L1"))
    await add_accounts(desk.ledger, "hai", role="authority")
    async with (
        somebody(desk, "bo") as bo,
        somebody(desk, "hai") as hai,
        somebody(desk, "mai") as mai,
    ):
        fields = {
            "kind": "mandatory",
            "product": "ri6",
            "province": "66",
            "since": tomorrow(desk).isoformat(),
            "basis": "99/QĐ-UBND",
            "basis_day": "2026-01-02",
        }
        page = await bo.submit(await bo.get("/province?province=66"), "/province/lists", **fields)
        assert "danh mục bắt buộc" in page.text
        [proposal] = (await desk.fetch("bo", "GET", "/proposals?state=open"))["proposals"]
        path = f"/proposals/{proposal['id']}"
        await hai.submit(await hai.get(path), f"{path}/approve")
        told = await mai.get("/lots/L1")
        assert "phải có hồ sơ được công bố" in told.text
        desk.clock.now += 2 * 86_400_000
    answer = await desk.call(
        "mai",
        "POST",
        "/transitions",
        {"transition": "activate", "range": f"{number}·0-9", "lot": "L1"},
        key="a",
    )
    assert answer.status == 409
    assert (await answer.json())["type"] == "/problems/record-unpublished"


async def test_the_entries_of_a_province_are_paged(
    desk: RunningDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("desk.pages.province.MOST_SHOWN", 1)
    day = {"basis_day": "2026-01-02", "since": "2026-02-01"}
    for number in ("71/QĐ", "73/QĐ"):
        body = {"kind": "export", "product": "ri6", "province": "66", "basis": number, **day}
        added = await desk.fetch("bo", "POST", "/product-lists", body)
        desk.clock.now += 1000
        await desk.fetch(
            "bo", "POST", f"/product-lists/{added['entry']['id']}/end", {"reason": "x"}
        )
    async with somebody(desk, "bo") as bo:
        first = await bo.get("/province?province=66&ended=1")
        assert ("73/QĐ" in first.text, "71/QĐ" in first.text) == (True, False)
        [link] = re.findall(r'rel="next" href="([^"]+)"', first.html)
        second = await bo.get("/province" + html.unescape(link))
        assert ("73/QĐ" in second.text, "71/QĐ" in second.text) == (False, True)


async def test_the_page_is_accessible(desk: RunningDesk, browser: Browser) -> None:
    await make_local(desk)
    day = {"basis": "412/QĐ-UBND", "basis_day": "2026-01-02", "since": "2026-02-01"}
    for kind in ("speciality", "export"):
        body = {"kind": kind, "product": "ri6", "province": "66", **day}
        await desk.fetch("bo", "POST", "/product-lists", body)
    page = await (await browser.new_context(locale="vi-VN")).new_page()
    await sign_in(page, desk, "bo")
    await page.goto(f"{desk.url}/province?province=66")
    assert await find_flaws(page) == []
