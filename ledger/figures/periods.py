"""Periods: the stored months and days that make up the days from one date to another."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import NamedTuple

from ledger.figures.facts import Grain, date_to_day, date_to_month, month_to_date


class PeriodPart(NamedTuple):
    """Stored periods of one grain, `low` to `high`, both included."""

    grain: Grain
    low: int
    high: int


def split_period(first: date, last: date) -> Sequence[PeriodPart]:
    """Cut the days `first` to `last`, both included, into whole months and the days around them.

    >>> [segment.grain.name for segment in split_period(date(2026, 1, 30), date(2026, 3, 1))]
    ['DAY', 'MONTH', 'DAY']
    """
    start, end = _begin_month(first), last + timedelta(days=1)
    if start > _floor_month(end):  # no whole month
        return (
            _days(first, last)
            if start > last
            else [*_days(first, start - timedelta(days=1)), *_days(start, last)]
        )
    middle = _floor_month(end)
    segments = _days(first, start - timedelta(days=1))
    if middle > start:
        segments.append(PeriodPart(Grain.MONTH, date_to_month(start), date_to_month(middle) - 1))
    return [*segments, *_days(middle, last)]


def split_days(first: date, last: date) -> Sequence[PeriodPart]:
    """The days `first` to `last` one by one."""
    return _days(first, last)


def _days(first: date, last: date) -> list[PeriodPart]:
    if last < first:
        return []
    return [PeriodPart(Grain.DAY, date_to_day(first), date_to_day(last))]


def _begin_month(day: date) -> date:
    """The first month that begins on or after a day."""
    return day if day.day == 1 else month_to_date(date_to_month(day) + 1)


def _floor_month(day: date) -> date:
    return day.replace(day=1)
