"""A recalled lot says so wherever it is named, and any lot is found where one is chosen."""

import re

from tests.desk.people import somebody
from tests.desk.running_desk import RunningDesk

LOT = "DL-2026-0912"
SAID = "an toàn thực phẩm · 21/09/2026 · theo quyết định của Võ Thị Bộ, cơ quan quản lý"


async def recall(desk: RunningDesk, **target: object) -> None:
    body = {**target, "reason": "food-safety"}
    made = await desk.fetch("thanh", "POST", "/recalls", body, key="r")
    await desk.fetch("bo", "POST", f"/proposals/{made['id']}/approve", {})


async def test_a_recall_is_told_with_reason_day_and_who_decided(desk: RunningDesk) -> None:
    number = await desk.activated()
    waiting = await desk.printed()
    await recall(desk, lot=LOT)
    async with somebody(desk, "mai") as mai:
        for path in (f"/lots/{LOT}", f"/batches/{number}", f"/activate?lot={LOT}"):
            page = await mai.get(path)
            assert f"Đã thu hồi {SAID}" in page.text.replace(f"{LOT} an toàn", "an toàn"), path
        listed = await mai.get("/lots")
        assert "đã thu hồi an toàn thực phẩm 21/09/2026 Võ Thị Bộ" in listed.text
        form = await mai.get(f"/activate?lot={LOT}")
        assert re.search(rf'value="{LOT}" required disabled', form.html)
        roll = {"batch": str(waiting), "first": "0", "last": "9", "lot": LOT}
        refused = await mai.submit(form, "/activate", **roll)
        assert refused.status == 409
        assert f"Đã thu hồi {SAID}" in refused.text
    told = await desk.fetch("mai", "GET", f"/lots/{LOT}")
    assert told["recall"] == {
        "reason": "food-safety", "at": told["recalled_at"], "decided_by": "bo",
        "decider": "Võ Thị Bộ", "is_whole": True,
    }  # fmt: skip
    listed = await desk.fetch("mai", "GET", "/lots")
    assert listed["lots"][0]["recall"] == told["recall"]


async def test_a_recall_of_some_stamps_is_told_as_one_of_a_part(desk: RunningDesk) -> None:
    number = await desk.activated(100)
    await recall(desk, range=f"{number}·0-9")
    async with somebody(desk, "mai") as mai:
        page = await mai.get(f"/lots/{LOT}")
        assert "Đã thu hồi một phần an toàn thực phẩm · 21/09/2026" in page.text
    told = await desk.fetch("mai", "GET", f"/lots/{LOT}")
    assert (told["recall"]["is_whole"], told["recall"]["decided_by"]) == (False, None)


async def test_any_lot_is_found_where_a_roll_is_activated(desk: RunningDesk) -> None:
    number = await desk.printed(1000)
    await desk.lot("OLD-1")
    await desk.lot("LACKING-1", standards=[])
    document = (await desk.ledger.lots.get("OLD-1")).document
    for count in range(30):
        desk.clock.now += 1000
        await desk.fetch("mai", "PUT", f"/lots/N-{count}", {**document, "code": f"N-{count}"})
    roll = {"batch": str(number), "first": "0", "last": "399"}
    async with somebody(desk, "mai") as mai:
        page = await mai.get("/activate")
        assert 'value="OLD-1"' not in page.html
        found = await mai.submit(page, "/activate", **roll, seek="old-1", find="lot")
        assert re.search(r'value="OLD-1" required checked', found.html)
        assert 'value="N-3"' not in found.html
        assert 'value="399"' in found.html
        sure = await mai.submit(found, "/activate", **roll, seek="old-1", lot="OLD-1")
        assert "Kích hoạt 400 tem" in sure.text
        lacking = await mai.submit(page, "/activate", **roll, seek="lacking", find="lot")
        assert re.search(r'value="LACKING-1" required disabled', lacking.html)
        nothing = await mai.submit(page, "/activate", **roll, seek="zzz", find="lot")
        assert "Không có lô hàng nào khớp" in nothing.text
        answer = await mai.session.get(f"{desk.url}/activate/lots?q=lacking")
        assert await answer.json() == {
            "lots": [
                {
                    "code": "LACKING-1", "name": "Sầu riêng Ri6", "packed": "12/09/2026",
                    "blocked": "còn thiếu",
                }
            ]
        }  # fmt: skip
    async with somebody(desk, "lan") as lan:
        answer = await lan.session.get(f"{desk.url}/activate/lots?q=old-1")
        assert await answer.json() == {"lots": []}
