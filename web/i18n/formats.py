"""Dates, times of day and numbers as they are written in each language (Babel, CLDR).

Dates and times are Vietnam's (UTC+7, no summer time). CLDR's short Vietnamese date has a year of
two digits and no leading zeros; officials and shops write `21/09/2026`, so the patterns are
given here and CLDR supplies the names of months and the grouping of digits.
"""

from collections.abc import Sequence
from datetime import date, time, timedelta
from functools import lru_cache
from typing import Final

from babel.dates import format_date, format_time, format_timedelta
from babel.lists import format_list
from babel.numbers import format_decimal

from stamps.vietnam_time import DAY_MS, OFFSET_MS, to_day_number
from web.i18n.language import LOCALES, Language

_MINUTE_MS: Final = 60_000
_EPOCH: Final = date(1970, 1, 1)
_DAY_PATTERNS: Final[dict[Language, str]] = {"vi": "dd/MM/y", "en": "d MMM y", "zh": "y年M月d日"}
_MOMENT_PATTERNS: Final[dict[Language, str]] = {
    "vi": "{time} ngày {day}",
    "en": "{day}, {time}",
    "zh": "{day} {time}",
}


def format_iso_day(day: str, language: Language) -> str:
    """A day that is written as an ISO date.

    >>> format_iso_day("2027-12-31", "vi")
    '31/12/2027'
    """
    return _format_day((date.fromisoformat(day) - _EPOCH).days, language)


def format_iso_span(first: str, last: str, language: Language) -> str:
    """The time between two ISO dates; one, if they are equal. A time of day in Vietnam may follow.

    >>> format_iso_span("2026-09-01", "2026-09-01", "vi")
    '01/09/2026'
    >>> format_iso_span("2026-09-01", "2026-09-03", "en")
    '1 Sep 2026 – 3 Sep 2026'
    >>> format_iso_span("2026-09-01T10:15", "2026-09-01T10:15", "vi")
    '10:15 ngày 01/09/2026'
    """
    ends = [_format_iso_moment(text, language) for text in dict.fromkeys((first, last))]
    return " – ".join(ends)


def _format_iso_moment(text: str, language: Language) -> str:
    """An ISO date with its time of day, if it has one."""
    day, _, clock = text.partition("T")
    shown = format_iso_day(day, language)
    if not clock:
        return shown
    hours, minutes = clock.split(":")
    shown_clock = _format_clock(int(hours) * 60 + int(minutes), language)
    return _MOMENT_PATTERNS[language].format(time=shown_clock, day=shown)


def format_day(at: int, language: Language) -> str:
    """The day in Vietnam of milliseconds since the Unix epoch.

    >>> [format_day(1_790_000_000_000, language) for language in ("vi", "en", "zh")]
    ['21/09/2026', '21 Sep 2026', '2026年9月21日']
    """
    return _format_day(to_day_number(at), language)


def format_moment(at: int, language: Language) -> str:
    """The day and time of day in Vietnam, to the minute.

    >>> [format_moment(1_790_000_000_000, language) for language in ("vi", "en", "zh")]
    ['21:13 ngày 21/09/2026', '21 Sep 2026, 21:13', '2026年9月21日 21:13']
    """
    days, rest = divmod(at + OFFSET_MS, DAY_MS)
    clock = _format_clock(rest // _MINUTE_MS, language)
    return _MOMENT_PATTERNS[language].format(time=clock, day=_format_day(days, language))


def format_ago(at: int, now: int, language: Language) -> str:
    """Time since or until a moment, in the largest unit that fits; both are milliseconds.

    >>> [format_ago(0, 7_500_000, language) for language in ("vi", "en", "zh")]
    ['2 giờ trước', '2 hours ago', '2小时前']
    >>> format_ago(259_200_000, 0, "en"), format_ago(0, 20_000, "en")
    ('in 3 days', '1 minute ago')
    """
    passed = at - now
    if abs(passed) < _MINUTE_MS:  # clocks differ by seconds
        passed = -_MINUTE_MS
    return format_timedelta(
        timedelta(milliseconds=passed),
        granularity="minute",
        add_direction=True,
        locale=LOCALES[language],
    )


@lru_cache(maxsize=4096)
def format_number(value: int, language: Language) -> str:
    """A whole number with its digits grouped.

    >>> [format_number(1234567, language) for language in ("vi", "en", "zh")]
    ['1.234.567', '1,234,567', '1,234,567']
    """
    return format_decimal(value, locale=LOCALES[language])


def format_quantity(value: float, language: Language) -> str:
    """A number with all of its decimals, as a measurement is written.

    >>> [format_quantity(0.0275, language) for language in ("vi", "en", "zh")]
    ['0,0275', '0.0275', '0.0275']
    """
    return format_decimal(value, locale=LOCALES[language], decimal_quantization=False)


def join_words(words: Sequence[str], language: Language) -> str:
    """Words as an enumeration.

    >>> [join_words(("a", "b", "c"), language) for language in ("vi", "en", "zh")]
    ['a, b và c', 'a, b, and c', 'a、b和c']
    """
    return format_list(words, locale=LOCALES[language])


# Every page of a scanned stamp names a moment, and Babel takes 20 µs to format one, a third of
# such a page: days repeat between stamps and a day has 1,440 minutes.
@lru_cache(maxsize=1024)
def _format_day(days: int, language: Language) -> str:
    day = _EPOCH + timedelta(days=days)
    return format_date(day, _DAY_PATTERNS[language], locale=LOCALES[language])


@lru_cache(maxsize=3 * 1440)
def _format_clock(minutes: int, language: Language) -> str:
    clock = time(minutes // 60, minutes % 60)
    return format_time(clock, "HH:mm", locale=LOCALES[language])
