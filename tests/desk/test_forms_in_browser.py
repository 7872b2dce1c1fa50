"""Forms in a real browser: going back, pressing twice, ended sessions, languages, flaws."""

from playwright.async_api import Browser, Page

from ledger import Order
from tests.accessibility import DESK, find_flaws
from tests.desk.running_desk import PASSWORD, RunningDesk
from tests.desk.test_browser import sign_in

PHONE = {"width": 390, "height": 844}
NOTE = "Cho vụ Tết"
HALF_HOUR = 31 * 60_000


async def _fill_order(page: Page, desk: RunningDesk, count: str) -> None:
    await page.goto(f"{desk.url}/new-order")
    await page.get_by_label("Số lượng tem").fill(count)
    await page.get_by_label("Sản phẩm").select_option("ri6")
    await page.get_by_label("Ghi chú").fill(NOTE)


async def test_enter_sends_the_form_and_does_not_switch_the_language(
    desk: RunningDesk, browser: Browser
) -> None:
    """Hand scanners end what they type with Enter."""
    await desk.printed(100)
    await desk.lot()
    context = await browser.new_context(java_script_enabled=False, locale="vi-VN")
    page = await context.new_page()
    await page.goto(f"{desk.url}/sign-in")
    await page.get_by_label("Tên đăng nhập").fill("mai")
    await page.get_by_label("Mật khẩu").fill(PASSWORD)
    await page.keyboard.press("Enter")
    await page.get_by_role("link", name="Kích hoạt").last.click()
    await page.get_by_text("DL-2026-0912").click()
    await page.get_by_label("Số đầu cuộn").fill("0")
    await page.get_by_label("Số cuối cuộn").fill("49")
    await page.keyboard.press("Enter")
    await page.get_by_role("button", name="Kích hoạt 50 tem").wait_for()


async def test_an_order_survives_all_that_happens_to_its_form(
    desk: RunningDesk, browser: Browser
) -> None:
    context = await browser.new_context(viewport=PHONE, locale="vi-VN")
    page = await context.new_page()
    blocked: list[str] = []
    page.on("console", lambda said: blocked.append(said.text) if "Policy" in said.text else None)
    await sign_in(page, desk, "mai")

    # A refusal: all flaws, the cursor at their summary; going back and reloading repeat nothing.
    await _fill_order(page, desk, "1.5")
    await page.get_by_role("button", name="Gửi đơn").click()
    await page.get_by_role("alert").get_by_text("Có 1 mục cần sửa").wait_for()
    assert await page.evaluate("document.activeElement.id") == "problem"
    await page.reload()
    assert await page.get_by_label("Ghi chú").input_value() == NOTE
    await page.go_back()
    assert page.url == f"{desk.url}/new-order"
    assert await page.get_by_label("Ghi chú").input_value() == NOTE
    await page.go_forward()
    assert await page.get_by_label("Ghi chú").input_value() == NOTE
    await page.get_by_role("alert").get_by_role("link", name="Số lượng tem").click()
    assert await page.evaluate("document.activeElement.id") == "count"
    assert await page.get_by_label("Số lượng tem").input_value() == "1.5"

    # The language switch keeps what was typed since.
    await page.get_by_label("Số lượng tem").fill("2.5")
    await page.get_by_role("button", name="EN – English").click()
    await (
        page.get_by_role("heading", name="Order stamps")
        .or_(page.locator("html[lang=en]"))
        .first.wait_for()
    )
    assert await page.locator("#count").input_value() == "2.5"
    assert await page.locator("#note").input_value() == NOTE
    await page.get_by_role("button", name="VI – Tiếng Việt").click()
    await page.locator("html[lang=vi]").wait_for()

    # The session ends; the form comes back after sign-in and waits for a new press.
    await page.get_by_label("Số lượng tem").fill("500")
    desk.clock.now += HALF_HOUR
    await page.get_by_role("button", name="Gửi đơn").click()
    await page.wait_for_url("**/sign-in?**")
    await page.get_by_text("chưa tem nào được kích hoạt").wait_for()
    await page.get_by_label("Mật khẩu").fill(PASSWORD)
    await page.get_by_role("button", name="Đăng nhập").click()
    await page.get_by_role("heading", name="Bạn đã đăng nhập lại").wait_for()
    assert await page.get_by_label("Số lượng tem").input_value() == "500"
    assert await desk.ledger.orders.list() == []

    # Two presses are one order.
    await page.get_by_role("button", name="Gửi đơn").dblclick()
    await page.get_by_text("Đã gửi đơn đặt 500 tem.").wait_for()
    await page.reload()
    assert await page.get_by_text("Đã gửi đơn đặt 500 tem.").count() == 0
    (order,) = await desk.ledger.orders.list()
    assert (order.count, order.note) == (500, NOTE)
    assert blocked == [], "the page runs without inline scripts, styles and eval"


async def test_a_script_keeps_the_form_that_was_edited_last(
    desk: RunningDesk, browser: Browser
) -> None:
    alert = await desk.alert(await desk.activated(), 1)
    page = await (await browser.new_context(viewport=DESK, locale="vi-VN")).new_page()
    await sign_in(page, desk, "thanh")
    await page.goto(f"{desk.url}/alerts/{alert}")
    note = page.locator("#note-investigating")
    await note.fill("Gọi chợ đầu mối")
    await page.get_by_role("link", name="EN – English").click()
    await page.locator("html[lang=en]").wait_for()
    assert await note.input_value() == "Gọi chợ đầu mối"
    assert (await desk.ledger.alerts.get(alert)).state == "open"


async def test_forms_with_flaws_are_accessible(desk: RunningDesk, browser: Browser) -> None:
    number = await desk.activated()
    await desk.printed(500)
    await desk.lot()
    alert = await desk.alert(number, 1)
    await desk.ledger.orders.add(Order("o-x", 500, "sealed", requested_by="cap"))
    forms = {
        "mai": ["/new-order", "/activate", "/new-lot", "/account"],
        "thanh": [f"/alerts/{alert}", "/lots/DL-2026-0912", f"/stamps?q={number}%C2%B71"],
        "in": [f"/batches/{number}"],
    }
    for who, paths in forms.items():
        context = await browser.new_context(bypass_csp=True, locale="vi-VN")
        page = await context.new_page()
        await sign_in(page, desk, who)
        for path in paths:
            await page.goto(desk.url + path)
            await page.evaluate(
                """() => {
                    const find = (inner) =>
                        document.querySelector(`main form[method=post]:has(${inner})`);
                    (find("[required]") ?? find("textarea")).requestSubmit();
                }"""
            )
            await page.locator("#problem").wait_for()
            assert await find_flaws(page) == [], path
        await context.close()
