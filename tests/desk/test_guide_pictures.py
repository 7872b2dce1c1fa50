"""The pictures of docs/guide, taken of the running desk: `VERITEM_PICTURES=1 pytest FILE`."""

import os
from pathlib import Path

import pytest

from stamps.lifecycle import Transition
from tests.desk.fake_camera import camera_browser, write_film
from tests.desk.running_desk import RunningDesk, new_key
from tests.desk.test_packer_app import PHONE, address, open_app

PICTURES = Path(__file__).parents[2] / "docs/pictures"
pytestmark = pytest.mark.skipif(
    not os.environ.get("VERITEM_PICTURES"), reason="pictures are taken when they are asked for"
)


@pytest.mark.parametrize(("language", "locale"), [("vi", "vi-VN"), ("en", "en-GB")])
async def test_pictures_of_a_packers_day(
    desk: RunningDesk, tmp_path: Path, language: str, locale: str
) -> None:
    number = await desk.printed(5000)
    await desk.lot()
    await desk.ledger.transitions.apply(
        number, 100, 102, Transition.VOID, actor="in", key=new_key(), reason="damaged"
    )
    film = tmp_path / "roll.mjpeg"
    write_film(film, [address(number, 0)])
    async with camera_browser(film) as browser:
        context = await browser.new_context(
            viewport=PHONE, locale=locale, permissions=["camera"], device_scale_factor=1.5
        )
        page = await open_app(context, desk)

        async def take(name: str) -> None:
            await page.wait_for_timeout(400)  # transitions end, the camera moves on
            await page.screenshot(path=PICTURES / f"packer-{name}.{language}.png")

        await take("form")
        await page.click("#scan-start")
        await page.wait_for_timeout(2500)
        await page.locator("#camera").scroll_into_view_if_needed()
        await take("camera")
        await page.click("#scan-stop")
        await page.fill("#first", "0")
        await page.fill("#last", "4999")
        await page.locator("#lots label").first.click()
        await page.keyboard.press("Enter")
        await page.wait_for_url("**/activate/check?*")
        await take("review")
        await context.set_offline(True)
        await page.locator("main form button.go.big").click()
        await page.locator("#unsent").wait_for()
        await take("unsent")
        await context.set_offline(False)  # it is sent, and the receipt opens
        await page.locator(".seal").wait_for()
        await take("done")
        await context.close()
