"""The form of a lot: the kind of produce decides what it asks for, and nothing typed is lost."""

import re

import aiohttp

from desk.texts import TEXTS
from ledger import ProductRow
from resolver.pages.lot import build_lot_view
from resolver.texts import WORDS
from services.codes.registered_codes import add_code, revoke_code
from services.tables.line_flaws import REASONS
from tests.added_kind import insects as insects
from tests.attachments.photos import encode_photo
from tests.desk.people import somebody
from tests.desk.running_desk import RunningDesk
from tests.resolver.orchard import cache_lot
from traceability import Lot
from traceability.code_record import parse_code_record
from web.i18n import LANGUAGES

SHRIMP = ProductRow("tom", {"vi": "Tôm thẻ", "en": "Shrimp", "zh": "白虾"}, kind="aquaculture")
AREAS = {
    "VN-ĐLOR-0123": "Ea Kao",
    "VN-ĐLOR-0124": "Ea Tu",
}


async def test_the_kind_comes_first_and_decides_what_is_asked(desk: RunningDesk) -> None:
    await desk.ledger.products.add(SHRIMP)
    async with somebody(desk, "mai") as mai:
        kinds = await mai.get("/new-lot")
        assert "Cây trồng" in kinds.text
        assert "Thủy sản nuôi" in kinds.text
        page = await mai.get("/new-lot?produce=aquaculture")
        assert 'name="details.species"' in page.html
        assert 'name="farming_area"' in page.html
        assert 'name="growing_area"' not in page.html
        assert ">Tôm thẻ<" in page.html
        assert "Sầu riêng Ri6" not in page.text
        assert re.search(r'name="details.feed" [^>]*required', page.html)
        assert not re.search(r'name="details.pond" [^>]*required', page.html)
        fields = {
            "code": "T1", "product": "tom", "details.species": "Penaeus",
            "details.medicine": "Oxytetracycline", "farming_area": "vn cmaq 0021",
        }  # fmt: skip
        saved = await mai.submit(page, "/new-lot?produce=aquaculture", **fields)
        assert saved.path == "/lots/T1"
        assert "thức ăn ngày hết thời gian ngừng thuốc" in saved.text
        assert "Loài nuôi Penaeus" in saved.text
        edited = await mai.get("/new-lot?edit=T1")
        assert 'value="VN-CMAQ-0021"' in edited.html
        assert 'value="Penaeus"' in edited.html


async def test_of_two_tabs_with_one_lot_the_second_learns_of_the_first(desk: RunningDesk) -> None:
    await desk.lot("L1", shelf_life_days=20)
    async with somebody(desk, "mai") as mai:
        tabs = [await mai.get("/new-lot?edit=L1") for _ in range(2)]
        fields = {"code": "L1", "product": "ri6"}
        for page, days in zip(tabs, ("21", "22"), strict=True):
            answer = await mai.submit(page, "/new-lot?edit=L1", shelf_life=days, **fields)
        assert (answer.status, "Người khác vừa sửa" in answer.text) == (412, True)
        assert 'value="22"' in answer.html
        again = await mai.submit(tabs[0], "/new-lot?edit=L1", shelf_life="21", **fields)
        assert again.path == "/lots/L1"  # the same once more is no conflict
        copy = {**fields, "code": "L2"}
        assert (await mai.submit(tabs[0], "/new-lot?edit=L1", **copy)).path == "/lots/L2"
    assert (await desk.ledger.lots.get("L1")).document["shelf_life_days"] == 21


async def test_all_flaws_stand_beside_their_fields_in_the_readers_language(
    desk: RunningDesk,
) -> None:
    wrong = {
        "code": "LÔ 1", "product": "ri6", "shelf_life": "0", "growing_area": "VN-1",
        "producer": "Hộ\u202eA", "harvested": "2026-09-11T05:30", "packed": "2026-09-10T05:30",
    }  # fmt: skip
    said = {
        "vi": ("không phải là mã lô", "ít nhất là 1", "đổi hướng chữ", "trước khi thu hoạch"),
        "en": ("is not a lot code", "must be 1 or more", "direction of the text", "the harvest"),
        "zh": ("不是有效的批次代码", "不能小于 1", "改变文字方向", "不能早于采收"),
    }
    async with somebody(desk, "mai") as mai:
        for language, parts in said.items():
            page = await mai.get(f"/new-lot?lang={language}")
            refused = await mai.submit(page, "/new-lot", **wrong)
            assert refused.status == 400
            for name in ("code", "shelf_life", "growing_area", "producer", "packed"):
                assert f'id="{name}-flaw"' in refused.html
            for part in parts:
                assert part in refused.text
            assert 'value="VN-1"' in refused.html


