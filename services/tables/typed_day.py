"""Days in tables and forms, as people and spreadsheets write them.

A day like 03/04/2027 has two readings. In a table it is read as the other days of the file are.
"""

import re
from collections.abc import Iterable
from typing import Final, Literal

from services.tables.line_flaws import UnreadableCell
from stamps.typed_date import MalformedDate, parse_typed_date

DayOrder = Literal["day", "month"]
"""The part that stands first in the days of a file."""

_DAY: Final = re.compile(r"([0-9]{1,2})[./-]([0-9]{1,2})[./-][0-9]{4}.*")
_MONTHS: Final = 12


def find_day_order(texts: Iterable[str]) -> DayOrder | None:
    """The order that days with one reading show; None where none or both do.

    >>> find_day_order(["03/04/2027", "31/12/2027"]), find_day_order(["03/04/2027"])
    ('day', None)
    """
    orders: set[DayOrder] = set()
    for text in texts:
        if found := _DAY.fullmatch(text):
            one, two = int(found[1]), int(found[2])
            if (one > _MONTHS) != (two > _MONTHS):
                orders.add("day" if one > _MONTHS else "month")
    return orders.pop() if len(orders) == 1 else None


def read_moment(text: str, order: DayOrder | None = None) -> str:
    """A day, with its time where one is typed, as ISO 8601. Raises `UnreadableCell`."""
    try:
        return parse_typed_date(text)
    except MalformedDate as error:
        readings = error.evidence.get("readings")
        if readings is None:
            raise UnreadableCell("day", text=text) from error
        one, other = readings
        if order is None:
            raise UnreadableCell("readings", text=text, one=one, other=other) from error
        return str(one if order == "day" else other)
