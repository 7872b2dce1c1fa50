"""Texts of the desk in three languages, loaded from `texts.toml` when the desk starts."""

from importlib import resources
from typing import Final

from web.i18n import Language, load_translations

TEXTS: Final = load_translations(resources.files("desk").joinpath("texts.toml").read_text("utf-8"))
"""The texts by language."""


def find_labels(key: str) -> dict[Language, str]:
    """Return a text in each language."""
    return {language: texts(key) for language, texts in TEXTS.items()}
