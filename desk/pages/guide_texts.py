"""The guides of docs/guide as HTML: one for each role, in Vietnamese and in English.

`desk/guides` is a link to `docs/guide`, so that the desk and the repository show one text. Each
guide begins with its title and the link to its other language, which the desk leaves out: its pages
have a language switch. Pictures are assets; a link to another guide leads to that guide's page.
"""

import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from itertools import pairwise
from types import MappingProxyType
from typing import Final

from markdown_it import MarkdownIt
from markdown_it.token import Token
from markupsafe import Markup
from PIL import Image

from desk.pages.assets import find_asset
from ledger import Role
from ledger.trade_kinds import TRADE_KINDS
from web.i18n import LANGUAGES, Language

PICTURE_SCALE: Final = 1.5
"""Pixels of a picture for each CSS pixel of the page that it shows."""

_MARKDOWN: Final = MarkdownIt("commonmark", {"html": False}).enable("table")
_FILE: Final = re.compile(r"([a-z-]+)\.(vi|en)\.md")
_HEAD_TOKENS: Final = 6
"""Tokens of the title and of the link to the other language, three each."""


@dataclass(frozen=True, slots=True)
class Section:
    """A heading of a guide: its anchor and its text."""

    anchor: str
    text: str


@dataclass(frozen=True, slots=True)
class Guide:
    """One guide in one language."""

    name: str
    language: Language
    title: str
    sections: Sequence[Section]
    html: Markup


PARTNER: Final = "partner"
"""The guide of the actors of the trade that have none of their own."""
_OWN_GUIDES: Final = ("grower", "carrier", "laboratory")


def name_guide(role: Role) -> str:
    """The name of a role's guide, in its file and its address.

    >>> name_guide("print_house"), name_guide("carrier"), name_guide("retailer")
    ('print-house', 'carrier', 'partner')
    """
    if role in TRADE_KINDS and role not in _OWN_GUIDES:
        return PARTNER
    return role.replace("_", "-")


def render_guide(name: str, language: Language, text: str) -> Guide:
    """A guide's Markdown as HTML; the description stands in for a picture that is not there."""
    tokens = _MARKDOWN.parse(text)
    sections: list[Section] = []
    for token, following in pairwise(tokens):
        if token.type == "heading_open" and token.tag == "h2":
            section = Section(f"part-{len(sections) + 1}", following.content)
            token.attrSet("id", section.anchor)
            sections.append(section)
        for child in token.children or ():
            _resolve_address(child)
    body = _MARKDOWN.renderer.render(tokens[_HEAD_TOKENS:], _MARKDOWN.options, {})
    return Guide(name, language, tokens[1].content, tuple(sections), Markup(body))  # noqa: S704


def _resolve_address(token: Token) -> None:
    """Replace the address of a picture or of another guide by the one at the desk."""
    if token.type == "image":
        asset = find_asset(str(token.attrs["src"]).rpartition("/")[2])
        if asset is None:
            token.type = "text"
            return
        with Image.open(io.BytesIO(asset.content)) as picture:
            width, height = (round(side / PICTURE_SCALE) for side in picture.size)
        token.attrs |= {"src": asset.path, "width": width, "height": height, "loading": "lazy"}
    elif token.type == "link_open" and (found := _FILE.fullmatch(str(token.attrs["href"]))):
        token.attrs["href"] = f"/guide/{found[1]}"


def _load_guides() -> Mapping[tuple[str, Language], Guide]:
    folder = resources.files("desk").joinpath("guides")
    return MappingProxyType(
        {
            (name, language): render_guide(name, language, file.read_text("utf-8"))
            for file in sorted(folder.iterdir(), key=lambda file: file.name)
            for language in LANGUAGES
            if (name := file.name.removesuffix(f".{language}.md")) != file.name
        }
    )


GUIDES: Final = _load_guides()
"""The guides by name and language."""


def find_guide(name: str, language: Language) -> Guide | None:
    """A guide in the reader's language, in English where it has none; None for an unknown name."""
    return GUIDES.get((name, language)) or GUIDES.get((name, "en"))
