"""A period is made of whole months and the days around them."""

from datetime import date, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.figures.facts import (
    Fact,
    Grain,
    date_to_day,
    day_to_date,
    month_to_date,
    spread_over_periods,
)
from ledger.figures.periods import split_period

DAYS = st.dates(date(2026, 1, 1), date(2028, 12, 31))


def days_of(first: date, last: date) -> list[date]:
    """The days that the segments of a period stand for, in their order."""
    days: list[date] = []
    for segment in split_period(first, last):
        for number in range(segment.low, segment.high + 1):
            if segment.grain is Grain.DAY:
                days.append(day_to_date(number))
            else:
                start, end = month_to_date(number), month_to_date(number + 1)
                days += [start + timedelta(days=n) for n in range((end - start).days)]
    return days


@given(DAYS, st.integers(0, 800))
@settings(max_examples=200)
def test_the_segments_of_a_period_are_its_days_each_once(first: date, length: int) -> None:
    last = first + timedelta(days=length)
    assert days_of(first, last) == [first + timedelta(days=n) for n in range(length + 1)]


@given(DAYS, st.integers(0, 3000))
@settings(max_examples=100)
def test_a_period_reads_at_most_sixty_two_days_beside_whole_months(
    first: date, length: int
) -> None:
    segments = split_period(first, first + timedelta(days=length))
    days = sum(one.high - one.low + 1 for one in segments if one.grain is Grain.DAY)
    assert days <= 62
    assert len(segments) <= 3


@given(st.dictionaries(DAYS, st.integers(1, 9), max_size=20))
@settings(max_examples=50)
def test_days_months_and_the_whole_have_the_same_sum(counts: dict[date, int]) -> None:
    rows = spread_over_periods({Fact(date_to_day(day), "issued"): n for day, n in counts.items()})
    sums = [sum(n for key, n in rows.items() if key.grain == grain) for grain in Grain]
    assert sums == [sum(counts.values())] * 3
