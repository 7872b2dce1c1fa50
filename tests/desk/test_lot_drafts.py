"""Drafts of lots on pages: saved without a code, continued by a colleague, gone with the lot."""

import re

import pytest

from tests.desk.people import somebody
from tests.desk.running_desk import PASSWORD, RunningDesk

pytestmark = pytest.mark.usefixtures("quick_passwords")

FIELDS = {
    "code": "L1", "product": "ri6", "image": "/d.jpg", "producer": "Hộ A",
    "kind": "household", "address": "Buôn Kao", "province": "66",
    "growing_area": "VN-ĐLOR-0123", "packing_house": "VN-ĐLPH-0012",
    "grown": "2026-01-10", "harvested": "2026-09-11T05:30", "packed": "2026-09-12T09:15",
    "shelf_life": "12", "standard": "VietGAP",
}  # fmt: skip


async def test_a_draft_is_saved_with_flaws_continued_and_becomes_a_lot(desk: RunningDesk) -> None:
    await desk.ledger.staff.add(
        "hoa", name="Lý Thị Hoa", role="packer", password=PASSWORD, organisation="krong-pac",
        confirmed_by="test",
    )  # fmt: skip
    async with somebody(desk, "mai") as mai, somebody(desk, "hoa") as hoa:
        page = await mai.get("/new-lot")
        typed = {"product": "ri6", "shelf_life": "vài ngày", "producer": "Hộ A", "save": "draft"}
        await mai.submit(page, "/new-lot", **typed)
        draft = await mai.submit(page, "/new-lot", **typed)  # sent twice, kept once
        assert draft.status == 200
        assert "Đã lưu bản nháp" in draft.text
        assert 'value="vài ngày"' in draft.html
        assert await desk.ledger.lots.find_known(["L1"]) == set()
        assert "Bản nháp (1)" in (await mai.get("/lots")).text
        listed = await hoa.get("/lot-drafts")
        assert "Sầu riêng Ri6" in listed.text
        assert "Nguyễn Thị Mai" in listed.text
        assert "Còn thiếu: mã lô hàng" in listed.text
        path = re.search(r'href="(/new-lot\?[^"]+)"', listed.html)
        assert path
        address = path[1].replace("&amp;", "&")
        opened = await hoa.get(address)
        assert 'value="Hộ A"' in opened.html
        version = opened.hidden("draft_version")
        newer = await hoa.submit(
            opened, address, save="draft", draft_version=version, **FIELDS | {"code": "L2"}
        )
        assert "Đã lưu bản nháp" in newer.text
        older = await mai.submit(
            draft, address, save="draft", draft_version=version, **FIELDS | {"producer": "Hộ B"}
        )
        assert older.status == 412
        assert 'value="Hộ B"' in older.html  # what she typed is still there
        older = await mai.submit(draft, address, draft_version=version, **FIELDS)
        assert older.status == 412  # nor does her lot remove what a colleague added
        saved = await hoa.submit(
            newer, address, draft_version=newer.hidden("draft_version"), **FIELDS
        )
        assert saved.path == "/lots/L1"
        late = FIELDS | {"code": "L3", "producer": "Hộ C"}
        gone = await mai.submit(draft, address, draft_version=version, **late)
        assert gone.status == 404  # the draft made its lot
        assert 'value="Hộ C"' in gone.html
        assert 'action="/new-lot?produce=crop"' in gone.html  # what is shown again is a new lot
        assert (await mai.submit(gone, "/new-lot?produce=crop", **late)).path == "/lots/L3"
        assert "Chưa có bản nháp nào" in (await mai.get("/lot-drafts")).text


async def test_drafts_of_others_are_unknown_and_one_is_deleted(desk: RunningDesk) -> None:
    async with somebody(desk, "mai") as mai, somebody(desk, "lan") as lan:
        page = await mai.get("/new-lot")
        await mai.submit(page, "/new-lot", product="ri6", save="draft")
        [draft] = await desk.ledger.lot_drafts.find_page("krong-pac", limit=9)
        foreign = await lan.get(f"/new-lot?lot_draft={draft.id}&produce=crop")
        assert foreign.status == 404
        listed = await lan.get("/lot-drafts")
        assert draft.id not in listed.html
        path = f"/lot-drafts/{draft.id}/delete"
        assert (await lan.get(path)).status == 404
        await lan.submit(await lan.get("/new-lot"), path, draft_version="1")
        assert await desk.ledger.lot_drafts.count("krong-pac") == 1
        assert f'href="{path}"' in (await mai.get("/lot-drafts")).html
        asked = await mai.get(path)
        assert "Xóa bản nháp này?" in asked.text
        assert await desk.ledger.lot_drafts.count("krong-pac") == 1
        late = await mai.submit(asked, path, draft_version="9")
        assert (late.status, await desk.ledger.lot_drafts.count("krong-pac")) == (412, 1)
        gone = await mai.submit(asked, path, draft_version=asked.hidden("draft_version"))
        assert "Đã xóa bản nháp" in gone.text
        assert await desk.ledger.lot_drafts.count("krong-pac") == 0
