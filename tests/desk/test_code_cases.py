"""Cases about registered codes: a lent code and a withdrawn one, from activity to decision."""

from dataclasses import replace
from typing import Any

from ledger import PlaceRow, RegisteredCode
from services.codes.code_watch import RegistryWatch
from stamps.lifecycle import Transition
from tests.desk.people import somebody
from tests.desk.running_desk import RunningDesk, lot_document, new_key

AREA = RegisteredCode(
    "VN-ĐLOR-0123", "growing_area", "Vùng trồng Ea Kao", province="66", ward="24169",
    hectares=0.1, yield_t_per_ha=15.0, products=("ri6",),
)  # fmt: skip
HOUSES = (
    RegisteredCode(
        "VN-ĐLPH-0012", "packing_house", "Đóng gói Krông Pắc", organisation="krong-pac",
        province="66", lat=12.70, lon=108.30,
    ),
    RegisteredCode(
        "VN-LSPH-0007", "packing_house", "Kho Tân Thanh", organisation="krong-pac",
        province="20", lat=21.99, lon=106.70,
    ),
)  # fmt: skip


async def put_product(desk: RunningDesk) -> None:
    """The product as it is, with the weight of a fruit."""
    [known] = [one for one in await desk.ledger.products.list() if one.id == "ri6"]
    await desk.ledger.products.replace(replace(known, fruit_kg=2.5), actor="bo")


async def lend_code(desk: RunningDesk) -> int:
    """The case of a growing area of 600 fruits under whose code 1,500 stamps were activated."""
    ledger = desk.ledger
    await put_product(desk)
    rows = [AREA, *HOUSES]
    await ledger.places.add(
        PlaceRow("tt", "packing_house", "Tân Thanh", "VN-LSPH-0007", organisation="krong-pac")
    )
    await ledger.registered_codes.change(
        [row.code for row in rows], lambda _: rows, action="add", actor="bo"
    )
    await desk.activated(1000)
    code = "VN-LSPH-0007"
    stages = [
        {**stage, "location": code} if stage["stage"] == "packed" else stage
        for stage in lot_document("x")["stages"]
    ]
    await desk.lot("DL-2026-0913", packing_house={"code": code}, stages=stages)
    number = await desk.printed(500)
    await ledger.transitions.apply(
        number, 0, 500, Transition.ACTIVATE, actor="mai", key=new_key(), lot="DL-2026-0913"
    )
    await RegistryWatch(ledger).take_turn()
    [alert] = [one for one in await ledger.alerts.list() if one.code == AREA.code]
    return alert.id


async def test_a_lent_code_is_a_case_with_its_figures(desk: RunningDesk) -> None:
    case = await lend_code(desk)
    async with somebody(desk, "thanh") as thanh:
        queue = await thanh.get("/alerts?kind=lent_code")
        assert "Mã VN-ĐLOR-0123: nghi cho mượn" in queue.text
        found = await thanh.get("/alerts?q=vn-đlor-0123")
        assert "Mã VN-ĐLOR-0123: nghi cho mượn" in found.text
        page = await thanh.get(f"/alerts/{case}")
        for said in (
            "Số tem kích hoạt vượt sản lượng của vùng",
            "Hàng được đóng gói ở nơi quá xa vùng trồng",
            "900 tem",
            "Sản lượng ước tính (quả) 600",
            "250 %",
            "Kho Tân Thanh, Lạng Sơn",
            "DL-2026-0913",
            "Lịch sử của mã",
        ):
            assert said in page.text, said
        assert page.html.count('class="spot') == 2
        code = await thanh.get("/codes/VN-ĐLOR-0123")
        assert f'href="/alerts/{case}"' in code.html
        assert "Sử dụng mã trong năm 2026" in code.text
    async with somebody(desk, "mai") as mai:
        code = await mai.get("/codes/VN-ĐLOR-0123")
        assert "Sử dụng mã" not in code.text
        assert (await mai.get(f"/alerts/{case}")).status == 403


