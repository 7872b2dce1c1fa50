"""Stylesheet, scripts, wasm and guide pictures, under addresses that change with their content.

The stylesheet is `web/tokens.css`, then the files of `styles` in the order below; an area that is
not named there comes last, by name. Scripts are the files of `desk/pwa/dist`, which `make install`
bundles. A page names a script by its file: `get_asset("frame.js").path`.
"""

import gzip
import hashlib
from collections.abc import Iterator, Mapping
from functools import cached_property
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import PurePosixPath
from types import MappingProxyType
from typing import Final

from aiohttp import hdrs, web

from web.quality_values import parse_quality_values

_TYPES: Final[Mapping[str, str]] = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".wasm": "application/wasm",
    ".webp": "image/webp",
}
_COMPRESSED: Final = "image/webp"
"""The type that is compressed already."""
_FIRST_STYLES: Final = ("frame.css", "forms.css", "lists.css")
"""The files of `styles` that areas build on, in order."""
_CACHE: Final = "public, max-age=31536000, immutable"
_GZIP: Final = "gzip"


class Asset:
    """A file that browsers may keep for a year.

    `path` is its address: the file's name with the first 48 bits of its SHA-256 in hex.
    """

    def __init__(self, file: str, content: bytes) -> None:
        name = PurePosixPath(file)
        self.file = file
        self.path = f"/assets/{name.stem}-{hashlib.sha256(content).hexdigest()[:12]}{name.suffix}"
        self.content = content
        self._type = _TYPES[name.suffix]

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """Answer a request for the file, compressed where the client takes it."""
        headers = {
            hdrs.CONTENT_TYPE: self._type,
            hdrs.CACHE_CONTROL: _CACHE,
            hdrs.VARY: hdrs.ACCEPT_ENCODING,
        }
        codings = parse_quality_values(request.headers.get(hdrs.ACCEPT_ENCODING, ""))
        is_smaller = self._type != _COMPRESSED
        if is_smaller and codings.get(_GZIP, codings.get("*", 0.0)) > 0:
            headers[hdrs.CONTENT_ENCODING] = _GZIP
            return web.Response(body=self._compressed, headers=headers)
        return web.Response(body=self.content, headers=headers)

    @cached_property
    def _compressed(self) -> bytes:
        return gzip.compress(self.content, mtime=0)


def _load_style() -> Asset:
    folder = resources.files("desk.pages").joinpath("styles")
    files = {file.name: file for file in folder.iterdir() if file.name.endswith(".css")}
    areas = sorted(files.keys() - set(_FIRST_STYLES))
    ordered = [
        resources.files("web").joinpath("tokens.css"),
        *(files[name] for name in (*_FIRST_STYLES, *areas)),
    ]
    return Asset("desk.css", b"".join(file.read_bytes() for file in ordered))


def _iterate_bundled() -> Iterator[Traversable]:
    folder = resources.files("desk.pwa").joinpath("dist")
    if folder.is_dir():
        yield from (file for file in folder.iterdir() if PurePosixPath(file.name).suffix in _TYPES)


def _iterate_pictures() -> Iterator[Traversable]:
    """The pictures of the guides, which are a link to `docs/guide`."""
    folder = resources.files("desk").joinpath("guides", "pictures")
    yield from (file for file in folder.iterdir() if file.name.endswith(".webp"))


def _load_assets() -> Mapping[str, Asset]:
    script = resources.files("desk.pages").joinpath("enrol.js")
    loaded = [
        _load_style(),
        Asset(script.name, script.read_bytes()),
        *(Asset(file.name, file.read_bytes()) for file in _iterate_bundled()),
        *(Asset(file.name, file.read_bytes()) for file in _iterate_pictures()),
    ]
    return MappingProxyType({asset.file: asset for asset in loaded})


ASSETS: Final = _load_assets()
"""The assets by the name of their file."""


def find_asset(file: str) -> Asset | None:
    """The asset of a file; None for a script that is not bundled (`make install` does it), and for
    a picture that is not taken."""
    return ASSETS.get(file)


def get_asset(file: str) -> Asset:
    """The asset of a file. Raises LookupError for one that is not there."""
    asset = find_asset(file)
    if asset is None:
        raise LookupError(f"{file} is not in desk/pwa/dist; `make install` bundles it")
    return asset


STYLE: Final = get_asset("desk.css")
ENROL_SCRIPT: Final = get_asset("enrol.js")
FRAME: Final = find_asset("frame.js")
"""The script of every signed-in page; pages work without it."""
