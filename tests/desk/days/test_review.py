"""A lot is reviewed: a packer submits it, an authority returns it, and publishes its correction."""

import pytest
from playwright.async_api import Browser, expect

from resolver.texts import WORDS
from tests.accessibility import find_flaws
from tests.desk.days.guide_pictures import DAY_LANGUAGES, DESK, PHONE, Day
from tests.desk.days.public_page import code_of, open_phone, open_public_page
from tests.desk.running_desk import RunningDesk, lot_document
from web.i18n import Language

LOT = "DL-2026-0912"
COMMENT = "Thiếu thương hiệu trên bao bì. Xin bổ sung rồi gửi lại."


@pytest.mark.parametrize("language", DAY_LANGUAGES)
async def test_a_lot_is_returned_corrected_and_published(
    desk: RunningDesk, browser: Browser, language: Language
) -> None:
    number = await desk.activated()
    day = Day("authority", language, desk)
    say, words = day.say, WORDS[language]
    packer = await day.begin(browser, "mai", PHONE)
    await packer.goto(f"{desk.url}/lots/{LOT}")
    await packer.locator("#note").fill("Lô đầu vụ")
    submit = packer.get_by_role("button", name=say("reviews.submit"))
    await submit.dblclick()
    await packer.get_by_text(say("flash.submitted")).wait_for()
    assert await find_flaws(packer) == []

    authority = await day.begin(browser, "bo", DESK)
    await authority.locator(".task.lots_to_review a").click()
    await day.take(authority, "reviews", height=520)
    await authority.locator("tbody th a").click()
    await authority.get_by_role("heading", name=say("reviews.record")).wait_for()
    await authority.locator("#comment").fill(COMMENT)
    await day.take(authority, "review", area=authority.locator("main"), height=900)
    assert await find_flaws(authority) == []
    await authority.get_by_role("button", name=say("reviews.return")).click()
    await authority.get_by_text(say("flash.returned")).wait_for()

    await packer.goto(desk.url)
    await packer.locator(".task.lots_returned a").click()
    await packer.goto(f"{desk.url}/lots/{LOT}")
    await packer.get_by_text(COMMENT).wait_for()
    corrected = lot_document(brand="Krông Pắc")
    await desk.fetch("mai", "PUT", f"/lots/{LOT}?reason=late-information", corrected)
    await packer.reload()
    async with open_public_page(desk) as public:
        phone = await open_phone(browser)
        await public.look(phone, code_of(number, 3), "authentic", language)
        await expect(phone.locator(".wait")).to_have_text(words("lot.unreviewed"))
        await packer.get_by_role("button", name=say("reviews.submit")).click()
        await packer.get_by_text(say("flash.submitted")).wait_for()
        await authority.goto(f"{desk.url}/reviews/2")
        await authority.get_by_role("button", name=say("reviews.publish")).dblclick()
        await authority.get_by_text(say("flash.published")).wait_for()
        for _ in range(100):  # the public service follows the ledger within about a second
            await phone.reload()
            if await phone.locator(".ok").count():
                break
        await expect(phone.locator(".ok")).to_have_text(words("lot.reviewed"))
        await expect(phone.locator("#way")).to_be_visible()
        assert await find_flaws(phone) == []
