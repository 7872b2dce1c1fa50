"""Places: found, added and changed, by page and API; what is refused beside which field."""

import re

import pytest

from ledger import RegisteredCode
from tests.desk.people import Page, somebody
from tests.desk.running_desk import RunningDesk

pytestmark = pytest.mark.usefixtures("quick_passwords")

KHO = {
    "name": "Kho lạnh Ea Kar",
    "kind": "warehouse",
    "id": "kho-1",
    "organisation": "krong-pac",
    "province": "66",
    "ward": "ea knuec",
    "gln": "8935000000014",
}


def listed(page: Page) -> list[str]:
    return re.findall(r'<th scope="row"><a href="/places/([^"]+)"', page.html)


async def test_a_place_is_added_found_and_changed(desk: RunningDesk) -> None:
    async with somebody(desk, "tri") as tri:
        form = await tri.get("/new-place?organisation=krong-pac")
        assert re.search(r'<option value="krong-pac" selected', form.html)
        page = await tri.submit(form, "/new-place", **KHO)
        assert page.path == "/places/kho-1", page.text
        assert "Đã lưu địa điểm" in page.text
        row = await desk.ledger.places.get("kho-1")
        assert (row.province, row.ward is not None, row.gln) == ("66", True, "8935000000014")
        for query in ("q=kho+lanh", "q=8935000000014", "kind=warehouse", "province=66", "q=krong"):
            assert "kho-1" in listed(await tri.get(f"/places?{query}")), query
        assert listed(await tri.get("/places?kind=market")) == []
        assert "Ea Knuếc" in (await tri.get("/places/kho-1")).html
        done = await tri.submit(page, "/places/kho-1", name="Kho 2", organisation="tan-phuoc")
        row = await desk.ledger.places.get("kho-1")
        assert (row.name, row.ward, row.kind) == ("Kho 2", None, "warehouse"), done.text
        assert listed(await tri.get("/places?q=lanh")) == []
        assert "Kho 2" in (await tri.get("/organisations/tan-phuoc")).text
        assert "địa điểm Kho 2" in (await tri.get("/audit?subject=places:kho-1")).text


async def test_a_place_shows_its_registered_code(desk: RunningDesk) -> None:
    code = RegisteredCode(
        "VN-ĐLPH-0012", "packing_house", "Krông Pắc", status="suspended", status_reason="dư lượng"
    )
    await desk.ledger.registered_codes.change(
        [code.code], lambda _: [code], action="add", actor="bo"
    )
    async with somebody(desk, "tri") as tri:
        page = await tri.get("/places/kp")
        assert "Tạm dừng" in page.text
        assert 'href="/codes/VN-%C4%90LPH-0012"' in page.html


@pytest.mark.parametrize(
    ("field", "typed", "words"),
    [
        ("ward", "Không Có", "không có xã, phường này"),
        ("ward", "00004", "không có xã, phường này"),  # lies in another province
        ("gln", "8935000000015", "chữ số cuối là số kiểm tra"),
        ("gln", "893", "GLN có 13 chữ số"),
        ("name", "", "Hãy điền mục này"),
        ("kind", "bank", "Hãy chọn một mục"),
        ("id", "Kho 1", "chưa được chấp nhận"),
    ],
)
async def test_a_flaw_stands_beside_its_field_and_nothing_is_added(
    desk: RunningDesk, field: str, typed: str, words: str
) -> None:
    async with somebody(desk, "tri") as tri:
        form = await tri.get("/new-place")
        page = await tri.submit(form, "/new-place", **{**KHO, field: typed})
        assert words.lower() in page.text.lower()
        assert f'id="{field}-flaw"' in page.html
        assert "Kho lạnh" in page.html or field == "name"
    assert [one.id for one in await desk.ledger.places.list()] == ["kp"]


async def test_the_api_lists_adds_and_changes_places(desk: RunningDesk) -> None:
    added = await desk.fetch("tri", "POST", "/places", KHO)
    assert added["province"] == "66"
    found = await desk.fetch("mai", "GET", "/places?q=kho&kind=warehouse")
    assert [one["id"] for one in found["places"]] == ["kho-1"]
    seen = (await desk.call("tri", "GET", "/places/kho-1")).headers["ETag"]
    content = {"name": "Kho 2", "ward": "24169"}
    changed = await desk.fetch("tri", "PUT", "/places/kho-1", content, **{"If-Match": seen})
    late = {"name": "Kho 3"}
    for tag, refusal in (({"If-Match": seen}, 412), ({}, 428)):
        assert (await desk.call("tri", "PUT", "/places/kho-1", late, **tag)).status == refusal
    assert (changed["name"], changed["ward"], changed["gln"]) == ("Kho 2", "24169", None)
    for who, method, path, body, status in (
        ("mai", "POST", "/places", KHO, 403),
        ("tri", "POST", "/places", KHO, 409),
        ("tri", "PUT", "/places/none", {"name": "x"}, 404),
        ("tri", "PUT", "/places/kho-1", {"name": "x", "ward": "1"}, 400),
        ("tri", "PUT", "/places/kho-1", {"name": "x", "organisation": "none"}, 422),
    ):
        tag = {"If-Match": "*"} if method == "PUT" else {}
        assert (await desk.call(who, method, path, body, **tag)).status == status, (path, body)


async def test_only_administrators_see_the_pages(desk: RunningDesk) -> None:
    async with somebody(desk, "bo") as authority:
        for path in ("/places", "/places/kp", "/new-place"):
            assert (await authority.get(path)).status == 403
