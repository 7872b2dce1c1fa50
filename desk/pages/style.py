"""The stylesheet of the pages, under an address that changes with its content."""

import hashlib
from importlib import resources
from typing import Final

from aiohttp import web

STYLE: Final = resources.files("desk.pages").joinpath("style.css").read_text("utf-8")
STYLE_PATH: Final = f"/assets/desk-{hashlib.sha256(STYLE.encode()).hexdigest()[:12]}.css"


async def show_style(_: web.Request) -> web.StreamResponse:
    """The stylesheet, cacheable for a year."""
    return web.Response(
        text=STYLE,
        content_type="text/css",
        charset="utf-8",
        headers={"Cache-Control": "public, max-age=31536000, immutable"},
    )