async def test_an_inspector_decides_and_suspends_the_code(desk: RunningDesk) -> None:
    case = await lend_code(desk)
    path = f"/alerts/{case}"
    async with somebody(desk, "thanh") as thanh:
        page = await thanh.get(path)
        page = await thanh.submit(page, f"{path}/decide", state="investigating")
        refused = await thanh.submit(page, f"{path}/decide", state="confirmed", cause="copied")
        assert refused.status == 409
        page = await thanh.get(path)
        page = await thanh.submit(page, f"{path}/decide", state="confirmed", cause="lent-code")
        assert "đã xác nhận (cho mượn mã)" in page.text
        suspend = "/codes/VN-ĐLOR-0123/suspend"
        page = await thanh.submit(page, suspend, reason="nghi cho mượn mã", sure="yes")
        assert "Tạm dừng: nghi cho mượn mã" in page.text
        assert "/revoke" not in page.html
        page = await thanh.get(path)
        assert "Mã Tạm dừng từ" in page.text
        assert (await thanh.post("/codes/VN-ĐLOR-0123/revoke")).status == 403
    await RegistryWatch(desk.ledger).take_turn()
    kinds = {one.kind for one in await desk.ledger.alerts.list() if one.code == AREA.code}
    assert kinds == {"lent_code", "withdrawn_code"}


async def test_machines_read_the_activity_of_a_code(desk: RunningDesk) -> None:
    case = await lend_code(desk)
    found: Any = await desk.fetch("thanh", "GET", "/registered-codes/VN-ĐLOR-0123/activity")
    assert (found["activated"], found["crops"][0]["fruits"], found["year"]) == (1500, 600, 2026)
    assert {use["partner"]: use["stamps"] for use in found["uses"]} == {
        "VN-ĐLPH-0012": 1000,
        "VN-LSPH-0007": 500,
    }
    [suspected] = found["suspicions"]
    assert (suspected["kind"], set(suspected["reasons"])) == (
        "lent_code",
        {"above_crop", "far_packing_house"},
    )
    alert = await desk.fetch("thanh", "GET", f"/alerts/{case}")
    assert (alert["kind"], alert["code"], alert["counted"]["crop"]) == (
        "lent_code", "VN-ĐLOR-0123", 600
    )  # fmt: skip
    assert (await desk.call("mai", "GET", "/registered-codes/VN-ĐLOR-0123/activity")).status == 403
    days = "code=VN-ĐLOR-0123&since=2026-01-01"
    reach = await desk.fetch("thanh", "GET", f"/recalls/reach?{days}")
    assert (reach["stamps"], len(reach["lots"]), reach["new_lots"]) == (1500, 2, [])


async def test_two_people_recall_the_lots_of_a_code(desk: RunningDesk) -> None:
    await lend_code(desk)
    path = "/codes/VN-ĐLOR-0123/recall"
    async with somebody(desk, "thanh") as thanh, somebody(desk, "bo") as bo:
        page = await thanh.get(path)
        assert "Tem 1.500" in page.text
        assert "2 lô hàng" in page.text
        none = await thanh.get(f"{path}?since=2027-01-01")
        assert "Không có lô hàng nào ghi mã này" in none.text
        assert (await thanh.get(f"{path}?since=x")).status == 400
        refused = await thanh.submit(page, path, reason="ordered")
        assert refused.status == 400
        asked = await thanh.submit(page, path, reason="ordered", sure="yes")
        assert "Thu hồi VN-ĐLOR-0123" in asked.text
        await desk.lot("DL-2026-0914")
        shown = await bo.get(asked.path)
        assert "chưa nằm trong đợt thu hồi này: DL-2026-0914" in shown.text
        done = await bo.submit(shown, f"{asked.path}/approve", sure="yes")
        assert "đã duyệt" in done.text
        for lot in ("DL-2026-0912", "DL-2026-0913"):
            assert "Đã thu hồi" in (await bo.get(f"/lots/{lot}")).text
    async with somebody(desk, "mai") as mai:
        assert (await mai.get(path)).status == 403


async def test_a_batch_is_recalled_from_its_page(desk: RunningDesk) -> None:
    number = await desk.activated()
    path = f"/batches/{number}"
    async with somebody(desk, "thanh") as thanh:
        page = await thanh.get(path)
        asked = await thanh.submit(page, f"{path}/recall", reason="ordered", sure="yes")
    assert asked.path.startswith("/proposals/")
