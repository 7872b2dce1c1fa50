"""Translations: incomplete tables are refused when loaded; plural forms follow the count."""

import pytest

from web.i18n import load_translations

DAYS = (
    '[wait]\ndays = { vi = "{count} ngày", '
    'en = { one = "{count} day", other = "{count} days" }, zh = "{count} 天" }'
)


@pytest.mark.parametrize(
    ("source", "why"),
    [
        ('[a]\nb = { vi = "x", en = "x" }', "a.b is in"),
        ('[a]\nb = "x"', "a.b has no language"),
        ('[a]\nb = { vi = "{x}", en = "{y}", zh = "{x}" }', "a.b has different placeholders"),
        ('[a]\nb = { vi = "x", en = { other = "x" }, zh = "x" }', "a.b has the en forms"),
        (
            '[a]\nb = { vi = { one = "x", other = "x" }, en = "x", zh = "x" }',
            "a.b has the vi forms",
        ),
        (
            '[a]\nb = { vi = "{n}", en = { one = "one", other = "{n}" }, zh = "{n}" }',
            "a.b has different placeholders",
        ),
    ],
)
def test_incomplete_entry_is_refused(source: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        load_translations(source)


@pytest.mark.parametrize(
    ("count", "vi", "en", "zh"),
    [
        (1, "1 ngày", "1 day", "1 天"),
        (2, "2 ngày", "2 days", "2 天"),
        (0, "0 ngày", "0 days", "0 天"),
        (12_500, "12.500 ngày", "12,500 days", "12,500 天"),
    ],
)
def test_plural_form_follows_the_count(count: int, vi: str, en: str, zh: str) -> None:
    texts = load_translations(DAYS)
    assert texts["vi"].plural("wait.days", count) == vi
    assert texts["en"].plural("wait.days", count) == en
    assert texts["zh"].plural("wait.days", count) == zh


def test_escaped_texts_are_safe_in_html() -> None:
    texts = load_translations('[a]\nb = { vi = "<b>", en = "R&D", zh = "<" }')
    assert texts["vi"].escape_html()("a.b") == "&lt;b&gt;"
    assert texts["en"].escape_html().plural("a.b", 2) == "R&amp;D"
