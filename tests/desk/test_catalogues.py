"""Catalogues and the page of personal data, as people and systems see them."""

import asyncio
import re

from tests.desk.people import somebody
from tests.desk.running_desk import RunningDesk


async def test_a_catalogue_is_searched_and_downloaded(desk: RunningDesk) -> None:
    async with somebody(desk, "mai") as mai:
        listed = await mai.get("/catalogues")
        assert "Đơn vị tính" in listed.text
        page = await mai.get("/catalogues/provinces?q=đắk")
        assert "Tỉnh Đắk Lắk" in page.text
        assert "Lâm Đồng" not in page.text
        file = await mai.get("/catalogues/units/files/csv")
        assert file.html.splitlines()[0].lstrip("\ufeff") == "code,vi,en,zh"
        assert (await mai.get("/catalogues/none")).status == 404
        assert (await mai.get("/catalogues/units/files/pdf")).status == 400


async def test_who_is_not_signed_in_reads_what_personal_data_is_kept(desk: RunningDesk) -> None:
    async with somebody(desk, "mai") as mai:
        shown = await mai.get("/privacy")
        assert "730 ngày sau khi quét" in shown.text
        own = await mai.get("/account/data")
        assert '"staff_sessions"' in own.html
        assert "password_hash" not in own.html


async def test_an_administrator_erases_the_account_of_who_left(desk: RunningDesk) -> None:
    await desk.ledger.staff.disable("lan", actor="hoa")
    async with somebody(desk, "tri") as tri:
        page = await tri.get("/staff/lan")
        refused = await tri.submit(page, "/staff/lan/erase")
        assert refused.status != 303
        assert (await desk.ledger.staff.get("lan")).name != "–"
        await tri.submit(page, "/staff/lan/erase", sure="yes")
        assert (await desk.ledger.staff.get("lan")).name == "–"
        page = await tri.get("/staff/lan")
        assert "/staff/lan/erase" not in page.html


async def test_an_organisation_asks_for_its_data_and_downloads_it(desk: RunningDesk) -> None:
    async with somebody(desk, "mai") as mai:
        page = await mai.get("/data-exports")
        asked = await mai.submit(page, "/data-exports")
        assert "Đã nhận yêu cầu" in asked.text
        for _ in range(200):
            shown = await mai.get("/data-exports")
            if found := re.findall(r'href="(/data-exports/\w+/file)"', shown.html):
                break
            await asyncio.sleep(0.05)
        [link] = found
    answer = await desk.call("mai", "GET", link.replace("/file", ""))
    assert (await answer.json())["state"] == "ready"
    refused = await desk.call("lan", "GET", link)
    assert refused.status == 404


async def test_the_quality_of_data_names_months_and_items_in_the_reader_s_words(
    desk: RunningDesk,
) -> None:
    await desk.lot()
    await desk.ledger.quality_facts.fold()
    async with somebody(desk, "mai") as mai:
        page = await mai.get("/quality")
        assert "tháng 9 năm 2026" in page.text
        assert "Lô hàng đủ thông tin" in page.text
        assert "1 / 1" in page.text
        wrong = await mai.get("/quality?since=2026&organisation=krong-pac")
        assert "Tháng viết như 2026-11" in wrong.text
        assert 'value="2026"' in wrong.html
        file = await mai.get("/quality/files/csv")
        assert "Lô hàng đủ thông tin" in file.html
    async with somebody(desk, "lan") as lan:
        assert (
            "Không có tỉnh hoặc tổ chức" in (await lan.get("/quality?organisation=krong-pac")).text
        )
