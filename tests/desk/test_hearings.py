"""Hearings at the desk: what a party is told, how it answers, what others do not see."""

from typing import Final

import aiohttp
import pytest

from tests.attachments.photos import encode_photo
from tests.desk.people import Somebody, somebody
from tests.desk.running_desk import RunningDesk

pytestmark = pytest.mark.usefixtures("quick_passwords")

QUESTION: Final = "Lô này đã bán đi đâu?"


async def ask(desk: RunningDesk) -> tuple[int, int, str]:
    """A batch, a case of its stamp 7 about which the packer was asked, and the hearing."""
    number = await desk.activated()
    case = await desk.alert(number, 7)
    await desk.fetch("thanh", "POST", f"/alerts/{case}/decisions", {"state": "investigating"})
    body = {"text": QUESTION, "organisations": ["krong-pac"], "due": "2026-09-30"}
    heard = await desk.fetch("thanh", "POST", f"/alerts/{case}/hearings", body)
    return number, case, heard["hearings"][0]["id"]


async def send_answer(person: Somebody, path: str, text: str, photo: bytes = b"") -> str:
    page = await person.get(path)
    form = aiohttp.FormData({"csrf": page.hidden("csrf"), "text": text})
    form.add_field("photo", photo or encode_photo(), filename="so.jpg")
    async with person.session.post(f"{person.desk.url}{path}/answer", data=form) as answer:
        return await answer.text()


async def test_an_inspector_decides_from_the_case_that_a_packer_is_told(
    desk: RunningDesk,
) -> None:
    number = await desk.activated()
    case = await desk.alert(number, 7)
    path = f"/alerts/{case}"
    async with somebody(desk, "thanh") as thanh, somebody(desk, "mai") as mai:
        page = await thanh.get(path)
        assert f'action="{path}/ask"' not in page.html
        page = await thanh.submit(page, f"{path}/decide", state="investigating")
        assert "Chưa báo cho: HTX Nông nghiệp Krông Pắc." in page.text
        assert "Tem của bạn đang có nghi vấn" not in (await mai.get("/lots/DL-2026-0912")).text
        refused = await thanh.submit(
            page, f"{path}/ask", to="tan-phuoc", text=QUESTION, due="2026-09-30"
        )
        assert (refused.status, QUESTION in refused.html) == (400, True)
        page = await thanh.submit(page, f"{path}/ask", to="*", text=QUESTION, due="2026-09-30")
        assert "Chưa báo cho" not in page.text
        assert QUESTION in page.text
        home = await mai.get("/")
        assert "1 câu hỏi về tem của bạn, chờ trả lời" in home.text
        for own in ("/lots/DL-2026-0912", f"/batches/{number}"):
            assert "Tem của bạn đang có nghi vấn" in (await mai.get(own)).text


async def test_a_party_sees_the_suspicion_and_nothing_that_helps_who_copies(
    desk: RunningDesk,
) -> None:
    number, case, hearing = await ask(desk)
    async with somebody(desk, "mai") as mai:
        page = await mai.get(f"/hearings/{hearing}")
        for shown in (f"{number}·0-99", "DL-2026-0912", QUESTION, "Cơ quan kiểm tra", "nghi vấn"):
            assert shown in page.text
        listed = await mai.get("/hearings")
        told = await desk.fetch("mai", "GET", f"/hearings/{hearing}")
        exported = await mai.get("/export/hearings/csv")
        for hidden in ("Phạm Văn Thanh", "thanh", f"{number}·7", "Hồ Chí Minh", "impossible"):
            for seen in (page.html, listed.html, exported.html, str(told)):
                assert hidden not in seen.replace("/thanh", ""), hidden
        assert f"/alerts/{case}" not in page.html
        assert (told["alert"], told["messages"][0]["actor"]) == (None, None)
        assert (await mai.get(f"/alerts/{case}")).status == 403


async def test_a_packer_answers_with_photos_more_than_once_until_the_decision(
    desk: RunningDesk,
) -> None:
    _, case, hearing = await ask(desk)
    path = f"/hearings/{hearing}"
    async with somebody(desk, "mai") as mai, somebody(desk, "thanh") as thanh:
        page = await mai.get(path)
        refused = await mai.submit(page, f"{path}/answer", text="")
        assert (refused.status, "Hãy điền mục này" in refused.text) == (400, True)
        assert "bị hỏng" in await send_answer(mai, path, "Ảnh bị hỏng", b"no photo")
        assert "Chợ Bến Thành" in await send_answer(mai, path, "Chợ Bến Thành")
        assert "Thêm sổ xuất" in await send_answer(mai, path, "Thêm sổ xuất")
        queue = await thanh.get("/alerts?attention=news")
        assert f'href="/alerts/{case}"' in queue.html
        assert "1 bên đã trả lời" in (await thanh.get("/")).text
        case_page = await thanh.get(f"/alerts/{case}")
        for shown in ("Chợ Bến Thành", "Nguyễn Thị Mai", "HTX Nông nghiệp Krông Pắc"):
            assert shown in case_page.text
        async with thanh.session.get(f"{desk.url}{path}/photos/2/0") as photo:
            assert (photo.status, photo.content_type) == (200, "image/jpeg")
        await thanh.submit(
            case_page, f"/alerts/{case}/decide", state="dismissed", cause="gift",
            note="ghi chú riêng", told="Quả được biếu ra Hà Nội",
        )  # fmt: skip
        page = await mai.get(path)
        for shown in ("bỏ nghi vấn", "Quả được biếu ra Hà Nội", "không nhận thêm trả lời"):
            assert shown in page.text
        assert "ghi chú riêng" not in page.text
        late = await desk.call("mai", "POST", f"{path}/answers", {"text": "nữa"})
        assert late.status == 409
        assert "Tem của bạn" not in (await mai.get("/lots/DL-2026-0912")).text


