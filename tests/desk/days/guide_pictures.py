"""The pictures of docs/guide, which the tests of each role's day take when they are asked to.

`VERITEM_PICTURES=1 pytest tests/desk/days` takes all of them again, in both languages.
Otherwise each day runs once, in Vietnamese, and takes none.
"""

import io
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from PIL import Image
from playwright.async_api import Browser, BrowserContext, FloatRect, Locator, Page, ViewportSize

from desk.pages.guide_texts import PICTURE_SCALE
from desk.texts import TEXTS
from tests.desk.running_desk import PASSWORD, RunningDesk
from web.i18n import Language, Texts

FOLDER: Final = Path(__file__).parents[3] / "docs/guide/pictures"
MOST_BYTES: Final = 60_000
ARE_WANTED: Final = bool(os.environ.get("VERITEM_PICTURES"))
DAY_LANGUAGES: Final[tuple[Language, ...]] = ("vi", "en") if ARE_WANTED else ("vi",)
LOCALES: Final = {"vi": "vi-VN", "en": "en-GB"}
PHONE: Final = ViewportSize(width=390, height=780)
DESK: Final = ViewportSize(width=1100, height=720)
HALF_HOUR: Final = 31 * 60_000
"""Longer than a session lasts without use."""
_TRANSITION_MS: Final = 400
_OUTLINE: Final = """(element, is_on) => {
    element.style.outline = is_on ? "4px solid #d9480f" : "";
    element.style.outlineOffset = is_on ? "3px" : "";
}"""
_MEASURE: Final = """(element) => {
    const box = element.getBoundingClientRect();
    const margin = element.tagName === "MAIN" ? 0 : 14;  // right above MAIN is the menu
    return {
        x: Math.max(box.x + scrollX - margin, 0), y: Math.max(box.y + scrollY - margin, 0),
        width: box.width + 2 * margin, height: box.height + 2 * margin,
    };
}"""


@dataclass
class Day:
    """The day of one role in one language."""

    guide: str
    language: Language
    desk: RunningDesk

    @property
    def say(self) -> Texts:
        """The texts of the pages."""
        return TEXTS[self.language]

    async def begin(self, browser: Browser, who: str, size: ViewportSize) -> Page:
        """A page of a new browser in which an account has signed in."""
        page = await (await self.open_context(browser, size)).new_page()
        await page.goto(f"{self.desk.url}/sign-in")
        await page.locator("#name").fill(who)
        await self.sign_in(page)
        await page.wait_for_url(lambda url: "sign-in" not in url)
        return page

    async def open_context(self, browser: Browser, size: ViewportSize) -> BrowserContext:
        """A browser of its own, as large and as sharp as the pictures."""
        return await browser.new_context(
            viewport=size,
            locale=LOCALES[self.language],
            device_scale_factor=PICTURE_SCALE,
            accept_downloads=True,
        )

    async def sign_in(self, page: Page) -> None:
        """Give the password of the account that the page names."""
        await page.locator("#password").fill(PASSWORD)
        await page.get_by_role("button", name=self.say("sign.send")).click()

    async def sign_in_again(self, page: Page) -> None:
        """Sign in after the session has ended; the form is back and waits for a new press."""
        await page.get_by_role("heading", name=self.say("sign.kept")).wait_for()
        await self.sign_in(page)
        await page.get_by_role("heading", name=self.say("forms.back")).wait_for()

    async def take(
        self,
        page: Page,
        name: str,
        mark: Locator | None = None,
        area: Locator | None = None,
        height: int | None = None,
        until: Locator | None = None,
    ) -> None:
        """Take a picture, if pictures are wanted, with an outline around `mark`.

        It shows `area` with a margin, or the top of the page: as high as the window or `height`, or
        down to the end of `until`.
        """
        if not ARE_WANTED:
            return
        if mark is not None:
            await mark.evaluate(_OUTLINE, True)
        await page.bring_to_front()  # a page behind another one is not drawn
        await page.evaluate("document.activeElement.blur()")
        await page.wait_for_timeout(_TRANSITION_MS)
        size = page.viewport_size
        assert size is not None
        clip = FloatRect(x=0, y=0, width=size["width"], height=height or size["height"])
        if area is not None:
            clip = FloatRect(**await area.evaluate(_MEASURE))
            clip["width"] = min(clip["width"], size["width"])
            clip["height"] = min(clip["height"], height or clip["height"])
        if until is not None:
            last = await until.evaluate(_MEASURE)
            clip["height"] = last["y"] + last["height"]
        shot = await page.screenshot(full_page=True, clip=clip)
        if mark is not None:
            await mark.evaluate(_OUTLINE, False)
        write_picture(FOLDER / f"{self.guide}-{name}.{self.language}.webp", shot)


def write_picture(path: Path, shot: bytes) -> None:
    """Store a screenshot without loss of its letters, in as many colours as its size allows."""
    with Image.open(io.BytesIO(shot)) as opened:
        picture = opened.convert("RGB")
    for colours in (256, 128, 64, 32, 16):
        output = io.BytesIO()
        few = picture.quantize(colours, dither=Image.Dither.NONE).convert("RGB")
        few.save(output, "WEBP", lossless=True, method=4)
        if len(output.getvalue()) <= MOST_BYTES:
            break
    path.write_bytes(output.getvalue())
