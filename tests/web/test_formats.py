"""Dates, times and numbers are Vietnam's, written as in each language."""

import pytest

from web.i18n import LANGUAGES, Language, format_day, format_moment, format_number

JUST_BEFORE_MIDNIGHT = 1_798_736_399_999
"""2026-12-31T16:59:59.999Z: 23:59 in Vietnam."""


@pytest.mark.parametrize(
    ("language", "day", "moment"),
    [
        ("vi", "31/12/2026", "23:59 ngày 31/12/2026"),
        ("en", "31 Dec 2026", "31 Dec 2026, 23:59"),
        ("zh", "2026年12月31日", "2026年12月31日 23:59"),
    ],
)
def test_the_year_ends_at_midnight_in_vietnam(language: Language, day: str, moment: str) -> None:
    assert format_day(JUST_BEFORE_MIDNIGHT, language) == day
    assert format_moment(JUST_BEFORE_MIDNIGHT, language) == moment
    assert "2027" in format_day(JUST_BEFORE_MIDNIGHT + 1, language)


def test_the_hour_after_midnight_is_zero() -> None:
    assert format_moment(JUST_BEFORE_MIDNIGHT + 1, "vi") == "00:00 ngày 01/01/2027"


def test_times_before_1970_have_their_day() -> None:
    assert [format_day(-1, language) for language in LANGUAGES] == [
        "01/01/1970",
        "1 Jan 1970",
        "1970年1月1日",
    ]
    assert format_day(-86_400_000, "vi") == "31/12/1969"


def test_digits_are_grouped_as_the_language_does() -> None:
    assert [format_number(1_234_567, language) for language in LANGUAGES] == [
        "1.234.567",
        "1,234,567",
        "1,234,567",
    ]
    assert format_number(-1000, "vi") == "-1.000"
