"""A reviewer's day: a record is returned, mended, approved by two and published, then corrected."""

import pytest
from playwright.async_api import Browser, Page, expect

from resolver.texts import WORDS
from stamps.lifecycle import Transition
from tests.accessibility import find_flaws
from tests.accounts import add_accounts
from tests.desk.days.guide_pictures import DAY_LANGUAGES, DESK, HALF_HOUR, PHONE, Day
from tests.desk.days.public_page import code_of, open_phone, open_public_page
from tests.desk.running_desk import RunningDesk, new_key
from web.i18n import Language

LOT = "/lots/DL-2026-0912"
COMMENT = "Thiếu thương hiệu trên bao bì; xin ghi cho đủ"
BRAND, CORRECTED_BRAND = "Krông Pắc Xanh", "Krông Pắc Vàng"


@pytest.mark.parametrize("language", DAY_LANGUAGES)
async def test_two_reviewers_publish_a_record_and_its_correction(
    desk: RunningDesk, browser: Browser, language: Language
) -> None:
    await add_accounts(desk.ledger, "dung")
    number = await desk.printed(1000)
    await desk.lot()
    day = Day("authority", language, desk)
    say, words = day.say, WORDS[language]
    packer = await day.begin(browser, "mai", PHONE)
    bo = await day.begin(browser, "bo", DESK)
    dung = await day.begin(browser, "dung", DESK)

    # The province asks for two people.
    await bo.goto(f"{desk.url}/review-rules")
    await bo.locator("#reviewers").select_option("2")
    await bo.locator("main form button").click()
    await bo.get_by_text(say("flash.review_rule_set")).wait_for()

    # A phone submits; the reviewer returns the record, with words that outlive the session.
    await submit(packer, day, "Xin xem giúp")
    assert await find_flaws(packer) == []
    await bo.goto(f"{desk.url}/reviews")
    assert await find_flaws(bo) == []
    await bo.locator('a[href="/reviews/1"]').first.click()
    await expect(bo.locator("main")).to_contain_text("Xin xem giúp")
    assert await find_flaws(bo) == []
    await bo.locator("#comment").fill(COMMENT)
    desk.clock.now += HALF_HOUR
    await bo.get_by_role("button", name=say("reviews.return"), exact=True).click()
    await day.sign_in_again(bo)
    await expect(bo.locator("#comment")).to_have_value(COMMENT)
    await bo.get_by_role("button", name=say("reviews.return"), exact=True).click()
    await bo.get_by_text(say("flash.returned")).wait_for()

    # The packer reads the comment, mends the lot and submits it again.
    await open_again(packer, day, "mai")
    await expect(packer.locator("main")).to_contain_text(COMMENT)
    await packer.goto(f"{desk.url}/new-lot?edit=DL-2026-0912")
    await packer.locator("#brand").fill(BRAND)
    await packer.get_by_role("button", name=say("lots.save"), exact=True).click()
    await packer.wait_for_url(f"**{LOT}*")
    await submit(packer, day, "Đã ghi thương hiệu")

    # One approves, another publishes.
    await approve(bo, desk, 2, say("reviews.approve"), say("flash.approved"))
    await open_again(dung, day, "dung")
    await approve(dung, desk, 2, say("reviews.publish"), say("flash.published"))
    published = await desk.fetch("mai", "GET", f"{LOT}/publication")
    await desk.ledger.transitions.apply(
        number, 0, 1000, Transition.ACTIVATE, actor="mai", key=new_key(), lot="DL-2026-0912"
    )

    async with open_public_page(desk) as public:
        buyer, code = await open_phone(browser), code_of(number, 3)
        await public.look(buyer, code, "authentic", language)
        await expect(buyer.locator("section[aria-labelledby=way]")).to_be_visible()
        record = buyer.locator("section[aria-labelledby=record]")
        await record.locator("summary").click()
        await expect(record).to_contain_text(published["statement"]["sha256"])
        await expect(buyer.locator("main")).to_contain_text(BRAND)
        assert await find_flaws(buyer) == []

        # A correction changes nothing of the page before it is reviewed too.
        known = await desk.fetch("mai", "GET", LOT)
        changed = {**known["document"], "brand": CORRECTED_BRAND}
        await desk.fetch("mai", "PUT", f"{LOT}?reason=typing-error", changed)
        await public.look(buyer, code, "authentic", language)
        await expect(buyer.locator("main")).to_contain_text(BRAND)
        await expect(buyer.locator("main")).not_to_contain_text(CORRECTED_BRAND)
        await submit(packer, day, "Sửa thương hiệu")
        await approve(bo, desk, 3, say("reviews.approve"), say("flash.approved"))
        await approve(dung, desk, 3, say("reviews.publish"), say("flash.published"))
        for _ in range(50):
            await public.look(buyer, code, "authentic", language)
            if CORRECTED_BRAND in await buyer.locator("main").inner_text():
                break
            await buyer.wait_for_timeout(100)
        await expect(buyer.locator("main")).to_contain_text(CORRECTED_BRAND)
        await expect(buyer.locator("main")).to_contain_text(words("lot.corrected"))


async def open_again(page: Page, day: Day, who: str) -> None:
    """Open the lot after the session has ended."""
    await page.goto(f"{day.desk.url}{LOT}")
    await page.locator("#name").fill(who)
    await day.sign_in(page)
    await page.wait_for_url(f"**{LOT}")


async def submit(page: Page, day: Day, note: str) -> None:
    """Submit the lot for review with a note."""
    await page.goto(f"{day.desk.url}{LOT}")
    await page.locator("#note").fill(note)
    await page.get_by_role("button", name=day.say("reviews.submit"), exact=True).click()
    await page.get_by_text(day.say("flash.submitted")).wait_for()


async def approve(page: Page, desk: RunningDesk, review: int, press: str, told: str) -> None:
    """Approve a submitted version."""
    await page.goto(f"{desk.url}/reviews/{review}")
    await page.get_by_role("button", name=press, exact=True).click()
    await page.get_by_text(told).wait_for()
