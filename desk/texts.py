"""The words of the desk: `texts.toml`, read once."""

from importlib import resources
from typing import Final

from web.i18n import read

WORDS: Final = read(resources.files("desk").joinpath("texts.toml").read_text("utf-8"))
"""The texts by language."""
