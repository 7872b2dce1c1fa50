"""Periods of figures, and what they are compared with."""

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.errors import InvalidInput
from services.figures.periods import PERIODS, Period, choose_period

TODAYS = st.dates(date(2024, 1, 1), date(2030, 12, 31))


def test_a_month_under_way_is_compared_with_as_much_of_the_one_before() -> None:
    assert choose_period("month", date(2026, 3, 31)) == Period(
        date(2026, 3, 1), date(2026, 3, 31), date(2026, 2, 1), date(2026, 2, 28)
    )
    assert choose_period("year", date(2026, 11, 28)) == Period(
        date(2026, 1, 1), date(2026, 11, 28), date(2025, 1, 1), date(2025, 11, 28)
    )
    assert choose_period("last_month", date(2026, 1, 5)) == Period(
        date(2025, 12, 1), date(2025, 12, 31), date(2025, 11, 1), date(2025, 11, 30)
    )


@given(TODAYS, st.sampled_from([one for one in PERIODS if one != "custom"]))
@settings(max_examples=100)
def test_a_period_is_in_the_past_and_follows_what_it_is_compared_with(
    today: date, name: str
) -> None:
    period = choose_period(name, today)  # type: ignore[arg-type]  # drawn from PERIODS
    assert period.before_first <= period.before_last < period.first <= period.last <= today


@given(TODAYS, st.integers(0, 300), st.integers(0, 300))
@settings(max_examples=50)
def test_custom_days_are_compared_with_as_many_days_before(
    today: date, age: int, length: int
) -> None:
    last = today - timedelta(days=age)
    first = last - timedelta(days=length)
    period = choose_period("custom", today, first.isoformat(), last.isoformat())
    assert period.last - period.first == period.before_last - period.before_first
    assert period.before_last == period.first - timedelta(days=1)


@pytest.mark.parametrize(
    ("since", "until"),
    [
        ("", ""),
        ("2026-02-30", "2026-03-01"),
        ("2026-03-02", "2026-03-01"),
        ("2026-01-01", "2026-11-29"),
        ("1999-01-01", "2026-01-01"),
        ("01/02/2026", "2026-03-01"),
    ],
)
def test_days_that_can_not_be_shown_are_refused(since: str, until: str) -> None:
    with pytest.raises(InvalidInput):
        choose_period("custom", date(2026, 11, 28), since, until)
