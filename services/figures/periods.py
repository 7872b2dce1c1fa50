"""Periods of figures: the days that a dashboard shows, and those that it compares them with."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final, Literal, get_args

from services.errors import InvalidInput

PeriodName = Literal["month", "quarter", "year", "last_month", "last_year", "custom"]
PERIODS: Final[tuple[PeriodName, ...]] = get_args(PeriodName)
_FIRST: Final = date(2020, 1, 1)
_MOST_DAYS: Final = 3_660
_BY_DAY: Final = 45
"""Up to so many days, a chart shows days; months beyond."""
_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Period:
    """Days from `first` to `last`, both included, and the days they are compared with."""

    first: date
    last: date
    before_first: date
    before_last: date

    @property
    def is_by_day(self) -> bool:
        """Whether charts show days; months otherwise."""
        return (self.last - self.first).days < _BY_DAY


def choose_period(name: PeriodName, today: date, since: str = "", until: str = "") -> Period:
    """The days of a named period; `since` and `until` are ISO dates of a custom one.

    A period that is under way ends today and is compared with as much of the one before. Raises
    `InvalidInput`.

    """
    if name == "custom":
        first, last = _parse("since", since), _parse("until", until)
        if not _FIRST <= first <= last <= today or (last - first).days > _MOST_DAYS:
            why = f"choose days from {_FIRST} to {today}, at most ten years, the first one first"
            raise InvalidInput(field="since", why=why)
        length = last - first + _DAY
        return Period(first, last, first - length, first - _DAY)
    if name == "last_month":
        last = today.replace(day=1) - _DAY
        before = last.replace(day=1) - _DAY
        return Period(last.replace(day=1), last, before.replace(day=1), before)
    if name == "last_year":
        year = today.year - 1
        return Period(
            date(year, 1, 1), date(year, 12, 31), date(year - 1, 1, 1), date(year - 1, 12, 31)
        )
    months = {"month": 1, "quarter": 3, "year": 12}[name]
    first = today.replace(day=1, month=(today.month - 1) // months * months + 1)
    return Period(first, today, _shift(first, -months), _shift(today, -months))


def _parse(field: str, text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise InvalidInput(field=field, why="write the day as 2026-11-27") from None


def _shift(day: date, months: int) -> date:
    """The same day so many months on; the last day of a shorter month."""
    month = day.year * 12 + day.month - 1 + months
    start = date(month // 12, month % 12 + 1, 1)
    following = date((month + 1) // 12, (month + 1) % 12 + 1, 1)
    return min(start + timedelta(days=day.day - 1), following - _DAY)
