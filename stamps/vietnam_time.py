"""Vietnam's time: UTC+7 all year, and its days.

Moments are milliseconds since the Unix epoch. A day is a `date`, or the number of days since
1970-01-01, as the ledger counts by it.

>>> at = 1_790_000_000_000
>>> to_date(at), to_iso_day(at), to_day_number(at)
(datetime.date(2026, 9, 21), '2026-09-21', 20717)
>>> to_date_start(to_date(at)) == to_day_start(to_day_number(at)) <= at
True
"""

from datetime import date, timedelta, timezone
from typing import Final

DAY_MS: Final = 86_400_000
OFFSET_MS: Final = 7 * 3_600_000
VIETNAM_TIME: Final = timezone(timedelta(milliseconds=OFFSET_MS))
_EPOCH: Final = date(1970, 1, 1)


def to_day_number(at: int) -> int:
    """Return the number of the day that a moment is in."""
    return (at + OFFSET_MS) // DAY_MS


def to_day_start(number: int) -> int:
    """Return the first moment of a day by its number."""
    return number * DAY_MS - OFFSET_MS


def to_date(at: int) -> date:
    """Return the day that a moment is in."""
    return _EPOCH + timedelta(days=to_day_number(at))


def to_iso_day(at: int) -> str:
    """Return the day that a moment is in, as an ISO date."""
    return to_date(at).isoformat()


def to_date_start(day: date) -> int:
    """Return the first moment of a day."""
    return to_day_start((day - _EPOCH).days)
