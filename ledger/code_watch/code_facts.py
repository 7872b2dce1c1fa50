"""Facts of a registered code: what was done under it in the season, read from its activity.

A season is a year of Vietnam, as for the limits of orders. A code costs one pass over the rows of
its own season, and a bounded number of scans of the last days.
"""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from detection.code_rules import (
    HOUR_MS,
    CodeFacts,
    CodeRules,
    Partner,
    find_distance,
    is_hasty,
)
from detection.place import Place
from ledger import schema
from ledger.codes.registered_code import RegisteredCode
from ledger.codes.registered_codes import select_codes
from ledger.orders.crop import CropEstimate, describe_area
from ledger.orders.order_numbers import find_year
from stamps.vietnam_time import VIETNAM_TIME, to_day_number, to_day_start

Locate = Callable[[RegisteredCode], Place | None]
"""Says where a registered code is: by its coordinates, else by its ward."""

_SCANNED_DAYS: Final = 4
"""Days back from now whose activations are compared with scans."""
_SCANNED_HOURS: Final = 24
_MOST_SPANS: Final = 100
_MOST_SCANS: Final = 2_000
_LEAST_SHARE: Final = 0.01
"""A packing house with less of the stamps than this may be a slip of the pen."""


@dataclass(frozen=True, slots=True)
class ActivityRow:
    """Stamps bound under a code in a month, by partner, organisation and product."""

    month: str
    """`2026-09`."""
    partner: str | None
    """The packing house of a growing area, or the growing area of a packing house."""
    organisation: str | None
    product: str | None
    stamps: int
    late: int


def start_season(at: int) -> int:
    """The first millisecond of the season that a time is in."""
    return int(datetime(find_year(at), 1, 1, tzinfo=VIETNAM_TIME).timestamp() * 1000)


async def select_activity(
    connection: AsyncConnection, code: RegisteredCode, since: int, until: int
) -> list[ActivityRow]:
    """Stamps bound under a code between two times (ms), by month and partner."""
    table = schema.code_activity.c
    is_house = code.kind == "packing_house"
    partner = table.growing_area if is_house else table.packing_house
    groups = (table.day, partner, table.organisation, table.product)
    rows = await connection.execute(
        select(
            table.day,
            partner.label("partner"),
            table.organisation,
            table.product,
            func.sum(table.stamps).label("stamps"),
            func.sum(table.late_stamps).label("late"),
        )
        .where(
            table.code == code.code,
            table.day >= to_day_number(since),
            table.day <= to_day_number(until),
        )
        .group_by(*groups)
        .having(func.sum(table.stamps) > 0)
    )
    found: dict[tuple[str, str | None, str | None, str | None], list[int]] = defaultdict(
        lambda: [0, 0]
    )
    for row in rows:
        start = datetime.fromtimestamp(to_day_start(row.day) / 1000, VIETNAM_TIME)
        counts = found[f"{start:%Y-%m}", row.partner, row.organisation, row.product]
        for at, value in enumerate((row.stamps, row.late)):
            counts[at] += int(value)
    return [ActivityRow(*key, *counts) for key, counts in sorted(found.items(), key=_sort_key)]


def _sort_key(item: tuple[tuple[str | None, ...], list[int]]) -> tuple[str, ...]:
    return tuple(part or "" for part in item[0])


async def estimate_crops(
    connection: AsyncConnection, code: RegisteredCode, products: Sequence[str]
) -> dict[str, CropEstimate]:
    """The crop of a growing area for each product whose figures are registered."""
    table = schema.products.c
    if code.kind == "packing_house" or not products:
        return {}
    rows = await connection.execute(
        select(table.id, table.yield_t_per_ha, table.fruit_kg).where(table.id.in_(products))
    )
    found = {}
    for row in rows:
        area = describe_area(code.code, code.hectares, code.yield_t_per_ha, row.yield_t_per_ha)
        if area is not None and row.fruit_kg:
            found[row.id] = CropEstimate([area], row.fruit_kg)
    return found


