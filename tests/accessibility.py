"""What keeps people out of a page in the browser: axe-core's findings, and sideways scrolling."""

from functools import cache
from pathlib import Path
from typing import Any, Final

from playwright.async_api import Page, ViewportSize

WEAK_PHONE: Final = ViewportSize(width=360, height=740)
DESK: Final = ViewportSize(width=1280, height=800)
_ALL: Final[dict[str, Any]] = {}
_CONTRAST: Final[dict[str, Any]] = {"runOnly": ["color-contrast"]}


@cache
def _read_axe() -> str:
    return (Path(__file__).parents[1] / "node_modules/axe-core/axe.min.js").read_text("utf-8")


async def find_serious(page: Page, options: dict[str, Any] = _ALL) -> list[tuple[str, str]]:
    """The violations that axe-core calls serious or critical: rule and first element."""
    await page.evaluate(_read_axe())  # a script tag would need a weaker policy of the page
    found = await page.evaluate(
        "options => axe.run(document, {resultTypes: ['violations'], ...options})", options
    )
    return [
        (violation["id"], violation["nodes"][0]["html"])
        for violation in found["violations"]
        if violation["impact"] in ("serious", "critical")
    ]


async def find_flaws(page: Page) -> list[tuple[str, str]]:
    """The serious violations of a page, and the windows in which the page scrolls sideways.

    A light phone shows all of them but two: contrast in the dark, and what is too wide or only
    visible on a desk. A dark desk shows those.
    """
    flaws = []
    for scheme, size, options in (("dark", DESK, _CONTRAST), ("light", WEAK_PHONE, _ALL)):
        await page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        await page.set_viewport_size(size)
        flaws += await find_serious(page, options)
        width = await page.evaluate("document.documentElement.scrollWidth")
        if width > size["width"]:
            flaws.append((f"scrolls sideways at {size['width']}", f"{width} px"))
    return flaws
