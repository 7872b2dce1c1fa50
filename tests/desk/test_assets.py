"""Stylesheet and scripts: kept for a year under an address that names their content."""

import re
from pathlib import Path

import pytest

from desk.pages.assets import ASSETS, STYLE, Asset, get_asset
from tests.desk.running_desk import RunningDesk

ROOT = Path(__file__).parents[2]
STYLES = ROOT / "desk/pages/styles"


async def test_assets_are_served_whole_compressed_and_for_good(desk: RunningDesk) -> None:
    texts = [asset for asset in ASSETS.values() if not asset.file.endswith(".webp")]
    for asset in texts:
        plain = await desk.session.get(desk.url + asset.path, headers={"Accept-Encoding": "br"})
        packed = await desk.session.get(desk.url + asset.path, headers={"Accept-Encoding": "gzip"})
        assert (plain.status, packed.status) == (200, 200), asset.file
        assert "immutable" in plain.headers["Cache-Control"]
        assert "Content-Encoding" not in plain.headers
        assert packed.headers["Content-Encoding"] == "gzip"
        assert await plain.read() == await packed.read()


async def test_the_stylesheet_has_every_file_of_styles_after_the_tokens(desk: RunningDesk) -> None:
    answer = await desk.session.get(desk.url + STYLE.path)
    text = await answer.text()
    starts = [text.index(file.read_text("utf-8")) for file in STYLES.glob("*.css")]
    assert starts
    assert min(starts) > text.index(":root") >= 0


def test_an_address_changes_with_the_content() -> None:
    first, same, other = (Asset("a.css", content) for content in (b"x", b"x", b"y"))
    assert first.path == same.path != other.path


def test_a_script_that_is_not_bundled_is_named() -> None:
    with pytest.raises(LookupError, match="make install"):
        get_asset("nothing.js")


def _read_tokens(style: str) -> list[dict[str, str]]:
    """The tokens of the light and of the dark, which come first in a stylesheet."""
    blocks = re.findall(r":root\s*\{([^}]*)\}", style)[:2]
    return [dict(re.findall(r"--([\w-]+):\s*([^;]+)", block)) for block in blocks]


def test_staff_and_public_pages_have_the_same_tokens() -> None:
    tokens = _read_tokens((ROOT / "web/tokens.css").read_text("utf-8"))
    public = _read_tokens((ROOT / "resolver/pages/assets/style.css").read_text("utf-8"))
    for own, shown in zip(tokens, public, strict=True):
        shared = own.keys() & shown.keys()
        assert {"paper", "card", "ink", "soft", "line", "link"} <= shared
        assert {name: own[name] for name in shared} == {name: shown[name] for name in shared}
