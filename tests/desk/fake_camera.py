"""A camera that Chromium fakes from a film, and the film of a roll of rendered stamps."""

import io
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

import segno
from PIL import Image
from playwright.async_api import Browser, async_playwright

FRAME: Final = (640, 480)
_FRAMES: Final = 45
"""Frames of one stamp: a second and a half."""


def draw_frame(text: str | None) -> Image.Image:
    """A symbol on paper, as a phone sees it; bare paper without a text."""
    frame = Image.new("RGB", FRAME, (214, 205, 190))
    if text is not None:
        output = io.BytesIO()
        segno.make(text, error="m", micro=False).save(output, kind="png", scale=7, border=4)
        with Image.open(output) as symbol:
            turned = symbol.convert("RGB").rotate(4, expand=True, fillcolor=(214, 205, 190))
        frame.paste(turned, ((FRAME[0] - turned.width) // 2, (FRAME[1] - turned.height) // 2))
    return frame


def write_film(path: Path, texts: Sequence[str]) -> None:
    """Write a film (MJPEG: one JPEG after another) that shows each symbol, with paper between."""
    with path.open("wb") as film:
        for text in texts:
            for shown, frames in ((text, _FRAMES), (None, _FRAMES // 3)):
                output = io.BytesIO()
                draw_frame(shown).save(output, "JPEG", quality=80)
                film.write(output.getvalue() * frames)


@asynccontextmanager
async def camera_browser(film: Path) -> AsyncIterator[Browser]:
    """A browser whose camera plays a film, again and again."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path="/usr/bin/chromium",
            args=[
                "--no-sandbox",
                "--disable-gpu",
                "--use-fake-ui-for-media-stream",
                "--use-fake-device-for-media-stream",
                f"--use-file-for-fake-video-capture={film}",
            ],
        )
        try:
            yield browser
        finally:
            await browser.close()
