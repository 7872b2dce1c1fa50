"""The words of the public pages: `texts.toml`, read once."""

from importlib import resources
from typing import Final

from web.i18n import load_translations

WORDS: Final = load_translations(
    resources.files("resolver").joinpath("texts.toml").read_text("utf-8")
)
"""The texts by language."""
