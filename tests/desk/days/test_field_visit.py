"""An inspector's visit to a market: record, no network, a look-alike, a finding that is sent."""

import pytest
from playwright.async_api import Browser, expect

from services.field.field_snapshots import SnapshotMaker
from stamps.lifecycle import Transition
from tests.desk.days.guide_pictures import DAY_LANGUAGES, PHONE, Day
from tests.desk.running_desk import KEYS, RunningDesk, new_key
from web.i18n import Language


@pytest.mark.parametrize("language", DAY_LANGUAGES)
async def test_an_inspector_checks_stamps_in_a_market(
    desk: RunningDesk, browser: Browser, language: Language
) -> None:
    number = await desk.activated()
    await desk.alert(number, 3)
    await desk.ledger.transitions.apply(
        number, 10, 20, Transition.SUSPEND, actor="thanh", key=new_key(), reason="counterfeit"
    )
    issuer = desk.dependencies.issuer
    await SnapshotMaker(desk.ledger, issuer, desk.clock, "VERITEM.VN").make("test")
    codes = [KEYS.ring.seal(number, at, at + 1)[0].decode() for at in (3, 12)]
    day = Day("inspector", language, desk)
    say = day.say
    page = await day.begin(browser, "thanh", PHONE)
    await page.goto(f"{desk.url}/field")
    await page.locator("#list.fresh").wait_for()
    await page.locator("#q").fill(codes[0])
    await page.get_by_role("button", name=say("field.check")).click()
    await page.get_by_text(say("field.case", number=1)).wait_for()
    await day.take(page, "field", area=page.locator("#answer"))

    await page.context.set_offline(True)
    await page.locator("#q").fill(codes[1])
    await page.get_by_role("button", name=say("field.check")).click()
    await page.get_by_text(say("field.listed")).wait_for()
    await day.take(page, "offline", area=page.locator("#answer"))

    await page.locator("#q").fill(f"https://veritem.vn.tra-cuu.top/S/{codes[0]}")
    await page.get_by_role("button", name=say("field.check")).click()
    await page.get_by_role("heading", name=say("field.foreign")).wait_for()
    await day.take(page, "lookalike", area=page.locator("#answer"))
    await page.locator("#note").fill("Dán đè lên tem thật")
    await page.get_by_role("button", name=say("field.save")).click()
    await expect(page.locator("#unsent-count")).to_have_text("1")
    await page.context.set_offline(False)
    await page.evaluate("window.dispatchEvent(new Event('online'))")
    await expect(page.locator("#unsent")).to_be_hidden(timeout=15_000)

    # Back at the desk the finding waits, and is closed with what was done.
    await page.goto(f"{desk.url}/field/findings")
    await page.locator("tbody th a").first.click()
    await page.get_by_text("veritem.vn.tra-cuu.top", exact=True).wait_for()
    await page.locator("#note").fill("Đã thu giữ tem")
    await page.get_by_role("button", name=say("field.handle")).click()
    await page.get_by_text(say("field.handled_now")).wait_for()
