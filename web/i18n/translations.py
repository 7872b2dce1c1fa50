"""Translated texts of a service: one TOML table, checked for completeness when it is loaded.

An entry has the keys `vi`, `en` and `zh`. Placeholders are `{named}` and the same in all
languages. Where a language has plural forms, its text is a table of them by CLDR category::

    days = { vi = "{count} ngày", en = { one = "{count} day", other = "{count} days" }, zh = "…" }

A missing translation stops the start of a service, never a page.
"""

import tomllib
from collections.abc import Iterator, Mapping
from html import escape
from string import Formatter
from types import MappingProxyType
from typing import Any, Final

from web.i18n.formats import format_number
from web.i18n.language import LANGUAGES, LOCALES, Language

_OTHER: Final = "other"
"""The plural category that every language has."""


class Texts:
    """The texts of one language by key."""

    def __init__(self, language: Language, texts: Mapping[str, Mapping[str, str]]) -> None:
        self.language = language
        self._texts = texts
        self._singular = {key: forms[_OTHER] for key, forms in texts.items()}

    def __call__(self, key: str, **values: object) -> str:
        """The text of `key` with `values` filled in. Raises KeyError for an unknown key."""
        text = self._singular[key]
        return text.format_map(values) if values else text

    def plural(self, key: str, count: int, **values: object) -> str:
        """The text of `key` in the plural form of `count`, which fills `{count}`, grouped.

        Raises KeyError for an unknown key.
        """
        forms = self._texts[key]
        category = LOCALES[self.language].plural_form(count)
        text = forms.get(category, forms[_OTHER])
        return text.format_map({"count": format_number(count, self.language), **values})

    def escape_html(self) -> "Texts":
        """Return the texts escaped for HTML; values filled in later are not escaped."""
        escaped = {
            key: {category: escape(text) for category, text in forms.items()}
            for key, forms in self._texts.items()
        }
        return Texts(self.language, escaped)

    def has(self, key: str) -> bool:
        """Whether there is a text of this key."""
        return key in self._texts

    def __iter__(self) -> Iterator[str]:
        return iter(self._texts)


def load_translations(source: str) -> Mapping[Language, Texts]:
    """Load a TOML table of texts.

    Raises:
        ValueError: an entry lacks a language, a plural form or a placeholder; it is named.
    """
    entries = dict(_iterate_entries("", tomllib.loads(source)))
    return MappingProxyType(
        {
            language: Texts(language, {key: entry[language] for key, entry in entries.items()})
            for language in LANGUAGES
        }
    )


def _iterate_entries(
    prefix: str, table: Mapping[str, Any]
) -> Iterator[tuple[str, dict[Language, dict[str, str]]]]:
    for name, value in table.items():
        key = f"{prefix}{name}"
        if not isinstance(value, Mapping):
            raise ValueError(f"text {key} has no language")  # noqa: TRY004  # a wrong file
        if value.keys() & set(LANGUAGES):
            yield key, _check_entry(key, value)
        else:
            yield from _iterate_entries(f"{key}.", value)


def _check_entry(key: str, entry: Mapping[str, Any]) -> dict[Language, dict[str, str]]:
    if set(entry) != set(LANGUAGES):
        raise ValueError(f"text {key} is in {sorted(entry)}, not in {sorted(LANGUAGES)}")
    forms = {language: _read_forms(key, language, entry[language]) for language in LANGUAGES}
    placeholders = {
        (language, category): _find_placeholders(text)
        for language, texts in forms.items()
        for category, text in texts.items()
    }
    if len(set(placeholders.values())) > 1:
        raise ValueError(f"text {key} has different placeholders: {placeholders}")
    return forms


def _read_forms(key: str, language: Language, value: Any) -> dict[str, str]:
    if not isinstance(value, Mapping):
        return {_OTHER: str(value).strip()}
    categories = LOCALES[language].plural_form.tags | {_OTHER}
    if set(value) != categories:
        raise ValueError(f"text {key} has the {language} forms {sorted(value)}, not {categories}")
    return {category: str(text).strip() for category, text in value.items()}


def _find_placeholders(text: str) -> frozenset[str]:
    return frozenset(name for _, name, _, _ in Formatter().parse(text) if name)
