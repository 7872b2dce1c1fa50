"""A grower's day on a cheap phone: with a network, without one, and back."""

from typing import Any

from playwright.async_api import Page, expect

from tests.accessibility import find_flaws
from tests.desk.running_desk import PASSWORD, RunningDesk
from tests.desk.test_diary import AREA
from tests.desk.test_diary import area as area

PHONE = {"width": 320, "height": 640}


async def open_form(context: Any, desk: RunningDesk, kind: str) -> Page:
    """Sign in as the grower, and open the form of a kind."""
    page: Page = await context.new_page()
    await page.goto(f"{desk.url}/sign-in?next=/new-entry%3Fkind%3D{kind}")
    await page.fill("[name=name]", "y-bih")
    await page.fill("[name=password]", PASSWORD)
    await page.get_by_role("button", name="Đăng nhập").click()
    await page.wait_for_url(f"**/new-entry?kind={kind}")
    return page


async def list_kinds(desk: RunningDesk) -> list[str]:
    found = await desk.fetch("y-bih", "GET", "/diary")
    return [one["kind"] for one in found["entries"]]


async def test_without_a_network_entries_wait_and_are_sent_once(
    desk: RunningDesk, browser: Any, area: None
) -> None:
    context = await browser.new_context(viewport=PHONE, locale="vi-VN")
    page = await open_form(context, desk, "input")
    assert await find_flaws(page) == []
    await page.evaluate("navigator.serviceWorker.ready.then(() => null)")
    await page.wait_for_function(
        "async () => (await caches.keys()).includes('veritem-diary')"
        " && Boolean(await (await caches.open('veritem-diary')).match('/new-entry/shell'))"
    )
    await page.select_option("#input_kind", "pesticide")
    await page.fill("#input_name", "Ridomil Gold")
    await page.fill("#substance", "Metalaxyl-M")
    await page.fill("#waiting_days", "7")
    await page.fill("#at", "2026-09-08")
    await context.set_offline(True)
    await page.get_by_role("button", name="Ghi vào nhật ký").click()
    await expect(page.locator("#unsent-count")).to_have_text("1")
    # The phone is switched off and on: the shell opens without a network.
    await page.goto(f"{desk.url}/new-entry")
    assert "Y Bih" not in await page.content()
    await page.get_by_role("link", name="Thu hoạch").click()
    form = page.locator("form[data-kind=harvest]")
    await form.get_by_label("Ngày làm").fill("2026-09-10")
    await form.get_by_label("Khối lượng, số lượng").fill("1.250")
    await expect(form.get_by_label("Vùng trồng, cơ sở")).to_have_value(AREA)
    assert await find_flaws(page) == []
    await form.get_by_role("button", name="Ghi vào nhật ký").click()
    await expect(page.locator("#unsent-count")).to_have_text("2")
    assert await list_kinds(desk) == []
    await context.set_offline(False)
    await page.evaluate("window.dispatchEvent(new Event('online'))")
    await expect(page.locator("#unsent-entries")).to_be_hidden(timeout=15_000)
    assert await list_kinds(desk) == ["harvest", "input"]
    await page.goto(f"{desk.url}/diary")
    await expect(page.get_by_text("chưa hết cách ly")).to_be_visible()
    await context.close()


async def test_an_answer_that_is_lost_records_an_entry_once_and_a_refusal_is_a_task(
    desk: RunningDesk, browser: Any, area: None
) -> None:
    context = await browser.new_context(viewport=PHONE, locale="vi-VN")
    page = await open_form(context, desk, "harvest")

    async def lose_answer(route: Any) -> None:
        await route.fetch()
        await route.abort()

    await page.route("**/diary-queue/entries", lose_answer, times=1)
    await page.fill("#at", "2026-09-10")
    await page.fill("#quantity", "820")
    await page.get_by_role("button", name="Ghi vào nhật ký").click()
    await expect(page.locator("#unsent-count")).to_have_text("1")
    assert await list_kinds(desk) == ["harvest"]
    await context.set_offline(True)
    await page.fill("#at", "2031-09-10")
    await page.fill("#quantity", "1")
    await page.get_by_role("button", name="Ghi vào nhật ký").click()
    await expect(page.locator("#unsent-count")).to_have_text("2")
    await context.set_offline(False)
    await page.evaluate("window.dispatchEvent(new Event('online'))")
    await expect(page.locator("#unsent-count")).to_have_text("1", timeout=15_000)
    await expect(page.locator("#unsent-list")).to_contain_text("Ngày làm: ngày này chưa đến")
    assert await list_kinds(desk) == ["harvest"]
    page.on("dialog", lambda dialog: dialog.accept())
    await page.locator("#unsent-list").get_by_role("button", name="Bỏ").click()
    await expect(page.locator("#unsent-entries")).to_be_hidden()
    await context.close()


async def test_another_account_sends_nothing_of_the_first(
    desk: RunningDesk, browser: Any, area: None
) -> None:
    fields = {"kind": "sale", "owner": "y-bih", "at": "2026-09-10", "lot": "L1", "quantity": "5"}
    context = await browser.new_context(viewport=PHONE, locale="vi-VN")
    page = await open_form(context, desk, "harvest")
    sent = await page.evaluate(
        """async (fields) => {
          const state = await (await fetch("/diary-queue/state")).json();
          const body = new URLSearchParams({...fields, owner: "mai", csrf: state.csrf});
          return (await fetch("/diary-queue/entries", {method: "POST", body})).status;
        }""",
        fields,
    )
    assert sent == 409
    assert await list_kinds(desk) == []
    await context.close()
