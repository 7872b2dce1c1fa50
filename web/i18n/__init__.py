"""Internationalization: language negotiation, translated texts, dates, numbers and plurals.

The languages are Vietnamese, English and Chinese. This package knows no HTTP and no service.
"""

from web.i18n.formats import (
    format_ago,
    format_day,
    format_iso_day,
    format_iso_span,
    format_moment,
    format_number,
    format_quantity,
    join_words,
)
from web.i18n.language import (
    LANGUAGES,
    LOCALES,
    Language,
    name_language,
    negotiate_language,
    parse_language_switch,
    parse_language_tag,
)
from web.i18n.translations import Texts, load_translations

__all__ = [
    "LANGUAGES",
    "LOCALES",
    "Language",
    "Texts",
    "format_ago",
    "format_day",
    "format_iso_day",
    "format_iso_span",
    "format_moment",
    "format_number",
    "format_quantity",
    "join_words",
    "load_translations",
    "name_language",
    "negotiate_language",
    "parse_language_switch",
    "parse_language_tag",
]
