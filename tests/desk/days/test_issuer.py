"""An issuer's day in a browser: order stamps, issue what another person approved."""

import pytest
from playwright.async_api import Browser

from tests.desk.days.guide_pictures import DAY_LANGUAGES, DESK, HALF_HOUR, Day
from tests.desk.running_desk import RunningDesk
from web.i18n import Language


@pytest.mark.parametrize("language", DAY_LANGUAGES)
async def test_an_issuer_orders_and_issues_stamps(
    desk: RunningDesk, browser: Browser, language: Language
) -> None:
    day = Day("issuer", language, desk)
    say = day.say
    page = await day.begin(browser, "cap", DESK)

    # An order, sent twice by a nervous finger, is one order; going back shows it, not a new form.
    await page.goto(f"{desk.url}/new-order")
    await page.locator("#count").fill("5000")
    await page.locator("#product").select_option("ri6")
    await page.locator("#packer").select_option("krong-pac")
    await page.locator("#print_house").select_option("in-mekong")
    send = page.get_by_role("button", name=say("orders.send"))
    await day.take(page, "order", mark=send, area=page.locator("main"))
    await send.dblclick()
    await page.get_by_text(say.plural("flash.order_sent", 5000)).wait_for()
    (order,) = await desk.ledger.orders.list()
    assert await page.get_by_role("button", name=say("orders.issue")).count() == 0

    # Another person approves it, and the first page counts it.
    await desk.ledger.orders.approve(order.id, "bo")
    await page.goto(desk.url)
    await day.take(
        page, "home", mark=page.locator(".task.orders_to_issue"), until=page.locator(".acts")
    )
    await page.locator(".task.orders_to_issue a").click()
    await page.locator("tbody th a").first.click()
    issue = page.get_by_role("button", name=say("orders.issue"))
    await day.take(page, "issue", mark=issue, area=page.locator("main"))

    # The session ends in between: nothing is issued before the button is pressed again, once.
    desk.clock.now += HALF_HOUR
    await issue.click()
    await day.sign_in_again(page)
    assert await desk.ledger.batches.list() == []
    late = await page.context.new_page()  # a second tab, which will be late
    await late.goto(f"{desk.url}/orders/{order.id}")
    await issue.dblclick()
    await page.get_by_text(say.plural("flash.batch_issued", 5000)).wait_for()
    (batch,) = await desk.ledger.batches.list()
    assert (batch.order, batch.count) == (order.id, 5000)
    await day.take(page, "batch", height=640)

    # The second tab is late: its press is refused, and nothing is issued twice.
    await late.get_by_role("button", name=say("orders.issue")).click()
    await late.get_by_text(say("problem.order-state")).first.wait_for()
    assert await late.get_by_role("button", name=say("orders.issue")).count() == 0
    assert len(await desk.ledger.batches.list()) == 1
