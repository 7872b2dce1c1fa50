"""The files with which phones install a page: service worker, manifest, icons.

They are the same for everybody and belong to no session.
"""

from dataclasses import dataclass
from importlib import resources
from typing import Final

from aiohttp import hdrs, web

from desk.pages.assets import find_asset
from desk.pages.call import choose_language
from desk.responses import json_response
from desk.texts import TEXTS

_SIZES: Final = (192, 512)
_HOUR: Final[dict[str, str]] = {hdrs.CACHE_CONTROL: "public, max-age=3600"}


@dataclass(frozen=True, slots=True)
class InstallablePage:
    """A page that phones install."""

    scope: str
    """Path of the page."""
    worker: str
    """File of its service worker."""
    name: str
    """Text key of its name."""

    def add_files(self, app: web.Application) -> None:
        """Add the routes of its files."""
        app.router.add_get(f"{self.scope}/worker.js", self._show_worker)
        app.router.add_get(f"{self.scope}/manifest.webmanifest", self._show_manifest)
        for size in _SIZES:
            app.router.add_get(self._format_icon_path(size), _Icon(size).show)

    async def _show_worker(self, request: web.Request) -> web.StreamResponse:
        """The service worker. Browsers ask for it again, so that a new version replaces it."""
        asset = find_asset(self.worker)
        if asset is None:
            raise web.HTTPNotFound
        response = await asset.serve(request)
        response.headers[hdrs.CACHE_CONTROL] = "no-cache"
        response.headers["Service-Worker-Allowed"] = self.scope
        return response

    async def _show_manifest(self, request: web.Request) -> web.StreamResponse:
        """The manifest (W3C Web Application Manifest), in the language of the page."""
        language = choose_language(request)
        manifest = {
            "name": TEXTS[language](self.name),
            "short_name": "Veritem",
            "lang": language,
            "start_url": self.scope,
            "scope": self.scope,
            "display": "standalone",
            "background_color": "#f3f1ec",
            "theme_color": "#0b6b3e",
            "icons": [
                {
                    "src": self._format_icon_path(size),
                    "sizes": f"{size}x{size}",
                    "type": "image/png",
                    "purpose": "any maskable",
                }
                for size in _SIZES
            ],
        }
        headers = _HOUR | {hdrs.VARY: "Cookie, Accept-Language"}
        return json_response(manifest, headers=headers, content_type="application/manifest+json")

    def _format_icon_path(self, size: int) -> str:
        return f"{self.scope}/icon-{size}.png"


class _Icon:
    """An icon of an installed page."""

    def __init__(self, size: int) -> None:
        file = resources.files("desk.pwa").joinpath("icons", f"icon-{size}.png")
        self._content = file.read_bytes()

    async def show(self, _: web.Request) -> web.StreamResponse:
        """Answer a request for the icon."""
        return web.Response(body=self._content, content_type="image/png", headers=_HOUR)


INSTALLABLE: Final = (
    InstallablePage("/activate", "worker.js", "packer.app"),
    InstallablePage("/new-entry", "diary_worker.js", "diary.title"),
    InstallablePage("/field", "field_worker.js", "field.app"),
)
