"""The files with which phones install the activation page: service worker, manifest, icons.

They are the same for everybody and belong to no session.
"""

from importlib import resources
from typing import Final

from aiohttp import hdrs, web

from desk.pages.assets import find_asset
from desk.pages.call import choose_language
from desk.responses import json_response
from desk.texts import TEXTS

SCOPE: Final = "/activate"
MANIFEST_PATH: Final = "/activate/manifest.webmanifest"
_SIZES: Final = (192, 512)
_HOUR: Final[dict[str, str]] = {hdrs.CACHE_CONTROL: "public, max-age=3600"}


def add_packer_files(app: web.Application) -> None:
    """Add the routes of the files."""
    app.router.add_get("/activate/worker.js", show_worker)
    app.router.add_get(MANIFEST_PATH, show_manifest)
    for size in _SIZES:
        app.router.add_get(_format_icon_path(size), _Icon(size).show)


async def show_worker(request: web.Request) -> web.StreamResponse:
    """The service worker. Browsers ask for it again, so that a new version replaces it."""
    asset = find_asset("worker.js")
    if asset is None:
        raise web.HTTPNotFound
    response = await asset.serve(request)
    response.headers[hdrs.CACHE_CONTROL] = "no-cache"
    response.headers["Service-Worker-Allowed"] = SCOPE
    return response


async def show_manifest(request: web.Request) -> web.StreamResponse:
    """The manifest (W3C Web Application Manifest), in the language of the page."""
    language = choose_language(request)
    manifest = {
        "name": TEXTS[language]("packer.app"),
        "short_name": "Veritem",
        "lang": language,
        "start_url": SCOPE,
        "scope": SCOPE,
        "display": "standalone",
        "background_color": "#f3f1ec",
        "theme_color": "#0b6b3e",
        "icons": [
            {
                "src": _format_icon_path(size),
                "sizes": f"{size}x{size}",
                "type": "image/png",
                "purpose": "any maskable",
            }
            for size in _SIZES
        ],
    }
    headers = _HOUR | {hdrs.VARY: "Cookie, Accept-Language"}
    return json_response(manifest, headers=headers, content_type="application/manifest+json")


class _Icon:
    """An icon of the installed page."""

    def __init__(self, size: int) -> None:
        file = resources.files("desk.pwa").joinpath("icons", f"icon-{size}.png")
        self._content = file.read_bytes()

    async def show(self, _: web.Request) -> web.StreamResponse:
        """Answer a request for the icon."""
        return web.Response(body=self._content, content_type="image/png", headers=_HOUR)


def _format_icon_path(size: int) -> str:
    return f"/activate/icon-{size}.png"
