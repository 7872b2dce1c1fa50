"""The stylesheet and the script of the pages, under addresses that change with their content."""

import hashlib
from importlib import resources
from typing import Final

from aiohttp import web


class Asset:
    """A text file of this package that browsers may keep for a year.

    `path` is its address: `name`, the first 48 bits of its SHA-256 in hex, and the file's suffix.
    """

    def __init__(self, file: str, name: str, content_type: str) -> None:
        self._text = resources.files("desk.pages").joinpath(file).read_text("utf-8")
        self._content_type = content_type
        digest = hashlib.sha256(self._text.encode()).hexdigest()[:12]
        self.path = f"/assets/{name}-{digest}.{file.rpartition('.')[2]}"

    async def serve(self, _: web.Request) -> web.StreamResponse:
        """Answer a request for the file."""
        return web.Response(
            text=self._text,
            content_type=self._content_type,
            charset="utf-8",
            headers={"Cache-Control": "public, max-age=31536000, immutable"},
        )


STYLE: Final = Asset("style.css", "desk", "text/css")
ENROL_SCRIPT: Final = Asset("enrol.js", "enrol", "text/javascript")
ASSETS: Final = (STYLE, ENROL_SCRIPT)
