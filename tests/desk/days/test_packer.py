"""A packer's day on a phone, for pictures; `tests/desk/test_packer_app.py` proves what it does."""

from pathlib import Path

import pytest
from playwright.async_api import Browser

from stamps.lifecycle import Transition
from tests.desk.days.guide_pictures import ARE_WANTED, DAY_LANGUAGES, PHONE, Day
from tests.desk.fake_camera import camera_browser, write_film
from tests.desk.running_desk import RunningDesk, new_key
from tests.desk.test_packer_app import address
from web.i18n import Language

pytestmark = pytest.mark.skipif(not ARE_WANTED, reason="pictures are taken when they are asked for")


@pytest.mark.parametrize("language", DAY_LANGUAGES)
async def test_pictures_of_a_packers_day(
    desk: RunningDesk, tmp_path: Path, language: Language
) -> None:
    number = await desk.printed(5000)
    await desk.lot()
    await desk.ledger.transitions.apply(
        number, 100, 102, Transition.VOID, actor="in", key=new_key(), reason="damaged"
    )
    film = tmp_path / "roll.mjpeg"
    write_film(film, [address(number, 0)])
    day = Day("packer", language, desk)
    async with camera_browser(film) as browser:
        page = await day.begin(browser, "mai", PHONE)
        await page.context.grant_permissions(["camera"])
        await page.goto(f"{desk.url}/activate")
        await page.evaluate("navigator.serviceWorker.ready.then(() => null)")
        await day.take(page, "form", mark=page.locator("#scan-start"))
        await page.click("#scan-start")
        await page.wait_for_timeout(2500)
        camera = page.locator(".rollbox")
        await day.take(page, "camera", area=camera, height=640)
        await page.click("#scan-stop")
        await page.fill("#first", "0")
        await page.fill("#last", "4999")
        await page.locator("#lots label").first.click()
        await page.keyboard.press("Enter")
        await page.wait_for_url("**/activate/check?*")
        press = page.locator("main form button.go.big")
        await day.take(page, "review", mark=press, height=640)
        await page.context.set_offline(True)
        await press.click()
        await page.locator("#unsent").wait_for()
        await day.take(page, "unsent", area=page.locator("#unsent"))
        await page.context.set_offline(False)  # it is sent, and the receipt opens
        await page.locator(".seal").wait_for()
        await day.take(page, "done", height=640)
        await page.context.close()


@pytest.mark.parametrize("language", DAY_LANGUAGES)
async def test_pictures_of_packing_a_carton(
    desk: RunningDesk, browser: Browser, language: Language
) -> None:
    number = await desk.activated()
    day = Day("packer", language, desk)
    page = await day.begin(browser, "mai", PHONE)
    await page.goto(f"{desk.url}/pack-carton")
    await page.fill("#scan", f"(00)389350000100000014\n{number}·0-479")
    press = page.locator("main form button.go.big")
    await day.take(page, "pack", mark=press, until=press)
    await press.click()
    await page.wait_for_url("**/cartons/**")
    await day.take(page, "carton", height=780)
    await page.context.close()


@pytest.mark.parametrize("language", DAY_LANGUAGES)
async def test_pictures_of_links_of_a_gs1_key(
    desk: RunningDesk, browser: Browser, language: Language
) -> None:
    owner = {"prefixes": ["8935000"], "hosts": ["www.krongpac.vn"]}
    await desk.fetch("tri", "PUT", "/key-owners/krong-pac", owner, **{"If-Match": "*"})
    address = "https://www.krongpac.vn"
    links = [
        {"type": "pip", "href": f"{address}/ri6", "title": "Sầu riêng Ri6", "hreflang": ["vi"]},
        {"type": "pip", "href": f"{address}/en/ri6", "title": "Durian Ri6", "hreflang": ["en"]},
        {"type": "recipeInfo", "href": f"{address}/che", "title": "Chè sầu riêng"},
    ]
    added = {"key": "(01)08935000000014", "description": "Ri6", "links": links}
    made = await desk.fetch("mai", "POST", "/link-sets", added)
    day = Day("packer", language, desk)
    page = await day.begin(browser, "mai", PHONE)
    await page.goto(f"{desk.url}/links/{made['id']}/new-link")
    await day.take(page, "link", until=page.locator("#hreflang"))
    await page.goto(f"{desk.url}/links/{made['id']}")
    await day.take(page, "answers", area=page.locator("#answers"))
    await page.context.close()
