"""Link types of the GS1 Web Vocabulary, from the table `link_types.toml`.

>>> parse_link_type("gs1:pip"), parse_link_type("https://gs1.org/voc/pip"), parse_link_type("x")
('pip', 'pip', None)
>>> name_link_type("pip", "en")
'Product information'
"""

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Final

from web.i18n import Language

VOCABULARY: Final = "https://ref.gs1.org/voc/"
PREFIX: Final = "gs1:"
_NAMESPACES: Final = (
    PREFIX,
    VOCABULARY,
    "https://www.gs1.org/voc/",
    "https://gs1.org/voc/",
    "http://gs1.org/voc/",
)
"""What precedes the name of a link type: the prefix, and the vocabulary's present and earlier
addresses."""


@cache
def load_link_types() -> Mapping[str, Mapping[Language, str]]:
    """The names of the link types in each language, in the order in which forms offer them."""
    table = files("traceability.links").joinpath("link_types.toml")
    return tomllib.loads(table.read_text("utf-8"))


def parse_link_type(text: str) -> str | None:
    """The link type of a name with or without its namespace; None for one that is not here."""
    text = text.strip()
    for namespace in _NAMESPACES:
        if text.startswith(namespace):
            text = text.removeprefix(namespace)
            break
    return text if text in load_link_types() else None


def name_link_type(name: str, language: Language) -> str:
    """What people call a link type."""
    return load_link_types()[name][language]
