"""Pages of the diary without scripts: what a grower tells, corrects, and is warned of."""

from typing import Any

import pytest

from ledger import RegisteredCode
from tests.desk.people import somebody
from tests.desk.running_desk import RunningDesk

AREA = "VN-ĐLOR-0123"
SPRAY = {
    "at": "2026-09-01",
    "place": AREA,
    "input_kind": "pesticide",
    "input_name": "Ridomil Gold",
    "substance": "Metalaxyl-M",
    "waiting_days": "14",
    "dose": "2,5",
    "dose_unit": "kg_ha",
}
HARVEST = {"at": "2026-09-10", "place": AREA, "product": "ri6", "quantity": "1.250", "unit": "KGM"}


@pytest.fixture(autouse=True)
async def area(desk: RunningDesk) -> None:
    """A growing area of the grower."""
    row = RegisteredCode(AREA, "growing_area", "Vườn Ea Knuếc", organisation="y-bih-nie")
    await desk.ledger.registered_codes.change([AREA], lambda _: (row,), action="add", actor="bo")


async def test_a_grower_tells_of_inputs_and_of_the_harvest(desk: RunningDesk) -> None:
    async with somebody(desk, "y-bih") as grower:
        kinds = await grower.get("/new-entry")
        assert "Thu hoạch" in kinds.text
        assert "Kết quả kiểm nghiệm" not in kinds.text
        form = await grower.get("/new-entry?kind=input")
        assert "Vườn Ea Knuếc" in form.text
        told = await grower.submit(form, "/new-entry?kind=input", **SPRAY)
        assert "Đã ghi vào nhật ký." in told.text
        assert "2,5" in told.text
        again = await grower.submit(form, "/new-entry?kind=input", **SPRAY)
        assert "Việc này đã được ghi trước đó" in again.text
        form = await grower.get("/new-entry?kind=harvest")
        cut = await grower.submit(form, "/new-entry?kind=harvest", **HARVEST)
        assert "1.250" in cut.text
        assert "VNDLOR0123-260910" in cut.text
        assert "từ ngày 15/09/2026 mới được thu" in cut.text
        shown = await grower.get("/diary")
        assert "chưa hết cách ly" in shown.text
        assert "1.250 kg" in shown.text
        assert "chưa hết cách ly" not in (await grower.get("/diary?kind=input")).text


async def test_what_is_wrong_is_said_of_each_field_and_nothing_is_lost(desk: RunningDesk) -> None:
    async with somebody(desk, "y-bih") as grower:
        form = await grower.get("/new-entry?kind=input")
        wrong = {**SPRAY, "substance": "", "waiting_days": "bảy", "dose": "1.000,5x"}
        shown = await grower.submit(form, "/new-entry?kind=input", **wrong)
        assert shown.status == 400
        assert "bảy không phải là số nguyên" in shown.text
        assert "Hoạt chất" in shown.text
        assert 'value="Ridomil Gold"' in shown.html
        assert 'value="bảy"' in shown.html
        later = {**HARVEST, "at": "2031-01-01", "place": "VN-ĐLOR-0999"}
        shown = await grower.submit(form, "/new-entry?kind=harvest", **later)
        assert "chưa được đăng ký cho đơn vị của bạn" in shown.text
        assert "ngày này chưa đến" in shown.text
        assert (await grower.submit(form, "/new-entry?kind=test", **SPRAY)).status == 400


async def test_an_entry_is_corrected_and_taken_back_and_stays(desk: RunningDesk) -> None:
    async with somebody(desk, "y-bih") as grower, somebody(desk, "mai") as packer:
        form = await grower.get("/new-entry?kind=harvest")
        told = await grower.submit(form, "/new-entry?kind=harvest", **HARVEST)
        id_ = told.path.rpartition("/")[2]
        form = await grower.get(f"/new-entry?correct={id_}")
        assert 'value="1250"' in form.html
        right = await grower.submit(
            form, f"/new-entry?correct={id_}", **{**HARVEST, "quantity": "125"}
        )
        assert "Đã lưu bản sửa." in right.text
        assert "Dòng này đã được sửa." in (await grower.get(f"/diary/{id_}")).text
        like = await grower.get(f"/new-entry?like={right.path.rpartition('/')[2]}")
        assert 'value="125"' not in like.html
        page = await grower.get(right.path)
        unsure = await grower.submit(page, f"{right.path}/withdraw")
        assert unsure.status == 400
        gone = await grower.submit(page, f"{right.path}/withdraw", sure="yes")
        assert "việc này không có thật" in gone.text
        assert "kết quả" in (await grower.get("/diary?state=taken_back")).text
        assert (await packer.get(right.path)).status == 404


