"""Hot spots of reports: how many of the newest reports name a province or a product."""

from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from ledger import schema
from ledger.reports.report_states import SINGLE

MOST_COUNTED: Final = 5_000
"""Groups that hot spots are counted from, so that their cost does not grow with what is stored."""
_MOST_SPOTS: Final = 40


@dataclass(frozen=True, slots=True)
class HotSpot:
    """How many of the newest reports name one province or product."""

    name: str
    """The code of the province, or the id of the product."""
    reports: int
    subjects: int
    """Stamps and unknown codes that they are about."""


@dataclass(frozen=True, slots=True)
class HotSpots:
    """Where the newest ordinary reports come from, and about what; those with most come first."""

    provinces: list[HotSpot]
    products: list[HotSpot]
    groups: int
    """How many groups were counted."""


async def count_hot_spots(connection: AsyncConnection, since: int) -> HotSpots:
    """Count the newest ordinary reports since a time, by province and by product."""
    groups = schema.report_groups
    newest = (
        select(groups.c.province, groups.c.product, groups.c.reports)
        .where(groups.c.source == SINGLE, groups.c.last_at >= since)
        .order_by(groups.c.last_at.desc(), groups.c.id.desc())
        .limit(MOST_COUNTED)
        .subquery()
    )
    return HotSpots(
        await _count_spots(connection, newest, "province"),
        await _count_spots(connection, newest, "product"),
        int(await connection.scalar(select(func.count()).select_from(newest)) or 0),
    )


async def _count_spots(connection: AsyncConnection, newest: Any, name: str) -> list[HotSpot]:
    reports, subjects = func.sum(newest.c.reports), func.count()
    query = (
        select(newest.c[name].label("name"), reports.label("reports"), subjects.label("subjects"))
        .where(newest.c[name].is_not(None))
        .group_by(newest.c[name])
        .order_by(reports.desc(), newest.c[name])
        .limit(_MOST_SPOTS)
    )
    return [
        HotSpot(row.name, int(row.reports), int(row.subjects))
        for row in await connection.execute(query)
    ]
