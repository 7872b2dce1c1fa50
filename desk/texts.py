"""Texts of the desk in three languages, loaded from `texts.toml` when the desk starts."""

from importlib import resources
from typing import Final

from web.i18n import load_translations

TEXTS: Final = load_translations(resources.files("desk").joinpath("texts.toml").read_text("utf-8"))
"""The texts by language."""
