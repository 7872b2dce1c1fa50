"""An authority's day in a browser: orders, a recall, a registered code, the balance, figures."""

from dataclasses import replace

import pytest
from playwright.async_api import Browser, Page

from ledger import Order, RegisteredCode
from tests.desk.days.guide_pictures import DAY_LANGUAGES, DESK, HALF_HOUR, Day
from tests.desk.running_desk import RunningDesk
from web.i18n import Language

AREA = RegisteredCode(
    "VN-ĐLOR-0123",
    "growing_area",
    "Vùng trồng Ea Kao",
    products=("ri6",),
    hectares=12.5,
    province="66",
    markets=("CN",),
    valid_until="2028-12-31",
)


async def add_order(desk: RunningDesk, id_: str, count: int) -> Order:
    return await desk.ledger.orders.add(
        Order(
            id_, count, "sealed", product="ri6", packer="krong-pac", print_house="in-mekong",
            note="Vụ Tết", requested_by="mai",
        )
    )  # fmt: skip


async def refuse_order(page: Page) -> None:
    """Refuse the order that a page shows, with a reason."""
    await page.locator('details:has(form[action$="/refuse"]) summary').click()
    await page.locator("#refuse-why").fill("Gộp với đơn tháng sau")
    await page.locator('form[action$="/refuse"] button').click()


@pytest.mark.parametrize("language", DAY_LANGUAGES)
async def test_an_authority_decides(
    desk: RunningDesk, browser: Browser, language: Language
) -> None:
    await desk.ledger.registered_codes.change(
        [AREA.code], lambda _: [AREA], action="add", actor="bo"
    )
    await desk.activated()
    packer = await desk.ledger.organisations.get("krong-pac")
    await desk.ledger.organisations.replace(replace(packer, province="66"))
    wanted, unwanted = await add_order(desk, "o-wanted", 5000), await add_order(desk, "o-not", 900)
    day = Day("authority", language, desk)
    say = day.say
    page = await day.begin(browser, "bo", DESK)

    # An order is approved once, however often the button is pressed; a second tab is late.
    await day.take(
        page, "home", mark=page.locator(".task.orders_to_decide"), until=page.locator(".acts")
    )
    await page.locator(".task.orders_to_decide a").click()
    await day.take(page, "orders", height=600)
    await page.goto(f"{desk.url}/orders/{wanted.id}")
    late = await page.context.new_page()
    await late.goto(page.url)
    approve = page.locator('form[action$="/approve"] button')
    await day.take(page, "order", mark=approve, area=page.locator("main"))
    await approve.dblclick()
    await page.get_by_text(say("flash.order_approved")).wait_for()
    assert (await desk.ledger.orders.get(wanted.id)).state == "approved"
    await refuse_order(late)
    await late.get_by_text(say("problem.order-state")).first.wait_for()
    assert (await desk.ledger.orders.get(wanted.id)).state == "approved"

    # A refusal survives the end of the session.
    await page.goto(f"{desk.url}/orders/{unwanted.id}")
    desk.clock.now += HALF_HOUR
    await refuse_order(page)
    await day.sign_in_again(page)
    assert (await desk.ledger.orders.get(unwanted.id)).state == "requested"
    await page.locator('form[action$="/refuse"] button').click()
    await page.get_by_text(say("flash.order_refused")).wait_for()
    assert (await desk.ledger.orders.get(unwanted.id)).state == "refused"

    # A recall that an inspector proposed.
    body = {"lot": "DL-2026-0912", "reason": "food-safety"}
    await desk.fetch("thanh", "POST", "/recalls", body, key="recall-1")
    await page.goto(desk.url)
    await page.locator(".task.proposals_open a").click()
    await page.locator("tbody th a").first.click()
    await page.locator("#sure").check()
    approve = page.locator('form[action$="/approve"] button')
    await day.take(page, "recall", mark=approve, area=page.locator("main"))
    await approve.click()
    await page.get_by_text(say("flash.proposal_approved")).wait_for()
    recalled = await desk.fetch("bo", "GET", "/lots/DL-2026-0912")
    assert recalled["recalled_at"] is not None

    # A code is suspended at once, with its reason.
    await page.goto(f"{desk.url}/codes")
    await page.get_by_role("link", name=AREA.code).click()
    step = page.locator("details", has=page.locator('form[action$="/suspend"]'))
    await step.locator("summary").click()
    await page.locator("#suspend-reason").fill("Kiểm tra dư lượng")
    await page.locator("#suspend-sure").check()
    await day.take(page, "code", area=page.locator("section.danger"))
    await step.get_by_role("button", name=say("codes.suspend")).click()
    await page.get_by_text(say("flash.code_suspended")).wait_for()

    # The balance of every batch.
    await page.goto(f"{desk.url}/balance")
    await page.get_by_text(say("batches.balances")).first.wait_for()
    await day.take(page, "balance", height=460)

    # The figures, from the whole to the lots of a packing house.
    await desk.ledger.figures.fold()
    await page.get_by_role("link", name=say("nav.figures"), exact=True).first.click()
    await page.get_by_role("heading", name=say("figures.chart_stamps")).wait_for()
    await day.take(page, "figures", height=760)
    await page.goto(f"{desk.url}/figures?province=66")
    await page.locator('a[href*="packer=krong-pac"]').click()
    await page.wait_for_url("**packer=krong-pac**")
    await page.go_back()
    await page.get_by_role("link", name=say("figures.lots"), exact=True).last.click()
    await page.get_by_text("DL-2026-0912").first.wait_for()

    # A yearly report is submitted, however often the button is pressed, and corrected.
    await page.goto(f"{desk.url}/figures/reports")
    await page.locator('a[href^="/figures/reports/ministry-year-2026"]').click()
    await page.get_by_role("button", name=say("figures.submit")).dblclick()
    await page.get_by_text(say("flash.report_submitted", version=1)).wait_for()
    await day.take(page, "report", height=760)
    await page.locator("#reason").fill("Bổ sung tháng 11")
    await page.get_by_role("button", name=say("figures.correct")).click()
    await page.get_by_text(say("flash.report_submitted", version=2)).wait_for()
    versions = (await desk.fetch("bo", "GET", "/figures/reports"))["reports"]
    assert [one["version"] for one in versions] == [2, 1]
