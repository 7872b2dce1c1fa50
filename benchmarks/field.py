"""The list that phones carry: bytes, building, memory, deltas, and a check on a slow phone.

- `field.bytes.N`: bits a code of a snapshot of N million codes in 100,000 spans.
- `field.build_s.N`, `field.build_mb.N`: seconds, and megabytes of memory at most, of making it.
- `field.delta_kb`: kilobytes of a delta in which 10,000 codes joined and 10,000 left.
- `field.open_ms.N`: verifying and opening the list on a phone of a sixth of this processor.
- `field.check_ms.N`: one check without a network there, signature included.

Sizes are 1, 5 and 20 million codes; `--quick` takes the first alone.
"""

import asyncio
import multiprocessing
import resource
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import Any, Final

from playwright.async_api import BrowserContext, Page, async_playwright

from benchmarks.figures import Figure
from benchmarks.plan import Plan
from issuer.field_snapshot import sign_snapshot
from services.field.field_snapshots import SnapshotMaker
from stamps.fuse_filter import build_filter
from stamps.lifecycle import Transition
from stamps.listed_codes import CodeRange, expand_ranges, make_marks
from tests.desk.running_desk import KEYS, PASSWORD, SIGNER, RunningDesk, new_key, running_desk

PROGRAMS: Final = ("chromium",)
SIZES: Final = (1, 5, 20)
"""Millions of listed codes."""
_SPANS: Final = 100_000
_BATCH: Final = 10_000_000
_SLOWER: Final = 6
_CHECKS: Final = 15
_MEGA: Final = 1_000_000


def run(plan: Plan, sizes: tuple[int, ...] = SIZES) -> Iterator[Figure]:
    """Measure; yields the figures."""
    for millions in sizes[:1] if plan.quick else sizes:
        size, seconds, megabytes = _run_apart(_build, millions * _MEGA)
        yield Figure(f"field.bytes.{millions}", 8 * size / (millions * _MEGA), "bits/code")
        yield Figure(f"field.build_s.{millions}", seconds, "s")
        yield Figure(f"field.build_mb.{millions}", megabytes, "MB")
    yield Figure("field.delta_kb", _make_delta() / 1000, "kB")
    for millions in sizes[:1] if plan.quick else sizes:
        opened, checked = asyncio.run(_measure_phone(millions * _MEGA))
        yield Figure(f"field.open_ms.{millions}", opened, "ms")
        yield Figure(f"field.check_ms.{millions}", checked, "ms")


def _make_ranges(codes: int, spans: int, first: int = 0) -> list[CodeRange]:
    """Spans of equal length, with as many living stamps between them."""
    length = codes // spans
    starts = range(first, first + 2 * codes, 2 * length)
    return [CodeRange(1 + at // _BATCH, 0, at % _BATCH, at % _BATCH + length) for at in starts]


def _write(joined: list[CodeRange], left: list[CodeRange]) -> bytes:
    filter_ = build_filter(expand_ranges(joined, KEYS.ring))
    marks = make_marks(expand_ranges(left, KEYS.ring))
    return sign_snapshot({"version": 1, "base": 1}, filter_, marks, SIGNER, 0)


def _build(codes: int) -> tuple[int, float, float]:
    ranges = _make_ranges(codes, _SPANS)
    began = time.perf_counter()
    size = len(_write(ranges, []))
    seconds = time.perf_counter() - began
    return size, seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _make_delta() -> int:
    return len(_write(_make_ranges(10_000, 1_000), _make_ranges(10_000, 1_000, _BATCH)))


def _run_apart(work: Any, *arguments: Any) -> Any:
    """Run a function in a process of its own, whose memory is counted from its begin."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(work, arguments)


async def _measure_phone(codes: int) -> tuple[float, float]:
    with tempfile.TemporaryDirectory() as folder:
        async with running_desk(Path(folder)) as desk, async_playwright() as playwright:
            await _fill(desk, codes)
            browser = await playwright.chromium.launch(
                executable_path="/usr/bin/chromium", args=["--no-sandbox", "--disable-gpu"]
            )
            context = await browser.new_context(viewport={"width": 390, "height": 844})
            page = await _open(context, desk)
            slow = await context.new_cdp_session(page)
            await slow.send("Emulation.setCPUThrottlingRate", {"rate": _SLOWER})
            await context.set_offline(True)
            opened = await _time_opening(page, desk)
            checked = [await _time_check(page, index) for index in range(_CHECKS)]
            await browser.close()
            return opened, median(checked)


async def _fill(desk: RunningDesk, codes: int) -> None:
    for lo in range(0, codes, _BATCH):
        count = min(_BATCH, codes - lo)
        number = await desk.printed(count)
        await desk.ledger.transitions.apply(
            number, 0, count, Transition.VOID, actor="in", key=new_key(), reason="lost"
        )
    issuer = desk.dependencies.issuer
    await SnapshotMaker(desk.ledger, issuer, desk.clock, "VERITEM.VN").make("benchmark")


async def _open(context: BrowserContext, desk: RunningDesk) -> Page:
    page = await context.new_page()
    await page.goto(f"{desk.url}/sign-in")
    await page.fill("[name=name]", "thanh")
    await page.fill("[name=password]", PASSWORD)
    await page.keyboard.press("Enter")
    await page.wait_for_url(lambda url: "sign-in" not in url)
    await page.goto(f"{desk.url}/field")
    await page.locator("#list.fresh").wait_for(timeout=120_000)
    await page.wait_for_function(
        "caches.open('veritem-field').then((c) => c.match('/field/shell')).then(Boolean)"
    )
    return page


async def _time_opening(page: Page, desk: RunningDesk) -> float:
    await page.goto(f"{desk.url}/field", wait_until="commit")
    await page.locator("#list.fresh").wait_for(timeout=120_000)
    measured: float = await page.evaluate(
        "performance.getEntriesByName('veritem-list')[0].duration"
    )
    return measured


async def _time_check(page: Page, index: int) -> float:
    code = KEYS.ring.seal(1, index, index + 1)
    signature = SIGNER.sign_codes(code)[0].decode()
    measured: float = await page.evaluate(
        """(text) => new Promise((resolve) => {
          document.getElementById("answer").replaceChildren();
          document.getElementById("q").value = text;
          const began = performance.now();
          new MutationObserver((_, observer) => {
            observer.disconnect();
            resolve(performance.now() - began);
          }).observe(document.getElementById("answer"), { childList: true });
          document.getElementById("ask").requestSubmit();
        })""",
        f"HTTPS://VERITEM.VN/S/{code[0].decode()}.{signature}",
    )
    return measured
