"""Choosing the language of an answer: the page's language switch, then Accept-Language."""

from functools import lru_cache
from typing import Final, Literal, get_args
from urllib.parse import unquote

from babel import Locale, UnknownLocaleError

from web.quality_values import parse_quality_values

Language = Literal["vi", "en", "zh"]
LANGUAGES: Final[tuple[Language, ...]] = get_args(Language)
"""Vietnamese first: it is the language of readers whose own language is not here."""

LOCALES: Final[dict[Language, Locale]] = {
    language: Locale.parse(language) for language in LANGUAGES
}


def parse_language_tag(tag: str) -> Language | None:
    """Return the language of a tag (BCP 47, or with the underscore of POSIX); None if unsupported.

    >>> parse_language_tag("en-US"), parse_language_tag("zh_CN"), parse_language_tag("english")
    ('en', 'zh', None)
    """
    primary = tag.strip().lower().replace("_", "-").partition("-")[0]
    return next((language for language in LANGUAGES if language == primary), None)


def parse_language_switch(query: str) -> Language | None:
    """The language that the parameter `lang` of a query string names; the last one counts.

    >>> parse_language_switch("lang=en"), parse_language_switch("8030=X&lang=zh_CN")
    ('en', 'zh')
    >>> parse_language_switch("utm_lang=english"), parse_language_switch("lang=fr")
    (None, None)
    """
    if "lang=" not in query:
        return None
    chosen = None
    for parameter in query.split("&"):
        name, _, value = parameter.partition("=")
        if name == "lang":
            chosen = parse_language_tag(unquote(value)) or chosen
    return chosen


def name_language(tag: str, language: Language) -> str:
    """What a language is called (CLDR); its tag where that is not known.

    >>> name_language("zh-Hans", "en"), name_language("vi", "vi"), name_language("xx", "en")
    ('Chinese (Simplified)', 'Tiếng Việt', 'xx')
    """
    try:
        name = Locale.parse(tag, sep="-").get_display_name(language)
    except (UnknownLocaleError, ValueError):
        return tag
    return name or tag


@lru_cache(maxsize=1024)
def negotiate_language(header: str) -> Language:
    """The language with the greatest weight in an Accept-Language header (RFC 9110, 12.5.4).

    Vietnamese where no language of the header is here, and for `*`.

    >>> negotiate_language("en-GB,en;q=0.9,vi;q=0.8"), negotiate_language("zh_TW")
    ('en', 'zh')
    >>> negotiate_language("fr"), negotiate_language("en;q=0"), negotiate_language(";;q=,")
    ('vi', 'vi', 'vi')
    """
    best: Language = LANGUAGES[0]
    greatest = 0.0
    for tag, weight in parse_quality_values(header).items():
        language = LANGUAGES[0] if tag == "*" else parse_language_tag(tag)
        if language is not None and weight > greatest:
            best, greatest = language, weight
    return best