async def read_facts(
    connection: AsyncConnection, code: RegisteredCode, now: int, locate: Locate, rules: CodeRules
) -> CodeFacts:
    """Return the use of a code in the present season, inside the caller's transaction."""
    rows = await select_activity(connection, code, start_season(now), now)
    by_product: dict[str, int] = defaultdict(int)
    by_partner: dict[str, int] = defaultdict(int)
    for row in rows:
        if row.product is not None:
            by_product[row.product] += row.stamps
        if row.partner is not None:
            by_partner[row.partner] += row.stamps
    crops = await estimate_crops(connection, code, sorted(by_product))
    # The product that is farthest above its crop: an area that grows several counts whole for each.
    worst = max(crops, key=lambda one: by_product[one] / max(1, crops[one].fruits), default=None)
    activated = sum(row.stamps for row in rows)
    counted = [one for one, stamps in by_partner.items() if stamps >= _LEAST_SHARE * activated]
    registered = await select_codes(connection, counted)
    place = locate(code)
    others = {None, code.organisation}
    withdrawn = code.status != "active"
    return CodeFacts(
        code=code.code,
        kind=code.kind,
        place=place,
        hectares=code.hectares,
        activated=activated if worst is None else by_product[worst],
        crop=None if worst is None else crops[worst].fruits,
        partners=[
            Partner(
                one,
                by_partner[one],
                locate(registered[one]) if one in registered else None,
            )
            for one in sorted(counted)
        ],
        by_others=0
        if code.organisation is None
        else sum(row.stamps for row in rows if row.organisation not in others),
        hasty=await _count_hasty(connection, code.code, place, now, rules),
        withdrawn_at=code.status_at if withdrawn else None,
        late=await _count_since(connection, code.code, code.status_at) if withdrawn else 0,
        before=await _count_before(connection, code.code, code.status_at, rules)
        if withdrawn
        else 0,
    )


async def _count_since(connection: AsyncConnection, code: str, withdrawn_at: int) -> int:
    """Stamps that were recorded under a code after it was withdrawn."""
    table = schema.code_activity.c
    query = select(func.coalesce(func.sum(table.late_stamps), 0)).where(
        table.code == code, table.last_at >= withdrawn_at
    )
    return int(await connection.scalar(query) or 0)


async def _count_before(
    connection: AsyncConnection, code: str, withdrawn_at: int, rules: CodeRules
) -> int:
    """Stamps of the days before a withdrawal: their produce is on the market."""
    table, last = schema.code_activity.c, to_day_number(withdrawn_at)
    query = select(func.coalesce(func.sum(table.stamps - table.late_stamps), 0)).where(
        table.code == code, table.day > last - rules.in_use_days, table.day <= last
    )
    return int(await connection.scalar(query) or 0)


async def _count_hasty(
    connection: AsyncConnection, code: str, place: Place | None, now: int, rules: CodeRules
) -> int:
    """Stamps of the last days that were scanned farther away than a lorry came."""
    if place is None:
        return 0
    table, spans, scans = schema.code_activity.c, schema.spans.c, schema.scans.c
    recent = select(table.lot).where(
        table.code == code, table.day > to_day_number(now) - _SCANNED_DAYS
    )
    found = await connection.execute(
        select(spans.batch, spans.lo, spans.hi, spans.activated_at)
        .where(spans.lot.in_(recent), spans.activated_at > now - _SCANNED_DAYS * 24 * HOUR_MS)
        .limit(_MOST_SPANS)
    )
    activated = [tuple(row) for row in found]
    if not activated:
        return 0
    within: ColumnElement[bool] = or_(
        *(
            and_(
                scans.batch == batch,
                scans.idx >= lo,
                scans.idx < hi,
                scans.at >= at,
                scans.at < at + _SCANNED_HOURS * HOUR_MS,
            )
            for batch, lo, hi, at in activated
        )
    )
    rows = await connection.execute(
        select(scans.batch, scans.idx, scans.at, scans.lat, scans.lon, scans.accuracy_m)
        .where(within, scans.lat.is_not(None))
        .limit(_MOST_SCANS)
    )
    hasty = set()
    for row in rows:
        since = next(
            at for batch, lo, hi, at in activated if batch == row.batch and lo <= row.idx < hi
        )
        km = find_distance(place, Place(row.lat, row.lon, row.accuracy_m or 0.0))
        if km is not None and is_hasty(km, (row.at - since) / HOUR_MS, rules):
            hasty.add((row.batch, row.idx))
    return len(hasty)
