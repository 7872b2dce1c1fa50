"""What a packer tells of a buyer is answered on a phone; an inspector's trace shows the answer."""

import pytest
from playwright.async_api import Browser

from tests.accessibility import find_flaws
from tests.desk.days.guide_pictures import DAY_LANGUAGES, DESK, PHONE, Day
from tests.desk.running_desk import RunningDesk
from web.i18n import Language

BUYER = "Thu mua Đắk Lắk"
SALE = {
    "at": "2026-09-20", "lot": "L1", "quantity": 5, "unit": "TNE", "buyer": BUYER,
}  # fmt: skip
NOTE = "Cân lại ở kho: 4,8 tấn."


@pytest.mark.parametrize("language", DAY_LANGUAGES)
async def test_a_buyer_disputes_a_sale_and_a_trace_says_so(
    desk: RunningDesk, browser: Browser, language: Language
) -> None:
    await desk.fetch("mai", "POST", "/diary", {"kind": "sale", "values": SALE})
    day, inspectors_day = Day("partner", language, desk), Day("inspector", language, desk)
    say = day.say
    buyer = await day.begin(browser, "thu", PHONE)
    await buyer.locator(".task.mentions_open a").click()
    await buyer.locator("main .card h2 a").click()
    await buyer.get_by_role("heading", name=say("mentions.is_it_so")).wait_for()
    await buyer.locator("main details summary", has_text=say("mentions.dispute")).click()
    await buyer.locator("#note").fill(NOTE)
    assert await find_flaws(buyer) == []
    await day.take(buyer, "mention", until=buyer.locator("main"))
    await buyer.locator("button.stop").dblclick()
    await buyer.get_by_text(say("flash.mention_disputed")).wait_for()
    assert await buyer.locator(".talk .answer").count() == 1, "a double tap is one answer"

    inspector = await inspectors_day.begin(browser, "thanh", DESK)
    await inspector.goto(f"{desk.url}/trace?item=https://veritem.vn/lot/L1")
    answered = inspector.locator("table.trace .answered.disputed").first
    assert BUYER in await answered.inner_text()
    await inspectors_day.take(inspector, "trace", area=inspector.locator("table.trace").first)
    assert await find_flaws(inspector) == []
