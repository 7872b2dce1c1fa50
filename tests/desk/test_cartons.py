"""Cartons at the desk: a packer scans and unpacks, an inspector proposes a recall."""

from urllib.parse import unquote

from playwright.async_api import Browser

from tests.accessibility import WEAK_PHONE, find_flaws
from tests.desk.people import somebody
from tests.desk.running_desk import RunningDesk, new_key
from tests.desk.test_browser import sign_in

LABEL = "389350000100000014"
PATH = f"/cartons/{LABEL}%40krong-pac"


async def pack(desk: RunningDesk, label: str, *contents: str) -> None:
    body = {"contents": list(contents)}
    await desk.fetch("mai", "POST", f"/cartons/{label}/packings", body, key=new_key())


async def test_a_packer_packs_a_carton_and_takes_stamps_out_again(desk: RunningDesk) -> None:
    number = await desk.activated()
    async with somebody(desk, "mai") as mai:
        form = await mai.get("/pack-carton")
        packed = await mai.submit(form, "/pack-carton", scan=f"]C100{LABEL}\r\n{number}·0-479")
        assert unquote(packed.path).startswith(unquote(PATH))
        assert "Đã đóng 480 tem vào thùng." in packed.text
        assert "Thùng 3 8935000 010000001 4" in packed.text
        more = await mai.get(f"/pack-carton?carton={LABEL}")
        assert f">{LABEL}" in more.html
        out = await mai.submit(packed, f"{PATH}/unpack", scan=f"{number}·0-9")
        assert "Đã lấy 10 tem ra khỏi thùng." in out.text
        refused = await mai.submit(out, f"{PATH}/unpack", scan="")
        assert "Hãy quét những gì lấy ra" in refused.text
        whole = await mai.submit(out, f"{PATH}/unpack", all="yes")
        assert "Đã lấy 470 tem ra khỏi thùng." in whole.text
        listed = await mai.get("/cartons")
        assert "3 8935000 010000001 4" in listed.text


async def test_a_refused_scan_is_kept_and_every_bad_line_is_named(desk: RunningDesk) -> None:
    number = await desk.activated()
    scanned = f"{LABEL}\r\n{number}·0-9\r\nnonsense of a scanner\r\n{number}"
    async with somebody(desk, "mai") as mai:
        form = await mai.get("/pack-carton")
        refused = await mai.submit(form, "/pack-carton", scan=scanned)
        assert refused.status == 422
        assert "Dòng 3, “nonsense of a scanner”: Mã tem chưa đúng" in refused.text
        assert f"Dòng 4, “{number}”: Dòng này chỉ cả một đợt tem" in refused.text
        assert scanned.replace("\r\n", "\n") in refused.html.replace("\r\n", "\n")
        await pack(desk, "T-9", f"{number}·5-7")
        again = await mai.submit(form, "/pack-carton", scan=f"{LABEL}\r\n{number}·0-9")
        assert f"Tem đang ở trong thùng T-9: {number}·5-7; hãy lấy ra trước" in again.text


async def test_an_inspector_proposes_to_recall_a_carton_at_its_page(desk: RunningDesk) -> None:
    number = await desk.activated()
    alert = await desk.alert(number, 3)
    await pack(desk, LABEL, f"{number}·0-479")
    await pack(desk, "P-17", LABEL)
    async with somebody(desk, "thanh") as thanh:
        case = await thanh.get(f"/alerts/{alert}")
        assert "Thùng 3 8935000 010000001 4" in case.text
        assert "Đóng vào thùng 3 8935000 010000001 4" in case.text
        assert "Được xếp lên pa-lét P-17" in case.text
        stamps = await thanh.get(f"/stamps?q={number}·3")
        assert "Thùng 3 8935000 010000001 4" in stamps.text
        carton = await thanh.get(PATH)
        assert "Thu hồi tem trong thùng này" in carton.text
        assert "Đóng thêm vào thùng này" not in carton.text
        proposed = await thanh.submit(carton, f"{PATH}/recall", reason="ordered", sure="yes")
        assert proposed.path.startswith("/proposals/")
        assert "Thu hồi thùng 3 8935000 010000001 4" in proposed.text
        untold = await thanh.submit(carton, f"{PATH}/recall", reason="ordered")
        assert untold.status == 400
    async with somebody(desk, "bo") as bo:
        await pack(desk, LABEL, f"{number}·480-481")
        shown = await bo.get(proposed.path.partition("?")[0])
        assert "2 tem được đóng thêm vào sau khi đề nghị" in shown.text


async def test_the_pages_of_cartons_are_accessible_on_a_weak_phone(
    desk: RunningDesk, browser: Browser
) -> None:
    number = await desk.activated()
    context = await browser.new_context(viewport=WEAK_PHONE, locale="vi-VN")
    page = await context.new_page()
    await sign_in(page, desk, "mai")
    await page.goto(f"{desk.url}/pack-carton")
    assert await find_flaws(page) == []
    await page.locator("#scan").press_sequentially(f"{LABEL}\n{number}·0-479\n")
    await page.get_by_role("button", name="Đóng thùng").click()
    await page.get_by_text("Đã đóng 480 tem vào thùng.").wait_for()
    assert await find_flaws(page) == []
    await page.goto(f"{desk.url}/cartons")
    assert await find_flaws(page) == []
    await context.close()
