"""The pages in a real browser: accessible at both sizes, and usable without scripts."""

from playwright.async_api import Browser, Page

from ledger import Order
from tests.accessibility import WEAK_PHONE, find_flaws
from tests.desk.running_desk import PASSWORD, RunningDesk


async def sign_in(page: Page, desk: RunningDesk, who: str) -> None:
    await page.goto(f"{desk.url}/sign-in")
    await page.get_by_label("Tên đăng nhập").fill(who)
    await page.get_by_label("Mật khẩu").fill(PASSWORD)
    await page.get_by_role("button", name="Đăng nhập").click()
    await page.wait_for_url(lambda url: "sign-in" not in url)


async def test_a_packer_activates_a_roll_on_a_weak_phone(
    desk: RunningDesk, browser: Browser
) -> None:
    number = await desk.printed(1000)
    await desk.lot()
    context = await browser.new_context(
        viewport=WEAK_PHONE, locale="vi-VN", java_script_enabled=False
    )
    page = await context.new_page()
    await sign_in(page, desk, "mai")
    await page.get_by_role("link", name="Kích hoạt").last.click()
    await page.get_by_label("Số đầu cuộn").fill("0")
    await page.get_by_label("Số cuối cuộn").fill("499")
    await page.get_by_role("button", name="Kiểm tra").click()
    button = page.get_by_role("button", name="Kích hoạt 500 tem")
    box = await button.bounding_box()
    assert box
    assert box["height"] >= 64, "gloves need a large button"
    await button.click()
    await page.get_by_text("Đã kích hoạt 500 tem").wait_for()
    assert (await desk.ledger.transitions.compute_balance(number)).activated == 500


async def test_pages_are_accessible(desk: RunningDesk, browser: Browser) -> None:
    number = await desk.activated()
    printed = await desk.printed(500)
    alert = await desk.alert(number, 1)
    cases = [f"/alerts/{one}" for one in (await desk.campaign(number), await desk.leak(number))]
    await desk.ledger.orders.add(Order("o-x", 500, "sealed", requested_by="cap"))
    await desk.fetch(
        "mai", "PUT", "/lots/L2", {"code": "L2", "product": {"code": "x", "name": {"vi": "x"}}}
    )
    seen = {
        "mai": [
            *("/activate", "/lots", "/lots/L2", "/new-lot", "/account", "/activate?batch=x"),
            f"/stamps?q={printed}",
        ],
        "in": ["/batches", f"/batches/{number}"],
        "thanh": [
            *("/alerts", f"/alerts/{alert}", *cases, f"/stamps?q={number}·1", "/stamps?q=no"),
            "/lots/DL-2026-0912",
        ],
        "bo": ["/", "/orders", "/orders?q=x&state=requested", "/orders/o-x", "/balance"],
        "cap": ["/new-order"],
        None: ["/sign-in"],
    }
    for who, paths in seen.items():
        context = await browser.new_context(bypass_csp=True, locale="vi-VN")
        page = await context.new_page()
        if who is not None:
            await sign_in(page, desk, who)
        for path in paths:
            await page.goto(desk.url + path)
            assert await find_flaws(page) == [], path
        await context.close()
