"""Timestamps: milliseconds since the Unix epoch in the program, RFC 3339 text in UTC outside.

Precision: the text has milliseconds when they are not zero, and whole seconds otherwise, so that
reading a written timestamp gives the same number again. Digits after the third are cut, not
rounded: a timestamp never moves into the next second. A leap second (`:60`) does not exist in Unix
time and is refused.

>>> parse_rfc3339("2026-07-01T08:30:00+07:00")
1782869400000
>>> format_rfc3339(1782869400000), format_rfc3339(1782869400250), format_rfc3339(None)
('2026-07-01T01:30:00Z', '2026-07-01T01:30:00.250Z', None)
>>> parse_rfc3339("2026-07-01T08:30:00.123456789Z") % 1000
123
>>> parse_rfc3339("2026-07-01T08:30:00")
Traceback (most recent call last):
    ...
stamps.timestamps.MalformedTimestamp: '2026-07-01T08:30:00' is not an RFC 3339 timestamp: \
write it with its offset, like 2026-07-01T08:30:00Z
>>> parse_rfc3339("2026-02-30T08:30:00Z")
Traceback (most recent call last):
    ...
stamps.timestamps.MalformedTimestamp: '2026-02-30T08:30:00Z' is not an RFC 3339 timestamp: \
no such date, time or offset
"""

import re
from datetime import UTC, datetime, timedelta
from typing import Final, overload

from stamps.errors import VeritemError
from stamps.typed_date import find_readings

# RFC 3339, section 5.6: date-time = full-date "T" full-time; its note allows a space for the "T"
# and lower case. Its fractions have any number of digits; more than nine (nanoseconds) is no clock.
_DATE_TIME: Final = re.compile(
    r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:[Zz]|[+-]\d\d:\d\d)", re.ASCII
)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND: Final = timedelta(milliseconds=1)


class MalformedTimestamp(VeritemError, ValueError):
    """The text is not an RFC 3339 timestamp with its offset, or it names no real moment."""

    code = "malformed-timestamp"
    message = "{text!r} is not an RFC 3339 timestamp: {why}"


def parse_rfc3339(text: str) -> int:
    """Return the milliseconds since the Unix epoch of an RFC 3339 timestamp.

    Raises:
        MalformedTimestamp: another form, no offset, or a date, time or offset that does not exist.
    """
    if _DATE_TIME.fullmatch(text) is None:
        why = "write it with its offset, like 2026-07-01T08:30:00Z"
        readings = find_readings(text)
        if len(readings) > 1:
            why = f"it can be read in two ways, {' or '.join(readings)}; {why}"
        raise MalformedTimestamp(text=text, why=why)
    try:
        moment = datetime.fromisoformat(text.upper()).astimezone(UTC)
    except (ValueError, OverflowError):  # overflow: the offset leads out of the years 1 to 9999
        raise MalformedTimestamp(text=text, why="no such date, time or offset") from None
    return (moment - _EPOCH) // _MILLISECOND


@overload
def format_rfc3339(at: int) -> str: ...
@overload
def format_rfc3339(at: None) -> None: ...
def format_rfc3339(at: int | None) -> str | None:
    """Return the RFC 3339 text, in UTC, of milliseconds since the Unix epoch; None for None.

    Raises:
        OverflowError: outside the years 1 to 9999.
    """
    if at is None:
        return None
    moment = _EPOCH + timedelta(milliseconds=at)
    precision = "milliseconds" if at % 1000 else "seconds"
    return moment.replace(tzinfo=None).isoformat(timespec=precision) + "Z"
