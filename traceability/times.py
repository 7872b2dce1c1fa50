"""Times: milliseconds since the Unix epoch inside, RFC 3339 text in UTC outside.

>>> read_time("2026-07-01T08:30:00+07:00")
1782869400000
>>> write_time(1782869400000)
'2026-07-01T01:30:00Z'
>>> write_time(1782869400250)
'2026-07-01T01:30:00.250Z'
>>> read_time("2026-07-01")
Traceback (most recent call last):
    ...
ValueError: '2026-07-01' is not an RFC 3339 time with its offset, like 2026-07-01T08:30:00Z
"""

import re
from datetime import UTC, datetime, timedelta
from typing import Final

_FORM: Final = re.compile(
    r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(?:\.\d{1,6})?(?:[Zz]|[+-]\d\d:\d\d)", re.ASCII
)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def read_time(text: str) -> int:
    """Milliseconds of an RFC 3339 time; an offset is a must, finer fractions are cut.

    Raises:
        ValueError: not such a time, or no such day.
    """
    if not _FORM.fullmatch(text):
        raise ValueError(
            f"{text!r} is not an RFC 3339 time with its offset, like 2026-07-01T08:30:00Z"
        )
    try:
        moment = datetime.fromisoformat(text.upper()).astimezone(UTC)
    except OverflowError:
        raise ValueError(f"{text!r} is no time between the years 1 and 9999") from None
    return (moment - _EPOCH) // timedelta(milliseconds=1)


def write_time(at: int) -> str:
    """RFC 3339 text of milliseconds, without a fraction where there is none.

    Raises:
        OverflowError: past the year 9999, or before the year 1.
    """
    spec = "milliseconds" if at % 1000 else "seconds"
    moment = _EPOCH + timedelta(milliseconds=at)
    return moment.replace(tzinfo=None).isoformat(timespec=spec) + "Z"
