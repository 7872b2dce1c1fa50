"""Figures at the desk: the dashboard, its files, yearly reports; at the pages and the API."""

import csv
import io
import re

import pytest
from pypdfium2 import PdfDocument

from ledger import Organisation
from tests.desk.people import Somebody, somebody
from tests.desk.running_desk import RunningDesk, new_key

MINISTRY = "ministry-year-2026-vn"

pytestmark = pytest.mark.usefixtures("quick_passwords")


async def work(desk: RunningDesk) -> int:
    number = await desk.activated(100)
    await desk.alert(number, 1)
    await desk.ledger.figures.fold()
    return number


def find_number(text: str, label: str) -> str:
    found = re.search(rf"{label} ([\d.–]+)", text)
    assert found, label
    return found[1]


async def test_the_dashboard_shows_figures_charts_and_that_all_adds_up(desk: RunningDesk) -> None:
    await work(desk)
    async with somebody(desk, "bo") as bo:
        page = await bo.get("/figures")
        assert find_number(page.text, "Tem đã cấp") == "100"
        assert find_number(page.text, "Cảnh báo đã mở") == "1"
        assert "Số liệu khớp: 100 tem đã cấp đều ở một trạng thái." in page.text
        assert page.html.count('<svg viewBox="0 0 360 190"') == 3
        assert page.html.count('class="bar-2"') > 1  # a bar and its key
        narrow = await bo.get("/figures?period=month&packer=krong-pac")
        assert "HTX Krông Pắc" in narrow.text or "krong-pac" in narrow.html
        assert find_number(narrow.text, "Tem đã cấp") == "100"
        other = await bo.get("/figures?packer=tan-phuoc")
        assert find_number(other.text, "Tem đã cấp") == "0"
        for language, words in (("en", "It all adds up"), ("zh", "数据吻合")):
            assert words in (await bo.get(f"/figures?lang={language}")).text


async def test_a_choice_that_can_not_be_shown_is_kept_and_explained(desk: RunningDesk) -> None:
    await work(desk)
    async with somebody(desk, "bo") as bo:
        page = await bo.get("/figures?since=2026-09-09&until=2026-09-01")
        assert "Khoảng ngày chưa đúng" in page.text
        assert 'value="2026-09-09"' in page.html
        assert find_number(page.text, "Tem đã cấp") == "100"
        for query in ("province=00", "packer=nobody", "product=x", "kind=x"):
            page = await bo.get(f"/figures?{query}")
            assert "Không có số liệu của lựa chọn này" in page.text, query


async def test_drilling_down_leads_from_the_province_to_lots(desk: RunningDesk) -> None:
    await work(desk)
    for id_ in ("krong-pac", "tan-phuoc"):
        known = await desk.ledger.organisations.get(id_)
        province = "66" if id_ == "krong-pac" else "82"
        changed = Organisation(known.id, known.kind, known.name, province=province)
        await desk.ledger.organisations.replace(changed)
    async with somebody(desk, "bo") as bo:
        page = await bo.get("/figures")
        [province] = set(re.findall(r'href="(/figures\?[^"]*province=66[^"]*)"', page.html))
        page = await bo.get(province.replace("&amp;", "&"))
        assert "Tỉnh Đắk Lắk" in page.text
        [packer] = set(re.findall(r'href="(/figures\?[^"]*packer=krong-pac[^"]*)"', page.html))
        assert (await bo.get(packer.replace("&amp;", "&"))).status == 200
        [lots] = set(re.findall(r'href="(/lots\?[^"]+)"', page.html)) - {"/lots?state=incomplete"}
        assert "DL-2026-0912" in (await bo.get(lots)).text


