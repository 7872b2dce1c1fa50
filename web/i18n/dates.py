"""Times as people in Vietnam read them (UTC+7, no summer time)."""

from datetime import datetime, timedelta, timezone
from typing import Final

from web.i18n.languages import Language

VIETNAM: Final = timezone(timedelta(hours=7))
# fmt: off
_MONTHS: Final = (
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
)
# fmt: on


def day(at: int, language: Language) -> str:
    """The day, as it is written in a language.

    >>> [day(1_790_000_000_000, language) for language in ("vi", "en", "zh")]
    ['21/09/2026', '21 Sep 2026', '2026年9月21日']
    """
    when = datetime.fromtimestamp(at / 1000, VIETNAM)
    if language == "vi":
        return f"{when:%d/%m/%Y}"
    if language == "en":
        return f"{when.day} {_MONTHS[when.month - 1]} {when.year}"
    return f"{when.year}年{when.month}月{when.day}日"


def moment(at: int, language: Language) -> str:
    """The day and the time of day.

    >>> [moment(1_790_000_000_000, language) for language in ("vi", "en", "zh")]
    ['21:13 ngày 21/09/2026', '21 Sep 2026, 21:13', '2026年9月21日 21:13']
    """
    clock = f"{datetime.fromtimestamp(at / 1000, VIETNAM):%H:%M}"
    if language == "vi":
        return f"{clock} ngày {day(at, language)}"
    if language == "en":
        return f"{day(at, language)}, {clock}"
    return f"{day(at, language)} {clock}"
