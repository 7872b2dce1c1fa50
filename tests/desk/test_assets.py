"""Stylesheet and scripts: kept for a year under an address that names their content."""

from pathlib import Path

import pytest

from desk.pages.assets import ASSETS, STYLE, Asset, get_asset
from tests.desk.running_desk import RunningDesk

STYLES = Path(__file__).parents[2] / "desk/pages/styles"


async def test_assets_are_served_whole_compressed_and_for_good(desk: RunningDesk) -> None:
    for asset in ASSETS.values():
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
