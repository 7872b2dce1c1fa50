"""Dates as people type them, as ISO 8601; those that can be read in two ways are refused.

`25/12/2026` has one reading; `03/04/2026` is the 3rd of April in Vietnam and the 4th of March
elsewhere. A time of day may follow, in hours and minutes.

>>> parse_typed_date("25/12/2026"), parse_typed_date("2026-12-25T08:30")
('2026-12-25', '2026-12-25T08:30')
>>> parse_typed_date("25-12-2026 8:05")
'2026-12-25T08:05'
>>> parse_typed_date("03/04/2026")
Traceback (most recent call last):
    ...
stamps.typed_date.MalformedDate: '03/04/2026' can be read in two ways, 2026-04-03 or 2026-03-04; \
write it as 2026-12-31
"""

import re
from datetime import datetime
from typing import Final

from stamps.errors import VeritemError
from stamps.typed_text import normalize_typed_text

_DATE: Final = re.compile(
    r"(?:(?P<year>[0-9]{4})[-/.](?P<month>[0-9]{1,2})[-/.](?P<day>[0-9]{1,2})"
    r"|(?P<one>[0-9]{1,2})[-/.](?P<two>[0-9]{1,2})[-/.](?P<last>[0-9]{4}))"
    r"(?:[T ] ?(?P<hour>[0-9]{1,2}):(?P<minute>[0-9]{2})(?::00)?)?"
)
_SHOWN: Final = 64


class MalformedDate(VeritemError, ValueError):
    """The text is no date, or two.

    `readings` are both where it can be read in two ways; else `expected` is `date`.
    """

    code = "malformed-date"
    message = "{text!r} {why}"


def find_readings(text: str) -> list[str]:
    """The dates that a text may mean, as ISO 8601; none where it is no date that exists.

    >>> find_readings("03/04/2026"), find_readings("05/05/2026"), find_readings("31/02/2026")
    (['2026-04-03', '2026-03-04'], ['2026-05-05'], [])
    """
    found = _DATE.fullmatch(normalize_typed_text(text))
    if found is None:
        return []
    if found["year"] is not None:
        days = [f"{found['year']}-{int(found['month']):02}-{int(found['day']):02}"]
    else:
        one, two = int(found["one"]), int(found["two"])
        both = dict.fromkeys(((two, one), (one, two)))  # 05/05 is one day
        days = [f"{found['last']}-{month:02}-{day:02}" for month, day in both]
    time = "" if found["hour"] is None else f"T{int(found['hour']):02}:{found['minute']}"
    return [f"{day}{time}" for day in days if _exists(f"{day}{time}")]


def parse_typed_date(text: str) -> str:
    """The date as `YYYY-MM-DD`, with `THH:MM` where the text has a time of day.

    Raises:
        MalformedDate: no date, one that does not exist, or one that can be read in two ways.
    """
    existing = find_readings(text)
    if not existing:
        why = "is not a date that exists; write it as 2026-12-31"
        raise MalformedDate(text=text[:_SHOWN], why=why, expected="date")
    if len(existing) > 1:
        why = f"can be read in two ways, {existing[0]} or {existing[1]}; write it as 2026-12-31"
        raise MalformedDate(text=text[:_SHOWN], why=why, readings=tuple(existing))
    return existing[0]


def _exists(text: str) -> bool:
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True
