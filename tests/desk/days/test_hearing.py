"""A suspicion is put to a packer: an inspector asks, and the packer answers on a phone."""

import pytest
from playwright.async_api import Browser

from tests.accessibility import find_flaws
from tests.attachments.photos import encode_photo
from tests.desk.days.guide_pictures import DAY_LANGUAGES, PHONE, Day
from tests.desk.running_desk import RunningDesk
from web.i18n import Language

ANSWER = "Lô này bán cho chợ đầu mối Thủ Đức ngày 14/9. Cuộn tem do chị Hoa dán."


@pytest.mark.parametrize("language", DAY_LANGUAGES)
async def test_a_packer_is_asked_and_answers(
    desk: RunningDesk, browser: Browser, language: Language
) -> None:
    number = await desk.activated()
    case = await desk.alert(number, 7)
    day, packers_day = Day("inspector", language, desk), Day("packer", language, desk)
    say = day.say
    inspector = await day.begin(browser, "thanh", PHONE)
    await inspector.goto(f"{desk.url}/alerts/{case}")
    await inspector.get_by_role("button", name=say("alerts.investigate")).click()
    heard = inspector.locator("#heard")
    await heard.locator("summary").click()
    await heard.locator("#ask-due").fill("2026-09-30")
    await heard.get_by_role("button", name=say("hearings.send_question")).dblclick()
    await inspector.get_by_text(say("flash.asked")).wait_for()

    packer = await packers_day.begin(browser, "mai", PHONE)
    await packer.locator(".task.hearings_asked a").click()
    await packer.locator("tbody th a").click()
    await packer.get_by_role("heading", name=say("hearings.talk"), exact=True).wait_for()
    await packers_day.take(packer, "asked", until=packer.locator("#text"))
    assert await find_flaws(packer) == []
    await packer.locator("#text").fill(ANSWER)
    photo = {"name": "so.jpg", "mimeType": "image/jpeg", "buffer": encode_photo()}
    await packer.locator("#photo").set_input_files(photo)  # type: ignore[arg-type]
    await packer.get_by_role("button", name=say("hearings.send")).dblclick()
    await packer.get_by_text(say("flash.answered")).wait_for()
    assert await packer.locator(".talk .answer").count() == 1, "a double tap is one answer"

    await inspector.reload()
    await inspector.get_by_text(say("case.news")).wait_for()
    await day.take(inspector, "heard", area=heard)
    assert ANSWER in await heard.inner_text()
    assert await find_flaws(inspector) == []