def test_every_flaw_has_a_text() -> None:
    for language in LANGUAGES:
        assert [
            reason for reason in REASONS if not TEXTS[language].has(f"code_flaw.{reason}")
        ] == []


async def test_a_place_is_found_by_a_few_letters_and_a_revoked_one_can_not_be_chosen(
    desk: RunningDesk,
) -> None:
    context = desk.dependencies.context_of(await desk.ledger.staff.get("bo"))
    for code, name in AREAS.items():
        record = parse_code_record({"code": code, "kind": "growing_area", "name": name})
        await add_code(context, record)
    await revoke_code(context, "VN-ĐLOR-0124", "ô nhiễm")
    async with somebody(desk, "mai") as mai:
        page = await mai.get("/new-lot")
        typed = {"code": "L1", "product": "ri6", "producer": "Hộ A", "kind": "household"}
        shown = await mai.submit(
            page, "/new-lot", **typed, growing_area="dlor-01", find="growing_area"
        )
        assert shown.status == 200
        assert 'value="Hộ A"' in shown.html
        assert 'name="find.growing_area" value="dlor-01"' in shown.html
        assert re.search(r'name="growing_area" value="VN-ĐLOR-0123">', shown.html)
        assert re.search(r'value="VN-ĐLOR-0124" disabled', shown.html)
        assert "Đã thu hồi" in shown.text
        again = {"find.growing_area": "ea kao", "find": "growing_area"}
        shown = await mai.submit(shown, "/new-lot", **typed, **again)
        assert re.search(r'value="VN-ĐLOR-0123" checked', shown.html)
        chosen = {"find.growing_area": "ea kao", "growing_area": "VN-ĐLOR-0123"}
        saved = await mai.submit(shown, "/new-lot", **typed, **chosen)
        assert "VN-ĐLOR-0123" in saved.text
        typed["code"] = "L2"
        refused = await mai.submit(page, "/new-lot", **typed, growing_area="VN-ĐLOR-0124")
        assert "đã bị thu hồi (ô nhiễm)" in refused.text


async def test_a_refusal_of_another_field_keeps_the_photo(desk: RunningDesk) -> None:
    async with somebody(desk, "mai") as mai:
        page = await mai.get("/new-lot")
        form = aiohttp.FormData()
        for name, value in (("csrf", page.hidden("csrf")), ("code", "L1"), ("shelf_life", "x")):
            form.add_field(name, value)
        form.add_field("photo", encode_photo(), filename="ri6.jpg", content_type="image/jpeg")
        async with mai.session.post(desk.url + "/new-lot", data=form) as answer:
            html = await answer.text()
        assert answer.status == 400
        found = re.search(r'name="image" value="(/a/[^"]+)"', html)
        assert found
        assert f'src="{found[1]}"' in html


async def test_a_form_shows_the_code_of_its_own_kind_of_place(desk: RunningDesk) -> None:
    async with somebody(desk, "mai") as mai:
        for kind, code, other in (
            ("livestock", "VN-ĐNLF-0007", "VN-CMAQ-0021"),
            ("forestry", "VN-QTFR-0145", "VN-ĐLOR-0123"),
        ):
            page = await mai.get(f"/new-lot?produce={kind}")
            assert code in page.html
            assert other not in page.html


async def test_a_kind_that_a_table_adds_has_form_api_and_public_page(
    desk: RunningDesk, insects: object
) -> None:
    await desk.ledger.products.add(ProductRow("de", {"vi": "Dế mèn"}, kind="insects"))
    async with somebody(desk, "mai") as mai:
        page = await mai.get("/new-lot?produce=insects")
        assert "Số tổ" in page.text
        fields = {
            "code": "B1",
            "product": "de",
            "details.hives": "1.200",
            "details.sex": "female",
        }
        refused = await mai.submit(page, "/new-lot?produce=insects", **fields, brand="Dế non")
        assert "loại nông sản này không có mục này" in refused.text
        await mai.submit(page, "/new-lot?produce=insects", **fields)
    document = (await desk.ledger.lots.get("B1")).document
    assert document["details"] == {"hives": 1200, "sex": "female"}
    body = {"code": "B1", "product": document["product"], "details": {"hives": "many"}}
    answer = await desk.call("mai", "PUT", "/lots/B1", body)
    assert answer.status == 422
    assert (await answer.json())["flaws"] == {"details.hives": "must be a whole number"}
    saved = await desk.fetch("mai", "PUT", "/lots/B1", {**body, "details": {"hives": 7}})
    assert saved["missing"] == ["farming_area"]
    shown = build_lot_view(cache_lot(Lot.from_document(document)), WORDS["vi"])
    assert ("Số tổ", "1.200", "") in shown.facts
    assert ("Giới tính", "cái", "") in shown.facts
