"""Evidence at the desk: a grower attaches a picture, the authority looks, releases, withdraws."""

import hashlib
from typing import Any
from urllib.parse import urlencode

import aiohttp
import pytest

from attachments import OriginalStore
from ledger import RegisteredCode
from tests.attachments.photos import encode_photo, make_png_header
from tests.desk.people import Page, Somebody, somebody
from tests.desk.running_desk import RunningDesk, new_key

pytestmark = pytest.mark.usefixtures("quick_passwords")

AREA = "VN-ĐLOR-0123"
PICTURE = encode_photo(kind="PNG") + b"<html><script>alert(1)</script></html>"
FIELDS = {
    "kind": "satellite",
    "shows_from": "2026-09-01",
    "source": "Copernicus Sentinel-2 L2A",
    "is_public": "yes",
}
SENSOR = b"time;humidity\r\n2026-09-01T07:00;81\r\n"


@pytest.fixture
async def registry(desk: RunningDesk) -> RunningDesk:
    areas = [
        RegisteredCode(AREA, "growing_area", "Ea Kao", organisation="y-bih-nie", province="66"),
        RegisteredCode("VN-TGOR-0001", "growing_area", "Cái Bè", organisation="tan-phuoc"),
    ]
    codes = [one.code for one in areas]
    await desk.ledger.registered_codes.change(codes, lambda _: areas, action="add", actor="bo")
    return desk


async def send(who: Somebody, content: bytes = PICTURE, **changes: str) -> Page:
    path = f"/codes/{AREA}/evidence"
    page = await who.get(path)
    form = aiohttp.FormData(
        {"csrf": page.hidden("csrf"), "key": page.hidden("key"), **FIELDS, **changes}
    )
    form.add_field("file", content, filename="x.html", content_type="text/html")
    async with who.session.post(who.desk.url + path, data=form) as answer:
        return Page(answer.status, answer.url.path, await answer.text(), answer.headers)


async def attach(desk: RunningDesk, who: str, **query: str) -> Any:
    statement = urlencode({**FIELDS, "is_public": "true", "kind": "sensor", **query})
    path = f"/registered-codes/{AREA}/evidence?{statement}"
    media = {"Content-Type": "text/csv"}
    return await desk.fetch(who, "POST", path, SENSOR, key=new_key(), **media)


async def test_a_grower_attaches_a_picture_that_is_shown_as_its_word(
    registry: RunningDesk,
) -> None:
    async with somebody(registry, "y-bih") as grower, somebody(registry, "thanh") as inspector:
        own = await grower.get("/evidence")
        assert (AREA in own.text, "VN-TGOR-0001" in own.text) == (True, False)
        page = await send(grower, note="Chụp từ vệ tinh")
        assert "Ảnh vệ tinh · 01/09/2026" in page.text
        assert "Như Y Bih Niê (Hộ ông Y Bih Niê) đã gửi" in page.text
        assert "không kiểm tra tệp cho thấy gì" in page.text
        assert hashlib.sha256(PICTURE).hexdigest() in page.text
        for who in (grower, inspector):
            async with who.session.get(f"{registry.url}{page.path}/file") as answer:
                assert await answer.read() == PICTURE
                assert answer.headers["Content-Disposition"].startswith("attachment;")
                assert answer.headers["X-Content-Type-Options"] == "nosniff"
                assert answer.content_type == "application/octet-stream"
                assert "sandbox" in answer.headers["Content-Security-Policy"]
            async with who.session.get(f"{registry.url}{page.path}/picture") as answer:
                picture = await answer.read()
                assert (answer.content_type, b"<script>" in picture) == ("image/jpeg", False)
        code = await inspector.get(f"/codes/{AREA}")
        assert "Ảnh vệ tinh · 01/09/2026" in code.text
        case = await inspector.get(f"/alerts/{await registry.suspect_code(AREA)}")
        assert "1 bằng chứng" in case.text
        trace = await inspector.get(f"/trace?item={AREA}&kind=place")
        assert "1 bằng chứng" in trace.text
    async with somebody(registry, "lan") as stranger:
        for path in (page.path, f"{page.path}/file", f"/codes/{AREA}/evidence"):
            assert (await stranger.get(path)).status == 404
    async with somebody(registry, "thu") as buyer:
        assert (await buyer.get("/evidence")).status == 403


