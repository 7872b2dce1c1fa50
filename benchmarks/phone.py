"""The packer's page on a phone with a slow network (400 kbit/s, 400 ms).

- `desk.usable_cold`: seconds from the request until a number can be typed, nothing cached.
- `desk.usable_warm`: the same at the next visit, with the service worker.
- `desk.page_weight`: kilobytes until all scripts of the page have run, nothing cached, as they
  come over the link, with headers.

The browser is the system's Chromium at the size of a phone; the desk runs in this process.
"""

import asyncio
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Final
from urllib.parse import urlsplit

from playwright.async_api import Browser, Page, ViewportSize, async_playwright

from benchmarks.figures import Figure
from benchmarks.plan import Plan
from benchmarks.slow_link import SlowLink
from tests.desk.running_desk import PASSWORD, RunningDesk, running_desk

PROGRAMS: Final = ("chromium",)
_PHONE: Final = ViewportSize(width=390, height=844)
_ROUNDS: Final = 9
_QUICK_ROUNDS: Final = 3
_SETTLED_MS: Final = 12_000
"""Time until the page has fetched ahead what it needs without a network."""


@dataclass
class _Times:
    cold: list[float] = field(default_factory=list)
    warm: list[float] = field(default_factory=list)
    weight: list[float] = field(default_factory=list)


def run(plan: Plan) -> Iterator[Figure]:
    """Measure; yields the figures."""
    times = asyncio.run(_measure(_QUICK_ROUNDS if plan.quick else _ROUNDS))
    yield Figure("desk.usable_cold", median(times.cold), "s")
    yield Figure("desk.usable_warm", median(times.warm), "s")
    yield Figure("desk.page_weight", median(times.weight), "kB")


async def _measure(rounds: int) -> _Times:
    times = _Times()
    with tempfile.TemporaryDirectory() as folder:
        async with running_desk(Path(folder)) as desk, async_playwright() as playwright:
            await desk.printed(5000)
            await desk.lot()
            browser = await playwright.chromium.launch(
                executable_path="/usr/bin/chromium", args=["--no-sandbox", "--disable-gpu"]
            )
            for _ in range(rounds):
                await _visit(browser, desk, times)
            await browser.close()
    return times


async def _visit(browser: Browser, desk: RunningDesk, times: _Times) -> None:
    """Sign in without the slow link, then open the page over it, cold and warm."""
    context = await browser.new_context(viewport=_PHONE, locale="vi-VN")
    page = await context.new_page()
    await page.goto(f"{desk.url}/sign-in")
    await page.fill("[name=name]", "mai")
    await page.fill("[name=password]", PASSWORD)
    await page.keyboard.press("Enter")
    await page.wait_for_url(lambda url: "sign-in" not in url)
    signed_in = await context.storage_state()
    await context.close()
    link = SlowLink(urlsplit(desk.url).port or 0)
    async with link.listen() as slow:
        context = await browser.new_context(
            viewport=_PHONE, locale="vi-VN", storage_state=signed_in
        )
        page = await context.new_page()
        times.cold.append(await _time_typing(page, slow))
        await page.wait_for_load_state("domcontentloaded")
        times.weight.append(link.received / 1000)
        await page.evaluate("navigator.serviceWorker.ready.then(() => true)")
        await page.wait_for_timeout(_SETTLED_MS)
        times.warm.append(await _time_typing(page, slow))
        await context.close()


async def _time_typing(page: Page, url: str) -> float:
    """Seconds until the page is painted and its first field takes a number."""
    began = time.monotonic()
    await page.goto(f"{url}/activate", wait_until="commit")
    await page.fill("#first", "12")
    typed = time.monotonic() - began
    painted: float = await page.evaluate(
        """() => new Promise((resolve) => new PerformanceObserver((list) =>
             resolve(list.getEntries()[0].startTime)
           ).observe({ type: "paint", buffered: true }))"""
    )
    return max(typed, painted / 1000)
