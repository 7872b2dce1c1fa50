"""Pages of registered codes: found, shown with history, edited, suspended, imported as shown."""

import re

from playwright.async_api import Browser

from ledger import RegisteredCode
from tests.accessibility import DESK, WEAK_PHONE, find_flaws
from tests.desk.running_desk import RunningDesk, lot_document
from tests.desk.test_browser import sign_in

AREA = RegisteredCode(
    "VN-ĐLOR-0123", "growing_area", "Vùng trồng Ea Kao", household="Y Bih", hectares=12.5
)
HOUSE = RegisteredCode(
    "VN-BTPH-036",
    "packing_house",
    "Cơ sở Bình Thuận",
    status="suspended",
    status_reason="dư lượng",
    valid_until="2027-12-31",
)
FILE = "Mã;Tên;Tỉnh\nVN-ĐLOR-0123;Ea Kao;Đắk Lắk\nVN-TGOR-0001;Cái Bè;Đồng Tháp\n"


async def register(desk: RunningDesk) -> None:
    rows = [AREA, HOUSE]
    await desk.ledger.registered_codes.change(
        [row.code for row in rows], lambda _: rows, action="add", actor="bo"
    )


async def test_an_authority_imports_edits_and_suspends_codes(
    desk: RunningDesk, browser: Browser
) -> None:
    """A whole visit, without scripts."""
    await register(desk)
    await desk.fetch("mai", "PUT", "/lots/L1", lot_document("L1"))
    context = await browser.new_context(
        viewport=WEAK_PHONE, locale="vi-VN", java_script_enabled=False
    )
    page = await context.new_page()
    await sign_in(page, desk, "bo")
    await page.goto(f"{desk.url}/code-imports")
    wrong = {"name": "c.csv", "mimeType": "text/csv", "buffer": f"{FILE}VN-X;A;\n".encode()}
    await page.set_input_files("#file", wrong)  # type: ignore[arg-type]
    await page.get_by_role("button", name="So sánh").click()
    await page.get_by_text("VN-X không đúng dạng mã đã biết").wait_for()
    assert await page.get_by_role("button", name="Áp dụng").count() == 0
    await page.goto(f"{desk.url}/code-imports")
    right = {"name": "c.csv", "mimeType": "text/csv", "buffer": FILE.encode()}
    await page.set_input_files("#file", right)  # type: ignore[arg-type]
    await page.get_by_role("button", name="So sánh").click()
    await page.get_by_role("button", name="Áp dụng 2 thay đổi").click()
    await page.get_by_text("Đã áp dụng: 1 mã mới, 1 mã thay đổi.").wait_for()

    await page.goto(f"{desk.url}/codes?q=ea+kao")
    await page.get_by_role("link", name=re.compile("VN-ĐLOR-0123")).click()
    await page.get_by_role("link", name="L1", exact=True).wait_for()
    await page.get_by_role("link", name="Sửa thông tin").click()
    await page.get_by_label("Diện tích").fill("1.250")
    await page.get_by_label("Thị trường xuất khẩu").fill("Trung Quốc")
    await page.get_by_role("button", name="Lưu").click()
    await page.locator(".flaw").get_by_text("1.250 đọc được hai cách").wait_for()
    assert await page.get_by_label("Thị trường xuất khẩu").input_value() == "Trung Quốc"
    await page.get_by_label("Diện tích").fill("11,5")
    await page.get_by_role("button", name="Lưu").click()
    await page.get_by_text("Đã lưu mã.").wait_for()
    row = await desk.ledger.registered_codes.get(AREA.code)
    assert (row.hectares, row.markets, row.province) == (11.5, ("CN",), "66")

    await page.get_by_text("Tạm dừng mã", exact=True).first.click()
    await page.locator("#suspend-reason").fill("dư lượng thuốc")
    await page.get_by_role("button", name="Tạm dừng mã").click()
    await page.locator(".flaw").first.wait_for()
    assert (await desk.ledger.registered_codes.get(AREA.code)).status == "active"
    assert await page.locator("#suspend-reason").input_value() == "dư lượng thuốc"
    await page.locator("#suspend-sure").check()
    await page.get_by_role("button", name="Tạm dừng mã").click()
    await page.get_by_text("Đã tạm dừng mã").wait_for()
    assert (await desk.ledger.registered_codes.get(AREA.code)).status == "suspended"
    await page.get_by_text("dư lượng thuốc").first.wait_for()
    await page.goto(f"{desk.url}/lots/L1")
    await page.get_by_text("đang bị tạm dừng (dư lượng thuốc)").wait_for()
    await context.close()


async def test_a_packer_sees_codes_without_households_and_edits_none(
    desk: RunningDesk, browser: Browser
) -> None:
    await register(desk)
    context = await browser.new_context(viewport=DESK, locale="vi-VN")
    page = await context.new_page()
    await sign_in(page, desk, "mai")
    await page.goto(f"{desk.url}/codes?condition=suspended")
    assert await page.locator(".listed tbody tr").count() == 1
    await page.goto(f"{desk.url}/codes/{AREA.code}")
    body = await page.inner_text("main")
    assert "Ea Kao" in body
    assert "Y Bih" not in body
    assert await page.locator("main form").count() == 0
    for path in ("/new-code", "/code-imports"):
        answer = await page.goto(desk.url + path)
        assert answer
        assert answer.status == 403
    for path, status in (
        ("/codes/VN-X", 404),
        ("/codes?condition=x", 400),
        ("/codes?after=x", 400),
    ):
        answer = await page.goto(desk.url + path)
        assert answer
        assert answer.status == status
    await context.close()


async def test_pages_of_codes_are_accessible(desk: RunningDesk, browser: Browser) -> None:
    await register(desk)
    preview = await desk.fetch(
        "bo",
        "POST",
        "/registered-code-imports",
        f"{FILE}VN-X;A;\n".encode(),
        **{"Content-Type": "text/csv"},
    )
    context = await browser.new_context(bypass_csp=True, locale="vi-VN")
    page = await context.new_page()
    await sign_in(page, desk, "bo")
    for path in (
        *("/codes", f"/codes/{HOUSE.code}", f"/codes/{AREA.code}", "/new-code", "/code-imports"),
        *(f"/new-code?edit={AREA.code}", f"/code-imports/{preview['id']}"),
    ):
        await page.goto(desk.url + path)
        assert await find_flaws(page) == [], path
    await context.close()
