"""A grower's day: an invitation on paper becomes an account, and a suspicion is answered."""

import io

import pypdfium2
import pytest
import zxingcpp
from playwright.async_api import Browser, Page, ViewportSize

from tests.accessibility import find_flaws
from tests.attachments.photos import encode_photo
from tests.desk.days.guide_pictures import (
    ARE_WANTED,
    DAY_LANGUAGES,
    FOLDER,
    PHONE,
    Day,
    write_picture,
)
from tests.desk.running_desk import RunningDesk
from web.i18n import Language

CHEAP: ViewportSize = {"width": 360, "height": 640}
NEW_PASSWORD = "vườn nhà mình trồng Ri6"
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
    address = await invite(office, day)

    phone = await (await day.open_context(browser, CHEAP)).new_page()
    await phone.goto(address.replace(desk.dependencies.settings.public_url, desk.url))
    assert "#" not in phone.url, "the code is not kept in the history of the browser"
    await phone.locator("#name").fill("Y Bih Niê")
    await day.take(phone, "join", until=phone.get_by_role("button", name=say("join.go")))
    assert await find_flaws(phone) == []
    await phone.locator("#password").fill(NEW_PASSWORD)
    await phone.get_by_role("button", name=say("join.go")).click()
    await phone.get_by_text("y.bih.nie").wait_for()
    await day.take(phone, "joined", until=phone.locator(".good"))
    assert await find_flaws(phone) == []

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
    width = await phone.evaluate("document.documentElement.scrollWidth")
    assert width <= CHEAP["width"], "nothing is wider than the phone"

    inspector = await Day("inspector", language, desk).begin(browser, "thanh", PHONE)
    await inspector.goto(f"{desk.url}/alerts")
    await inspector.locator("tbody th a").first.click()
    heard = await inspector.locator("#heard").inner_text()
    for part in ("Hộ ông Y Bih Niê", say("organisations.grower"), ANSWER):
        assert part in heard


async def invite(office: Page, day: Day) -> str:
    """Invite a grower with its growing area; the address that the sheet's symbol has."""
    say = day.say
    await office.goto(f"{day.desk.url}/new-actor-invitation")
    await office.locator("#kind").select_option("grower")
    await office.locator("#name").fill("Hộ ông Y Bih Niê")
    await office.locator("#code").fill(AREA["code"])
    await office.get_by_role("button", name=say("actors.make")).click()
    await office.get_by_text(say("flash.actor_invited")).wait_for()
    assert await find_flaws(office) == []
    answer = await office.request.get(f"{office.url.partition('?')[0]}/sheet")
    [page] = pypdfium2.PdfDocument(io.BytesIO(await answer.body()))
    picture = page.render(scale=2).to_pil()
    if ARE_WANTED:
        shown = io.BytesIO()
        picture.resize((picture.width // 2, picture.height // 2)).crop(
            (0, 0, picture.width // 2, picture.height * 3 // 8)
        ).save(shown, "PNG")
        write_picture(FOLDER / f"grower-sheet.{day.language}.webp", shown.getvalue())
    [symbol] = zxingcpp.read_barcodes(picture)
    return symbol.text


async def ask(desk: RunningDesk, number: int) -> None:
    """Ask all parties of a case about a stamp of the batch."""
    case = await desk.alert(number, 7)
    await desk.fetch("thanh", "POST", f"/alerts/{case}/decisions", {"state": "investigating"})
    question = {"text": "Lô này hái ngày nào, bán cho ai?", "due": "2026-09-30"}
    await desk.fetch("thanh", "POST", f"/alerts/{case}/hearings", question)
