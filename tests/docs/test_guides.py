"""Guides quote what the pages say, show pictures that exist, and are the same in both languages."""

import re
from functools import cache
from pathlib import Path

import pytest

from desk.pages import ROUTES
from desk.pages.entry_texts import label_entry_field
from desk.pages.guide_texts import name_guide
from desk.texts import TEXTS
from ledger import ROLES
from tests.desk.days.guide_pictures import MOST_BYTES
from traceability.diary.entry_kinds import load_entry_kinds
from web.i18n import Language

FOLDER = Path(__file__).parents[2] / "docs/guide"
GUIDES = sorted(FOLDER.glob("*.md"))
TROUBLE = {"vi": "Màn hình báo", "en": "The screen says"}
"""The head of the column that quotes messages."""
SHORTEST_BEGINNING = 15
"""Characters of a message of which a guide quotes the beginning only."""


def read(path: Path) -> str:
    return path.read_text("utf-8")


def language_of(path: Path) -> Language:
    return "vi" if path.suffixes[0] == ".vi" else "en"


@cache
def list_texts(language: Language) -> tuple[re.Pattern[str], ...]:
    """The texts of the pages as patterns; those that are little more than a value are left out."""
    texts = TEXTS[language]
    shown = {texts(key) for key in texts}
    kinds = load_entry_kinds().values()
    shown |= {kind.name[language] for kind in kinds}
    shown |= {label_entry_field(field, texts) for kind in kinds for field in kind.fields}
    return tuple(
        re.compile(".+?".join(map(re.escape, re.split(r"\{\w+\}", text))))
        for text in shown
        if len(re.sub(r"\{\w+\}|\W", "", text)) > 1
    )


def is_on_a_page(quoted: str, language: Language) -> bool:
    return any(pattern.fullmatch(quoted) for pattern in list_texts(language))


def begins_a_message(quoted: str, language: Language) -> bool:
    return len(quoted) >= SHORTEST_BEGINNING and any(
        text.pattern.startswith(re.escape(quoted)) for text in list_texts(language)
    )


def list_messages(path: Path) -> list[str]:
    """The first column of the table of what the screen says."""
    head = f"| {TROUBLE[language_of(path)]} |"
    rows = read(path).partition(head)[2].splitlines()[2:]
    return [row.split(" | ")[0].removeprefix("| ") for row in rows if row.startswith("| ")]


def list_pictures(path: Path) -> list[str]:
    return re.findall(r"!\[[^\]]+\]\(pictures/([\w.-]+)\)", read(path))


def outline(path: Path) -> tuple[object, ...]:
    """What both languages share: headings, steps, pictures, rows."""
    text = read(path)
    marks = re.findall(r"(?m)^(#+|\d+\.|-|\|)(?= )", text)
    return marks, [name.split(".")[0] for name in list_pictures(path)]


def test_every_role_has_a_guide_in_both_languages() -> None:
    roles = {name_guide(role) for role in ROLES}
    assert [path.name for path in GUIDES] == sorted(
        f"{role}.{language}.md" for role in roles for language in TROUBLE
    )


@pytest.mark.parametrize("path", GUIDES, ids=lambda path: path.stem)
def test_a_guide_quotes_what_pages_show(path: Path) -> None:
    language = language_of(path)
    bold = re.findall(r"\*\*(.+?)\*\*", " ".join(read(path).split()))
    assert bold, "labels and buttons are bold"
    assert [quoted for quoted in bold if not is_on_a_page(quoted, language)] == []
    messages = list_messages(path)
    assert messages, "a table says what to do when something is wrong"
    assert [
        quoted
        for quoted in messages
        if not is_on_a_page(quoted, language) and not begins_a_message(quoted, language)
    ] == []


@pytest.mark.parametrize("path", GUIDES, ids=lambda path: path.stem)
def test_a_guide_names_pages_that_exist(path: Path) -> None:
    pages = {route.path for route in ROUTES if route.method == "GET"}
    assert [page for page in re.findall(r"`(/[\w/{}-]*)`", read(path)) if page not in pages] == []


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.vi.md")), ids=lambda path: path.stem)
def test_both_languages_have_the_same_steps_and_pictures(path: Path) -> None:
    other = path.with_name(path.name.replace(".vi.", ".en."))
    assert outline(path) == outline(other)
    for one, its_other in ((path, other), (other, path)):
        title, link = [line for line in read(one).splitlines() if line][:2]
        assert title.startswith("# ")
        assert link.endswith(f"]({its_other.name})")


def test_every_picture_is_shown_and_small() -> None:
    shown = {name for path in GUIDES for name in list_pictures(path)}
    stored = {path.name: path.stat().st_size for path in (FOLDER / "pictures").iterdir()}
    assert shown == stored.keys()
    assert [name for name, size in stored.items() if size > MOST_BYTES] == []