@pytest.mark.parametrize(
    ("content", "changes", "said"),
    [
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", {}, "Loại tệp này không được nhận"),
        (make_png_header(60_000, 60_000), {}, "Ảnh quá lớn"),
        (PICTURE, {"kind": "sensor"}, "Loại tệp không hợp"),
        (PICTURE, {"source": ""}, "Hãy điền mục này"),
        (PICTURE, {"shows_from": "2027-01-01"}, "Ngày này chưa đến"),
        (b"", {}, "Hãy điền mục này"),
    ],
    ids=["svg", "bomb", "type", "source", "future", "no file"],
)
async def test_a_refused_form_keeps_what_was_typed(
    registry: RunningDesk, content: bytes, changes: dict[str, str], said: str
) -> None:
    async with somebody(registry, "y-bih") as grower:
        page = await send(grower, content, licence="CC BY 4.0", **changes)
    assert (400 <= page.status < 500, said in page.text) == (True, True), page.text
    assert 'value="CC BY 4.0"' in page.html
    originals = OriginalStore(registry.dependencies.settings.evidence)
    assert list(originals.list_hashes()) == []


async def test_the_authority_releases_withdraws_and_another_erases(registry: RunningDesk) -> None:
    async with (
        somebody(registry, "y-bih") as grower,
        somebody(registry, "bo") as authority,
        somebody(registry, "thanh") as inspector,
    ):
        path = (await send(grower)).path
        waiting = await authority.get("/evidence")
        assert AREA in waiting.text
        page = await authority.get(path)
        page = await authority.submit(page, f"{path}/release")
        assert "được nêu công khai" in page.text
        assert "Không có gì đang chờ" in (await authority.get("/evidence")).text
        page = await inspector.get(path)
        unsure = await inspector.submit(page, f"{path}/withdraw", reason="Sai vùng")
        assert (unsure.status, 'value="Sai vùng"' in unsure.html) == (400, True)
        page = await inspector.submit(page, f"{path}/withdraw", reason="Sai vùng", sure="yes")
        assert ("đã rút" in page.text, "Sai vùng" in page.text) == (True, True)
        page = await authority.get(path)
        page = await authority.submit(page, f"{path}/erase", reason="Luật 91/2025", sure="yes")
        assert ("đã xóa" in page.text, "Sentinel" in page.text) == (True, False)
        assert (await grower.get(f"{path}/file")).status == 404


async def test_a_machine_attaches_and_takes_a_sensor_file(registry: RunningDesk) -> None:
    made = await attach(registry, "y-bih", shows_until="2026-09-03")
    base = f"/registered-codes/{AREA}/evidence"
    assert (made["media_type"], made["organisation"]) == ("text/csv", "y-bih-nie")
    listed = await registry.fetch("thanh", "GET", base)
    assert listed == {"evidence": [made], "next": None}
    assert await registry.fetch("thanh", "GET", f"{base}/{made['id']}") == made
    taken = await registry.call("thanh", "GET", f"{base}/{made['id']}/file")
    assert (taken.status, taken.headers["Content-Type"]) == (200, "application/octet-stream")
    waiting = await registry.fetch("bo", "GET", "/evidence-to-release")
    assert waiting["evidence"] == [made]
    released = await registry.fetch("bo", "POST", f"{base}/{made['id']}/release")
    assert released["condition"] == "released"
    own = await registry.fetch("y-bih", "GET", "/own-codes")
    assert [one["code"] for one in own["codes"]] == [AREA]
    assert (await registry.call("lan", "GET", base)).status == 404
    assert (await registry.call("y-bih", "POST", f"{base}/{made['id']}/release")).status == 403
