"""The words of the desk: `texts.toml`, read once."""

from importlib import resources
from typing import Final

from web.i18n import load_translations

WORDS: Final = load_translations(resources.files("desk").joinpath("texts.toml").read_text("utf-8"))
"""The texts by language."""
