"""What axe-core finds on a page in the browser, and how wide the page is."""

from functools import cache
from pathlib import Path

from playwright.async_api import Page


@cache
def _read_axe() -> str:
    return (Path(__file__).parents[1] / "node_modules/axe-core/axe.min.js").read_text("utf-8")


async def find_serious(page: Page) -> list[tuple[str, str]]:
    """The violations that axe-core calls serious or critical: rule and first element."""
    await page.evaluate(_read_axe())  # a script tag would need a weaker policy of the page
    found = await page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    return [
        (violation["id"], violation["nodes"][0]["html"])
        for violation in found["violations"]
        if violation["impact"] in ("serious", "critical")
    ]


async def measure_width(page: Page) -> int:
    """The width of a page in CSS pixels; more than the window's, and it scrolls sideways."""
    width: int = await page.evaluate("document.documentElement.scrollWidth")
    return width
