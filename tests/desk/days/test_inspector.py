"""An inspector's day on a phone: an alert, its evidence, the emergency brake, decision, recall."""

import pytest
from playwright.async_api import Browser, expect

from tests.desk.days.guide_pictures import DAY_LANGUAGES, HALF_HOUR, PHONE, Day
from tests.desk.days.public_page import code_of, open_phone, open_public_page
from tests.desk.running_desk import RunningDesk
from web.i18n import Language

NOTE = "Chợ đầu mối, sạp 14"


@pytest.mark.parametrize("language", DAY_LANGUAGES)
async def test_an_inspector_works_an_alert(
    desk: RunningDesk, browser: Browser, language: Language
) -> None:
    number = await desk.activated()
    alert = await desk.alert(number, 1)
    day = Day("inspector", language, desk)
    say = day.say
    page = await day.begin(browser, "thanh", PHONE)

    # What waits, by age; the case with its evidence.
    await day.take(
        page, "home", mark=page.locator(".task.alerts_today"), until=page.locator(".acts")
    )
    await page.locator(".task.alerts_today a").click()
    await page.locator("tbody th a").first.click()
    case = page.url
    await page.get_by_role("heading", name=say("alerts.evidence"), exact=True).wait_for()
    await day.take(page, "case")
    drawing = page.get_by_role("heading", name=say("case.map"), exact=True)
    await day.take(page, "map", area=page.locator("section", has=drawing))

    # Taken on with a note; the session ends, and the note is not typed twice.
    note = page.locator("#note-investigating")
    take_on = page.get_by_role("button", name=say("alerts.investigate"))
    await note.fill(NOTE)
    await day.take(
        page, "take-on", mark=take_on, area=page.locator("section:has(#note-investigating)")
    )
    desk.clock.now += HALF_HOUR
    await take_on.click()
    await day.sign_in_again(page)
    await expect(note).to_have_value(NOTE)
    await take_on.dblclick()
    await page.get_by_text(say("flash.alert_decided")).wait_for()
    decided = await desk.ledger.alerts.get(alert)
    assert (decided.state, decided.owner) == ("investigating", "thanh")
    late = await page.context.new_page()  # a second tab, which will be late
    await late.goto(case)

    # The emergency brake: one person, at once.
    block = page.locator("section.danger").get_by_role("button", name=say("alerts.block"))
    await page.locator("#reason").select_option("counterfeit")
    await day.take(page, "block", mark=block, area=page.locator("section.danger"))
    await block.click()
    await page.get_by_text(say("flash.stamp_suspended")).wait_for()
    await page.go_back()
    await page.goto(case)
    assert await block.count() == 0, "a suspended stamp is not suspended again"

    # The decision names its cause.
    step = page.locator("details.step", has_text=say("alerts.confirm"))
    await step.locator("summary").click()
    await page.locator("#cause-confirmed").select_option("copied")
    await day.take(page, "confirm", area=step)
    await step.get_by_role("button", name=say("alerts.confirm")).click()
    await page.get_by_text(say("flash.alert_decided")).wait_for()
    assert (await desk.ledger.alerts.get(alert)).state == "confirmed"

    # The second tab dismisses what is confirmed by now, and is refused.
    step = late.locator("details.step", has_text=say("alerts.dismiss"))
    await step.locator("summary").click()
    await late.locator("#cause-dismissed").select_option("gift")
    await step.get_by_role("button", name=say("alerts.dismiss")).click()
    await late.get_by_text(say("problem.illegal-alert-decision")).first.wait_for()
    assert (await desk.ledger.alerts.get(alert)).cause == "copied"

    # A recall is final: it is proposed, and another person approves it.
    await page.goto(f"{desk.url}/lots/DL-2026-0912")
    recall = page.locator("details", has_text=say("lots.recall"))
    await recall.locator("summary").click()
    await page.locator("#reason").select_option("food-safety")
    await page.locator("#sure").check()
    await day.take(page, "recall", area=page.locator("section.danger"))
    await recall.get_by_role("button", name=say("lots.recall")).dblclick()
    await page.get_by_text(say("proposals.sent")).wait_for()
    assert await desk.ledger.proposals.get_open("recall", "lot:DL-2026-0912") is not None
    assert await page.get_by_role("button", name=say("proposals.approve")).count() == 0


async def test_decisions_of_an_inspector_are_on_the_public_page(
    desk: RunningDesk, browser: Browser
) -> None:
    number = await desk.activated()
    copied, dismissed = await desk.alert(number, 1), await desk.alert(number, 2)
    codes = [code_of(number, index) for index in (1, 2)]
    day = Day("inspector", "vi", desk)
    say = day.say
    async with open_public_page(desk) as public:
        phone = await open_phone(browser)
        # The detector's suspicion, before anybody judged it.
        for code in codes:
            await public.look(phone, code, "caution", "vi")
        page = await day.begin(browser, "thanh", PHONE)

        async def decide(alert: int, step: str, cause: str = "") -> None:
            await page.goto(f"{desk.url}/alerts/{alert}")
            button = page.get_by_role("button", name=say(f"alerts.{step}"))
            if cause:
                form = page.locator("details.step", has_text=say(f"alerts.{step}"))
                await form.locator("summary").click()
                await form.locator("select").first.select_option(cause)
                button = form.get_by_role("button", name=say(f"alerts.{step}"))
            await button.click()
            await page.get_by_text(say("flash.alert_decided")).wait_for()

        # Confirmed, then blocked.
        await decide(copied, "investigate")
        await decide(copied, "confirm", "copied")
        await public.wait_for(codes[0], "suspect")
        await public.look(phone, codes[0], "suspect", "vi")
        await page.locator("#reason").select_option("counterfeit")
        await page.locator("section.danger").get_by_role("button").first.click()
        await page.get_by_text(say("flash.stamp_suspended")).wait_for()
        await public.wait_for(codes[0], "suspended")
        await public.look(phone, codes[0], "suspended", "vi")

        # Dismissed: the page says again what the lifecycle says, and nothing of a suspicion.
        await decide(dismissed, "investigate")
        await decide(dismissed, "dismiss", "gift")
        await public.wait_for(codes[1], "authentic")
        await public.look(phone, codes[1], "authentic", "vi")

        # Another person approves the recall of the lot: both stamps are recalled.
        proposed = await desk.fetch(
            "thanh", "POST", "/recalls",
            {"lot": "DL-2026-0912", "reason": "food-safety"}, key="recall",
        )  # fmt: skip
        await desk.fetch("bo", "POST", f"/proposals/{proposed['id']}/approve")
        for code in codes:
            await public.wait_for(code, "recalled")
            await public.look(phone, code, "recalled", "vi")
    assert min(public.seconds) < 1
