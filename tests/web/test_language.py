"""Language negotiation: the switch of the page, and Accept-Language in both forms of tags."""

import pytest

from web.i18n import negotiate_language, parse_language_switch


@pytest.mark.parametrize(
    ("query", "language"),
    [
        ("lang=en", "en"),
        ("8030=X&lang=zh", "zh"),
        ("lang=zh_CN", "zh"),
        ("lang=en-US&code=A", "en"),
        ("lang=%65n", "en"),
        ("lang=EN", "en"),
        ("lang=en&lang=zh", "zh"),
        ("lang=fr", None),
        ("lang=", None),
        ("lang=english", None),
        ("utm_lang=english", None),
        ("utm_lang=en", None),
        ("xlang=en&code=lang=en", None),
        ("", None),
    ],
)
def test_only_the_lang_parameter_switches_the_language(query: str, language: str | None) -> None:
    assert parse_language_switch(query) == language


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("en-GB,en;q=0.9,vi;q=0.8", "en"),
        ("zh-TW", "zh"),
        ("zh_CN", "zh"),
        ("vi;q=0.1, en;q=0.5", "en"),
        ("en, zh", "en"),
        ("en;q=0", "vi"),
        ("en;q=0.4, *;q=0.6", "vi"),
        ("english", "vi"),
        ("fr-FR, fr", "vi"),
        ("en;q=high, zh;q=0.1", "zh"),
        (";;q=,", "vi"),
        ("", "vi"),
    ],
)
def test_the_weightiest_language_of_the_header_is_chosen(header: str, language: str) -> None:
    assert negotiate_language(header) == language