async def test_the_files_have_what_the_page_shows(desk: RunningDesk) -> None:
    await work(desk)
    async with somebody(desk, "bo") as bo:
        page = await bo.get("/figures/csv?period=year")
        header, whole, *rest = csv.reader(io.StringIO(page.html.lstrip("\ufeff")))
        assert whole[header.index("Tem đã cấp")] == "100"
        parts = [row for row in rest if row[0] == "Theo thời gian"]
        assert sum(int(row[header.index("Tem đã cấp")]) for row in parts) == 100
        assert (await bo.get("/figures/xlsx")).status == 200
    async with somebody(desk, "mai") as mai:
        for path in ("/figures", "/figures/csv", "/figures/reports"):
            assert (await mai.get(path)).status == 403


async def submit(bo: Somebody, **fields: str) -> str:
    page = await bo.get(f"/figures/reports/{MINISTRY}")
    follows = {"follows": page.hidden("follows"), **fields}
    return (await bo.submit(page, f"/figures/reports/{MINISTRY}/submit", **follows)).text


async def test_a_report_is_submitted_corrected_and_taken_away(desk: RunningDesk) -> None:
    await work(desk)
    async with somebody(desk, "bo") as bo:
        assert "chưa nộp" in (await bo.get("/figures/reports")).text
        assert "Bản nháp" in (await bo.get(f"/figures/reports/{MINISTRY}")).text
        assert "Đã nộp báo cáo, bản 1" in await submit(bo)
        refused = await submit(bo, reason="")
        assert "Đã nộp báo cáo" not in refused
        assert "Đã nộp báo cáo, bản 2" in await submit(bo, reason="Bổ sung tháng 11")
        conflict = await submit(bo, follows="0", reason="Cũ")
        assert "Đã nộp báo cáo" not in conflict
        assert "Cũ" in conflict  # what was typed is still there
        listed = await bo.get("/figures/reports")
        assert "Bản 2: Bổ sung tháng 11" in listed.text
        assert "Võ Thị Bộ" in listed.text
        async with bo.session.get(f"{desk.url}/figures/reports/{MINISTRY}/pdf?version=1") as answer:
            assert answer.content_type == "application/pdf"
            pdf = PdfDocument(await answer.read())
        words = " ".join(pdf[0].get_textpage().get_text_bounded().split())
        assert "Tem đã cấp: 100 tem" in words
        assert "Võ Thị Bộ" in words
        for form in ("csv", "xlsx"):
            assert (await bo.get(f"/figures/reports/{MINISTRY}/{form}")).status == 200
        for path in ("x", f"{MINISTRY}?version=9", f"{MINISTRY}?version=x"):
            assert (await bo.get(f"/figures/reports/{path}")).status == 404, path


async def test_the_api_has_the_same_figures_and_reports(desk: RunningDesk) -> None:
    await work(desk)
    found = await desk.fetch("bo", "GET", "/figures?period=month")
    assert found["figures"]["issued"] == 100
    assert found["balance"]["difference"] == 0
    assert (await desk.call("mai", "GET", "/figures")).status == 403
    assert (await desk.call("bo", "GET", "/figures?period=custom")).status == 400
    assert (await desk.call("bo", "GET", "/figures?province=00")).status == 404
    path = f"/figures/reports/{MINISTRY}"
    draft = await desk.fetch("bo", "GET", path)
    assert (draft["version"], draft["last_version"]) == (None, 0)
    for _ in range(2):  # the same again changes nothing
        answer = await desk.call("bo", "POST", f"{path}/submit", {"follows": 0}, key=new_key())
        assert (await answer.json())["version"] == 1
    assert (
        await desk.call("bo", "POST", f"{path}/submit", {"follows": 1}, key=new_key())
    ).status == 400
    assert (
        await desk.call("bo", "POST", f"{path}/submit", {"follows": 5, "reason": "x"})
    ).status == 412
    listed = await desk.fetch("bo", "GET", "/figures/reports")
    assert [one["version"] for one in listed["reports"]] == [1]
    assert len((await desk.fetch("bo", "GET", f"{path}/versions"))["reports"]) == 1
    due = (await desk.fetch("bo", "GET", "/figures/due-reports"))["reports"]
    assert [one["id"] for one in due if one["submitted"]] == [MINISTRY]
