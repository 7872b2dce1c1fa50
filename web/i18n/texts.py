"""The texts of a room that faces people, in three languages: one table in TOML, read once.

Each entry has `vi`, `en` and `zh`; places to fill in are `{named}` and the same in all three.
The table is checked as it is read, so that a missing translation stops the start and never a page.
"""

import tomllib
from collections.abc import Iterator, Mapping
from html import escape
from string import Formatter
from types import MappingProxyType

from web.i18n.languages import LANGUAGES, Language


class Words:
    """One language's texts, by key."""

    def __init__(self, language: Language, texts: Mapping[str, str]) -> None:
        self.language = language
        self._texts = texts

    def __call__(self, key: str, **values: object) -> str:
        """The text of `key` with `values` filled in. Raises KeyError for a key not there."""
        text = self._texts[key]
        return text.format_map(values) if values else text

    def escaped(self) -> "Words":
        """The same, ready to stand in HTML; what is filled in is not escaped."""
        return Words(self.language, {key: escape(text) for key, text in self._texts.items()})

    def has(self, key: str) -> bool:
        """Whether there is such a text (it is then there in all three languages)."""
        return key in self._texts

    def __iter__(self) -> Iterator[str]:
        return iter(self._texts)


def read(source: str) -> Mapping[Language, Words]:
    """Read a table of texts; raises ValueError naming the entry that is not complete."""
    flat: dict[str, dict[str, str]] = {}
    _flatten("", tomllib.loads(source), flat)
    for key, entry in flat.items():
        if set(entry) != set(LANGUAGES):
            raise ValueError(f"text {key} is in {sorted(entry)}, not in {sorted(LANGUAGES)}")
        places = {language: _places(text) for language, text in entry.items()}
        if len(set(places.values())) > 1:
            raise ValueError(f"text {key} has other places to fill in: {places}")
    return MappingProxyType(
        {
            language: Words(language, {key: entry[language] for key, entry in flat.items()})
            for language in LANGUAGES
        }
    )


def _flatten(prefix: str, table: Mapping[str, object], into: dict[str, dict[str, str]]) -> None:
    for name, value in table.items():
        if isinstance(value, dict):
            _flatten(f"{prefix}{name}.", value, into)
        else:
            into.setdefault(prefix[:-1], {})[name] = str(value).strip()


def _places(text: str) -> frozenset[str]:
    return frozenset(name for _, name, _, _ in Formatter().parse(text) if name)
