"""A laboratory's day: results of a lot, a reviewer who says why, a correction, a mention."""

import pytest
from playwright.async_api import Browser, Page, expect

from resolver.texts import WORDS
from tests.accessibility import find_flaws
from tests.desk.days.guide_pictures import DAY_LANGUAGES, DESK, HALF_HOUR, PHONE, Day
from tests.desk.days.invitations import NEW_PASSWORD, accept, invite, open_invitation
from tests.desk.days.public_page import code_of, open_phone, open_public_page
from tests.desk.laboratory import CADMIUM, LABORATORY
from tests.desk.running_desk import RunningDesk
from web.i18n import Language

LOT = "/lots/DL-2026-0912"
OTHERS = (
    {"substance": "Chì (Pb)", "value": "0,2", "limit": "0,1"},
    {"substance": "Metalaxyl-M", "value": "0", "limit": "0,5", "method": "EN 15662:2018"},
)
SALE = {
    "at": "2026-09-13",
    "lot": "DL-2026-0912",
    "quantity": 2,
    "unit": "KGM",
    "buyer": LABORATORY,
}


@pytest.mark.parametrize("language", DAY_LANGUAGES)
async def test_a_laboratory_tells_results_and_corrects_one(
    desk: RunningDesk, browser: Browser, language: Language
) -> None:
    number = await desk.activated()
    day = Day("laboratory", language, desk)
    say, words = day.say, WORDS[language]
    office = await day.begin(browser, "bo", DESK)
    address, _ = await invite(office, day, "laboratory", LABORATORY)
    phone = await open_invitation(browser, day, address, "Lê Thị Tâm")
    await accept(phone, day)

    page = await (await day.open_context(browser, DESK)).new_page()
    await sign_in(page, day)

    # Three results of one report; the next ones begin as a copy of the first.
    await page.goto(f"{desk.url}/new-entry?kind=test")
    await fill(page, CADMIUM)
    await day.take(page, "form", until=page.get_by_role("button", name=say("diary.save")))
    assert await find_flaws(page) == []
    await save(page, day)
    for changes in OTHERS:
        await page.get_by_role("link", name=say("diary.like")).click()
        await fill(page, {"at": CADMIUM["at"], **changes})
        await save(page, day)
    await page.goto(f"{desk.url}/diary")
    await expect(page.locator("tbody tr")).to_have_count(3)
    await day.take(page, "diary", height=560)
    assert await find_flaws(page) == []

    # The record quotes them; the reviewer sees what is above its limit, and says why.
    await desk.fetch("mai", "POST", f"{LOT}/submissions", {"version": 1})
    await office.goto(f"{desk.url}/reviews/1")
    await office.get_by_role("heading", name=say.plural("results.above_count", 1)).wait_for()
    await day.take(office, "review", height=720)
    assert await find_flaws(office) == []
    await office.get_by_role("button", name=say("reviews.publish")).click()
    await expect(office.locator("#reason-flaw")).to_be_visible()
    reason = "Mẫu vỏ; phần ăn được trong mức cho phép"
    await office.locator("#reason").fill(reason)
    desk.clock.now += HALF_HOUR  # the words outlive the end of the session
    await office.get_by_role("button", name=say("reviews.publish")).click()
    await day.sign_in_again(office)
    await expect(office.locator("#reason")).to_have_value(reason)
    await office.get_by_role("button", name=say("reviews.publish")).click()
    await office.get_by_text(say("flash.published")).wait_for()

    async with open_public_page(desk) as public:
        buyer, code = await open_phone(browser), code_of(number, 3)
        await public.look(buyer, code, "authentic", language)
        tests = buyer.locator("section[aria-labelledby=tests]")
        await expect(tests).to_contain_text(words("results.above"))
        await expect(tests).to_contain_text(words("results.not_found"))
        await expect(tests).to_contain_text(f"{LABORATORY} (VILAS 123)")
        await day.take(buyer, "public", area=tests)
        assert await find_flaws(buyer) == []

        # A correction leaves what was published, and the page says so.
        await sign_in(page, day)
        await page.goto(f"{desk.url}/diary")
        await page.locator("tbody tr", has_text="Cadmi").locator("th a").click()
        await page.get_by_role("link", name=say("diary.correct"), exact=True).click()
        await page.locator("#value").fill("0,03")
        await page.get_by_role("button", name=say("diary.correct_save")).click()
        await page.get_by_text(say("flash.entry_corrected")).wait_for()
        corrected = words("results.corrected", name=LABORATORY, day="|").split("|")[0]
        for _ in range(50):
            await public.look(buyer, code, "authentic", language)
            if corrected in await tests.inner_text():
                break
            await buyer.wait_for_timeout(100)
        await expect(tests).to_contain_text(corrected)
        await day.take(buyer, "corrected", area=tests)

    # The packer told that it handed over the sample.
    await desk.fetch("mai", "POST", "/diary", {"kind": "sale", "values": SALE})
    await page.goto(f"{desk.url}/mentions")
    await page.locator('main a[href^="/mentions/"]').first.click()
    await day.take(page, "mention", height=620)
    assert await find_flaws(page) == []
    await page.get_by_role("button", name=say("mentions.confirm")).click()
    await page.get_by_text(say("mention_state.confirmed")).first.wait_for()

    # The packer sees that the page of buyers lacks the latest result.
    packer = await Day("packer", language, desk).begin(browser, "mai", PHONE)
    await packer.goto(f"{desk.url}{LOT}")
    await packer.get_by_text(say("results.unpublished")).wait_for()
    assert await find_flaws(packer) == []


async def sign_in(page: Page, day: Day) -> None:
    """Sign in as the person who accepted the invitation."""
    await page.goto(f"{day.desk.url}/sign-in")
    await page.locator("#name").fill("le.thi.tam")
    await page.locator("#password").fill(NEW_PASSWORD)
    await page.get_by_role("button", name=day.say("sign.send")).click()
    await page.wait_for_url(lambda url: "sign-in" not in url)


async def fill(page: Page, values: dict[str, str]) -> None:
    """Fill the form of a result."""
    for name, value in values.items():
        field = page.locator(f"#{name}")
        if not await field.is_visible():
            await page.locator("details.more-fields summary").click()
        if await field.evaluate("element => element.tagName") == "SELECT":
            await field.select_option(value)
        else:
            await field.fill(value)


async def save(page: Page, day: Day) -> None:
    """Save an entry; its page opens."""
    await page.get_by_role("button", name=day.say("diary.save")).click()
    await page.wait_for_url("**/diary/*")