async def test_a_packer_sees_what_the_diary_of_the_area_says_of_its_lot(desk: RunningDesk) -> None:
    await desk.lot()
    async with somebody(desk, "y-bih") as grower, somebody(desk, "mai") as packer:
        before = await packer.get("/lots/DL-2026-0912")
        assert "chưa có nhật ký trong vụ này" in before.text
        form = await grower.get("/new-entry?kind=input")
        await grower.submit(form, "/new-entry?kind=input", **SPRAY)
        await grower.submit(form, "/new-entry?kind=harvest", **{**HARVEST, "at": "2026-09-11"})
        after = await packer.get("/lots/DL-2026-0912")
        assert "✓" not in after.text  # marks are drawn by the style
        assert "có ghi việc thu hoạch của lô" in after.text
        assert "Ridomil Gold dùng ngày 01/09/2026, từ ngày 15/09/2026 mới được thu" in after.text
    said = await desk.fetch("mai", "GET", "/lots/DL-2026-0912/diary")
    assert (said["kept"], said["missing"]) == (["harvest", "order", "inputs"], ["waiting"])
    assert said["breaches"][0]["free_from"] == "2026-09-15"
    await desk.fetch("mai", "POST", "/lots/DL-2026-0912/submissions", {"version": 1})
    async with somebody(desk, "bo") as reviewer:
        page = await reviewer.get("/reviews/1")
        assert "Ridomil Gold dùng ngày 01/09/2026, từ ngày 15/09/2026 mới được thu" in page.text
    hidden = await desk.call("lan", "GET", "/lots/DL-2026-0912/diary")
    assert hidden.status == 404


async def test_the_api_tells_corrects_and_takes_back(desk: RunningDesk) -> None:
    values: dict[str, Any] = {**HARVEST, "quantity": 1250}
    told = await desk.fetch("y-bih", "POST", "/diary", {"kind": "harvest", "values": values})
    assert told["added"]
    again = await desk.fetch("y-bih", "POST", "/diary", {"kind": "harvest", "values": values})
    assert again == {**told, "added": False}
    entry = await desk.fetch("y-bih", "GET", f"/diary/{told['id']}")
    assert entry["values"]["quantity"] == 1250
    refused = await desk.call("y-bih", "POST", "/diary", {"kind": "harvest", "values": {}})
    problem = await refused.json()
    assert (refused.status, problem["type"]) == (422, "/problems/malformed-entry")
    assert set(problem["flaws"]) == {"at", "place", "product", "quantity", "unit"}
    listed = await desk.fetch("y-bih", "GET", f"/diary?place={AREA}&kind=harvest")
    assert [one["id"] for one in listed["entries"]] == [told["id"]]
    assert (await desk.fetch("mai", "GET", "/diary"))["entries"] == []


async def test_the_shell_is_rendered_once_in_each_language(desk: RunningDesk) -> None:
    async def load(query: str, language: str = "vi") -> tuple[int, str]:
        headers = {"Accept-Language": language}
        async with desk.session.get(f"{desk.url}/new-entry/shell{query}", headers=headers) as page:
            return page.status, await page.text()

    first = await load("?next=x&kind=input")
    assert first[0] == 200
    assert "next=x" not in first[1]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("desk.pages.diary_queue.render_page", None)
        assert await load("") == await load("?a=b") == first
    assert 'lang="en"' in (await load("", "en"))[1]
    assert 'lang="zh' in (await load("?lang=zh"))[1]