async def test_another_packer_sees_and_answers_nothing(desk: RunningDesk) -> None:
    number, case, hearing = await ask(desk)
    async with somebody(desk, "mai") as mai:
        await send_answer(mai, f"/hearings/{hearing}", "Chợ Bến Thành")
    async with somebody(desk, "lan") as lan:
        assert (await lan.get(f"/hearings/{hearing}")).status == 404
        assert (await lan.get(f"/hearings/{hearing}/photos/2/0")).status == 404
        for path in ("/hearings", "/hearings?q=DL-2026-0912", f"/hearings?q={number}", "/"):
            page = await lan.get(path)
            assert hearing not in page.html
        assert hearing not in (await lan.get("/export/hearings/csv")).html
    assert (await desk.fetch("lan", "GET", "/hearings"))["hearings"] == []
    for who, method, path, body, status in (
        ("lan", "GET", f"/hearings/{hearing}", None, 404),
        ("lan", "POST", f"/hearings/{hearing}/answers", {"text": "x"}, 404),
        ("thanh", "POST", f"/hearings/{hearing}/answers", {"text": "x"}, 403),
        ("in", "GET", "/hearings", None, 403),
        ("mai", "GET", f"/alerts/{case}/hearings", None, 403),
        ("mai", "POST", f"/alerts/{case}/hearings", {"text": "x"}, 403),
        ("bo", "POST", f"/alerts/{case}/hearings", {"text": "x"}, 403),
        ("thanh", "POST", f"/alerts/{case}/hearings", {"text": "x", "due": "2026-01-01"}, 400),
        ("thanh", "POST", "/alerts/77/hearings", {"text": "x"}, 404),
    ):
        assert (await desk.call(who, method, path, body)).status == status, (who, path)
    assert len((await desk.fetch("bo", "GET", f"/hearings/{hearing}"))["messages"]) == 2


async def test_the_case_file_has_what_the_parties_said(desk: RunningDesk) -> None:
    _, case, hearing = await ask(desk)
    await desk.fetch("mai", "POST", f"/hearings/{hearing}/answers", {"text": "Chợ Bến Thành"})
    file = await desk.fetch("thanh", "GET", f"/alerts/{case}/file")
    [heard] = file["case"]["hearings"]
    assert [one["text"] for one in heard["messages"]] == [QUESTION, "Chợ Bến Thành"]


async def test_a_grower_is_heard_about_stamps_of_lots_of_its_area(desk: RunningDesk) -> None:
    for code, owner in (("VN-ĐLOR-0123", "y-bih-nie"), ("VN-ĐLOR-0124", "thu-mua-dak-lak")):
        area = {"code": code, "kind": "growing_area", "name": "Ea Kao", "organisation": owner}
        await desk.fetch("bo", "POST", "/registered-codes", area)
    number = await desk.activated()
    case = await desk.alert(number, 7)
    await desk.fetch("thanh", "POST", f"/alerts/{case}/decisions", {"state": "investigating"})
    async with somebody(desk, "y-bih") as grower, somebody(desk, "thanh") as thanh:
        assert "Tem của bạn" not in (await grower.get("/lots/DL-2026-0912")).text
        body = {"text": QUESTION, "organisations": ["y-bih-nie"]}
        heard = await desk.fetch("thanh", "POST", f"/alerts/{case}/hearings", body)
        path = f"/hearings/{heard['hearings'][0]['id']}"
        assert heard["hearings"][0]["part"] == "place"
        assert "1 câu hỏi về tem của bạn" in (await grower.get("/")).text
        assert "Tem của bạn đang có nghi vấn" in (await grower.get("/lots/DL-2026-0912")).text
        assert 'href="/lots/DL-2026-0912"' in (await grower.get(path)).html
        await send_answer(grower, path, "Hái ngày 10, bán hết cho hợp tác xã")
        assert (await grower.get(f"/batches/{number}")).status == 403
        shown = (await thanh.get(f"/alerts/{case}")).text
        for part in ("Hộ ông Y Bih Niê", "Người trồng", "Hái ngày 10", "Y Bih Niê"):
            assert part in shown
        assert "Trả lời: Hộ ông Y Bih Niê (Người trồng)" in shown
    assert (await desk.call("thu", "GET", path)).status == 403
    assert (await desk.call("mai", "GET", path)).status == 404
    assert (await desk.call("bo", "GET", path)).status == 200
