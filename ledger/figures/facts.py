"""Facts: how often something happened on a day, by product and packer.

A fact is kept by day, by month and in total, so that a year is read from twelve rows of a kind and
the cost of a question does not grow with what is stored. Days and months are Vietnam's. A fact
without product or packer has the empty text there.
"""

from collections import Counter
from collections.abc import Mapping
from datetime import date, timedelta
from enum import IntEnum
from typing import Final, NamedTuple

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

SCANS: Final = "scans"
FIRST_SCANS: Final = "first_scans"
REPORTS: Final = "reports"
STOCK: Final = "stock"
"""Stamps by state now: kept in total alone."""
SCAN_FIGURES: Final = (SCANS, FIRST_SCANS)
"""The figures that recorders of scans write."""

_EPOCH: Final = date(1970, 1, 1)
_MONTHS: Final = 12


class Grain(IntEnum):
    """How long the period of a stored fact is."""

    DAY = 0
    MONTH = 1
    TOTAL = 2


class Fact(NamedTuple):
    """What a count is of; `day` is the number of a day in Vietnam since 1 January 1970."""

    day: int
    figure: str
    detail: str = ""
    product: str = ""
    packer: str = ""


class StoredFact(NamedTuple):
    """The key of a row of `figure_facts`, in the order of its columns."""

    grain: int
    start: int
    product: str
    packer: str
    figure: str
    detail: str


def day_to_date(day: int) -> date:
    """The date of a day's number."""
    return _EPOCH + timedelta(days=day)


def date_to_day(moment: date) -> int:
    """The number of a date's day."""
    return (moment - _EPOCH).days


def date_to_month(moment: date) -> int:
    """The number of a date's month since the year 0."""
    return moment.year * _MONTHS + moment.month - 1


def month_to_date(month: int) -> date:
    """The first day of a month by its number."""
    return date(month // _MONTHS, month % _MONTHS + 1, 1)


def spread_over_periods(facts: Mapping[Fact, int]) -> Counter[StoredFact]:
    """The rows of `figure_facts` that facts add to, each with what it adds."""
    rows: Counter[StoredFact] = Counter()
    for fact, count in facts.items():
        periods = [(Grain.TOTAL, 0)]
        if fact.figure != STOCK:
            month = date_to_month(day_to_date(fact.day))
            periods += [(Grain.DAY, fact.day), (Grain.MONTH, month)]
        for grain, start in periods:
            key = StoredFact(int(grain), start, fact.product, fact.packer, fact.figure, fact.detail)
            rows[key] += count
    return Counter({key: count for key, count in rows.items() if count})


_ADD: Final = text(
    "INSERT INTO figure_facts (grain, start, product, packer, figure, detail, total)"
    " VALUES (:grain, :start, :product, :packer, :figure, :detail, :total)"
    " ON CONFLICT (grain, start, product, packer, figure, detail)"
    " DO UPDATE SET total = figure_facts.total + excluded.total"
)


async def add_facts(connection: AsyncConnection, facts: Mapping[Fact, int]) -> None:
    """Add facts inside the caller's transaction.

    All writers take rows in the order of their keys, so they do not deadlock.
    """
    rows = spread_over_periods(facts)
    if rows:
        await connection.execute(
            _ADD, [{**key._asdict(), "total": rows[key]} for key in sorted(rows)]
        )
