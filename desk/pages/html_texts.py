"""Texts and times as HTML.

>>> from markupsafe import Markup
>>> from desk.texts import TEXTS
>>> HtmlTexts(TEXTS["en"])("stamps.lot", lot=Markup("<b>L&amp;1</b>"))
Markup('lot <b>L&amp;1</b>')
"""

from datetime import datetime
from typing import Final

from markupsafe import Markup, escape

from stamps.vietnam_time import VIETNAM_TIME
from web.i18n import Language, Texts, format_ago, format_day, format_moment

_RECENT_MS: Final = 30 * 86_400_000
"""Beyond a month nobody counts back: the exact time says it all."""


class HtmlTexts:
    """The texts of a language; one that is filled with HTML (a time) is HTML."""

    def __init__(self, texts: Texts) -> None:
        self._texts = texts
        self.language = texts.language

    def __call__(self, key: str, **values: object) -> str:
        """The text of `key` with `values` filled in. Raises KeyError for an unknown key."""
        if any(hasattr(value, "__html__") for value in values.values()):
            return escape(self._texts(key)).format(**values)
        return self._texts(key, **values)

    def plural(self, key: str, count: int, **values: object) -> str:
        """The text of `key` in the plural form of `count`. Raises KeyError for an unknown key."""
        return self._texts.plural(key, count, **values)

    def has(self, key: str) -> bool:
        """Whether there is a text of this key."""
        return self._texts.has(key)


def render_moment(at: int, now: int, texts: Texts) -> Markup:
    """A time, exact and, within a month, how long ago.

    >>> from desk.texts import TEXTS
    >>> render_moment(1_790_000_000_000, 1_790_007_200_000, TEXTS["en"])
    Markup('<time datetime="2026-09-21T21:13+07:00">21 Sep 2026, 21:13 (2 hours ago)</time>')
    """
    shown = format_moment(at, texts.language)
    if abs(now - at) < _RECENT_MS:
        shown = texts("forms.ago", exact=shown, ago=format_ago(at, now, texts.language))
    return _render_time(at, shown)


def render_ago(at: int, now: int, language: Language) -> Markup:
    """Write how long ago, with the exact time as its title; for lists, where space is short.

    >>> render_ago(1_790_000_000_000, 1_790_007_200_000, "en")
    Markup('<time datetime="2026-09-21T21:13+07:00" title="21 Sep 2026, 21:13">2 hours ago</time>')
    """
    exact = format_moment(at, language)
    return Markup('<time datetime="{}" title="{}">{}</time>').format(
        _to_iso(at), exact, format_ago(at, now, language)
    )


def render_listed_moment(at: int, now: int, texts: Texts) -> Markup:
    """A time in a list: how long ago within a month, else the exact time.

    >>> from desk.texts import TEXTS
    >>> render_listed_moment(1_790_000_000_000, 1_793_000_000_000, TEXTS["en"])
    Markup('<time datetime="2026-09-21T21:13+07:00">21 Sep 2026, 21:13</time>')
    """
    if abs(now - at) < _RECENT_MS:
        return render_ago(at, now, texts.language)
    return _render_time(at, format_moment(at, texts.language))


def render_day(at: int, language: Language) -> Markup:
    """A day."""
    return Markup('<time datetime="{}">{}</time>').format(
        _to_iso(at)[:10], format_day(at, language)
    )


def _render_time(at: int, shown: str) -> Markup:
    return Markup('<time datetime="{}">{}</time>').format(_to_iso(at), shown)


def _to_iso(at: int) -> str:
    return datetime.fromtimestamp(at / 1000, VIETNAM_TIME).isoformat(timespec="minutes")
