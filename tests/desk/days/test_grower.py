"""A grower's day: an invitation on paper becomes an account, and a suspicion is answered."""

import io

import pytest
from playwright.async_api import Browser

from tests.attachments.photos import encode_photo
from tests.desk.days.guide_pictures import (
    ARE_WANTED,
    DAY_LANGUAGES,
    FOLDER,
    PHONE,
    Day,
    write_picture,
)
from tests.desk.days.invitations import accept, check_width, invite, open_invitation
from tests.desk.running_desk import RunningDesk
from web.i18n import Language

AREA = {"code": "VN-ĐLOR-0123", "kind": "growing_area", "name": "Ea Kao"}
ANSWER = "Vườn hái ngày 10/9, bán hết cho hợp tác xã. Tem do hợp tác xã dán."


@pytest.mark.parametrize("language", DAY_LANGUAGES)
async def test_a_grower_joins_by_paper_and_answers(
    desk: RunningDesk, browser: Browser, language: Language
) -> None:
    await desk.fetch("bo", "POST", "/registered-codes", AREA)
    number = await desk.activated()
    day, authority = Day("grower", language, desk), Day("authority", language, desk)
    say = day.say
    office = await authority.begin(browser, "bo", PHONE)
    name, code = "Hộ ông Y Bih Niê", AREA["code"]
    address, sheet = await invite(office, day, "grower", name, code)
    if ARE_WANTED:
        shown = io.BytesIO()
        width, height = sheet.width // 2, sheet.height // 2
        sheet.resize((width, height)).crop((0, 0, width, height * 3 // 4)).save(shown, "PNG")
        write_picture(FOLDER / f"grower-sheet.{language}.webp", shown.getvalue())

    phone = await open_invitation(browser, day, address, "Y Bih Niê")
    await day.take(phone, "join", until=phone.get_by_role("button", name=say("join.go")))
    await accept(phone, day)
    await phone.get_by_text("y.bih.nie").wait_for()
    await day.take(phone, "joined", until=phone.locator(".good"))

    await phone.goto(f"{desk.url}/lots/DL-2026-0912")
    await day.take(phone, "lot")
    await ask(desk, number)
    await phone.goto(desk.url)
    await phone.locator(".task.hearings_asked a").click()
    await phone.locator("tbody th a").click()
    await phone.get_by_role("heading", name=say("hearings.talk"), exact=True).wait_for()
    await day.take(phone, "asked", until=phone.locator("#text"))
    await phone.locator("#text").fill(ANSWER)
    photo = {"name": "so.jpg", "mimeType": "image/jpeg", "buffer": encode_photo()}
    await phone.locator("#photo").set_input_files(photo)  # type: ignore[arg-type]
    await phone.get_by_role("button", name=say("hearings.send")).click()
    await phone.get_by_text(say("flash.answered")).wait_for()
    await check_width(phone)

    inspector = await Day("inspector", language, desk).begin(browser, "thanh", PHONE)
    await inspector.goto(f"{desk.url}/alerts")
    await inspector.locator("tbody th a").first.click()
    heard = await inspector.locator("#heard").inner_text()
    for part in ("Hộ ông Y Bih Niê", say("organisations.grower"), ANSWER):
        assert part in heard


async def ask(desk: RunningDesk, number: int) -> None:
    """Ask all parties of a case about a stamp of the batch."""
    case = await desk.alert(number, 7)
    await desk.fetch("thanh", "POST", f"/alerts/{case}/decisions", {"state": "investigating"})
    question = {"text": "Lô này hái ngày nào, bán cho ai?", "due": "2026-09-30"}
    await desk.fetch("thanh", "POST", f"/alerts/{case}/hearings", question)
