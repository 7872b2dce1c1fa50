"""Many lots from one file at the desk: shown with what is wrong, then saved as shown."""

import aiohttp
import pytest

from desk.texts import TEXTS
from tests.desk.people import Page, Somebody, somebody
from tests.desk.running_desk import RunningDesk


async def upload(person: Somebody, page: Page, content: str) -> str:
    form = aiohttp.FormData()
    form.add_field("csrf", page.hidden("csrf"))
    form.add_field("file", content.encode(), filename="lo.csv", content_type="text/csv")
    async with person.session.post(f"{person.desk.url}/lot-imports", data=form) as answer:
        return answer.url.path


async def test_a_file_of_lots_is_shown_corrected_and_saved(desk: RunningDesk) -> None:
    async with somebody(desk, "mai") as mai:
        page = await mai.get("/lot-imports")
        assert "Tệp mẫu để điền" in page.text
        template = await mai.get("/lot-imports/templates/aquaculture")
        assert template.html.startswith("\ufeff")
        assert '"loài nuôi"' in template.html
        assert (await mai.get("/lot-imports/templates/cattle")).status == 404
        header = "Mã lô,Sản phẩm,Hạn dùng\n"
        wrong = await mai.get(await upload(mai, page, f"{header}A-1,ri6,12\nA-2,xoài,12.5\n"))
        assert "Dòng 3 · A-2" in wrong.text
        assert "Tên sản phẩm : không có xoài trên hệ thống" in wrong.text.replace(":", " :")
        assert "12.5 không phải là số nguyên" in wrong.text
        assert "Lưu 1 lô hàng" not in wrong.text
        file = await mai.get(f"{wrong.path}/refused")
        assert file.html.startswith("\ufeffDòng,Mã,Cột,Lý do\r\n3,A-2,")
        assert len(file.html.splitlines()) == 3
        address = await upload(mai, page, f"{header}A-1,ri6,12\nA-2,Sầu riêng Ri6,12\n")
        shown = await mai.get(address)
        assert "còn thiếu: hình ảnh sản phẩm" in shown.text
        saved = await mai.submit(shown, f"{address}/apply")
        assert "Đã lưu 2 lô hàng" in saved.text
        again = await mai.get(await upload(mai, page, f"{header}A-1,ri6,12\n"))
        assert "đã có lô hàng mang mã này" in again.text
    assert (await desk.ledger.lots.get("A-2")).version == 1
    async with somebody(desk, "thanh") as thanh:
        assert (await thanh.get("/lot-imports")).status == 403


@pytest.mark.parametrize(("who", "path"), [("mai", "/lot-imports"), ("bo", "/code-imports")])
async def test_an_import_without_its_file_says_so(desk: RunningDesk, who: str, path: str) -> None:
    async with somebody(desk, who) as person:
        refused = await person.submit(await person.get(path), path)
    assert (refused.status, TEXTS["vi"]("flaw.missing") in refused.text) == (400, True)
