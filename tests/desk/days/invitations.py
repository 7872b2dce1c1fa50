"""An actor of the trade is invited on paper, and accepts on a phone."""

import io

import pypdfium2
import zxingcpp
from PIL.Image import Image
from playwright.async_api import Browser, Page, ViewportSize

from tests.accessibility import find_flaws
from tests.desk.days.guide_pictures import Day

CHEAP: ViewportSize = {"width": 360, "height": 640}
NEW_PASSWORD = "vườn nhà mình trồng Ri6"


async def invite(office: Page, day: Day, kind: str, name: str, code: str = "") -> tuple[str, Image]:
    """Invite an actor; the address that the sheet's symbol has, and the sheet as a picture."""
    say = day.say
    await office.goto(f"{day.desk.url}/new-actor-invitation")
    await office.locator("#kind").select_option(kind)
    await office.locator("#name").fill(name)
    await office.locator("#code").fill(code)
    await office.get_by_role("button", name=say("actors.make")).click()
    await office.get_by_text(say("flash.actor_invited")).wait_for()
    assert await find_flaws(office) == []
    answer = await office.request.get(f"{office.url.partition('?')[0]}/sheet")
    [page] = pypdfium2.PdfDocument(io.BytesIO(await answer.body()))
    picture = page.render(scale=2).to_pil()
    [symbol] = zxingcpp.read_barcodes(picture)
    return symbol.text, picture


async def open_invitation(browser: Browser, day: Day, address: str, person: str) -> Page:
    """Open the address of an invitation on a cheap phone, and type a name."""
    phone = await (await day.open_context(browser, CHEAP)).new_page()
    await phone.goto(address.replace(day.desk.dependencies.settings.public_url, day.desk.url))
    assert "#" not in phone.url, "the code is not kept in the history of the browser"
    await phone.locator("#name").fill(person)
    return phone


async def accept(phone: Page, day: Day) -> None:
    """Accept the invitation that a phone shows."""
    assert await find_flaws(phone) == []
    await phone.locator("#password").fill(NEW_PASSWORD)
    await phone.get_by_role("button", name=day.say("join.go")).click()
    await phone.locator(".good").wait_for()
    assert await find_flaws(phone) == []


async def check_width(phone: Page) -> None:
    """Check that nothing of a page is wider than the phone."""
    width = await phone.evaluate("document.documentElement.scrollWidth")
    size = phone.viewport_size
    assert size is not None
    assert width <= size["width"], phone.url
