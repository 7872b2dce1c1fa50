"""Reach of a recall: counted from spans and scans before anybody proposes it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from ledger import schema
from ledger.packer_provinces import is_of_province
from ledger.stamps.carton_contents import select_carton_ranges
from ledger.stamps.recalls import RecallTarget, select_recalled_spans
from ledger.storage.row_lists import split_parts
from ledger.storage.store import Store
from stamps.lifecycle import Transition, source_states
from stamps.stamp_ranges import StampRange, count_stamps, join_ranges, subtract_ranges
from stamps.vietnam_time import DAY_MS, to_date_start

MOST_SCANS: Final = 50_000
"""Scans that are looked at: a preview must not read all scans of a batch of millions."""
MOST_LOTS: Final = 1_000
"""Lots of one recall: all of them are marked in one transaction."""
_RANGES: Final = 200
"""Ranges in one query."""

Range = tuple[int, int, int]
"""Batch, first index and end of stamps."""


@dataclass(frozen=True, slots=True)
class RecallReach:
    """Reach of a recall: batches, stamps by state, and scans."""

    stamps: int
    """Stamps on produce that would be recalled."""
    left: int
    """Stamps that stay as they are: not activated, void, or recalled already."""
    lots: tuple[str, ...]
    batches: tuple[int, ...]
    scanned: int
    """Number of the stamps that were scanned."""
    provinces: tuple[str, ...]
    """Codes of the provinces in which they were."""
    is_partial: bool
    """Whether there are more scans than were looked at: `scanned` and `provinces` are at least."""
    new_lots: tuple[str, ...] = ()
    """Lots that name the code in the same days and are not of the recall: they came later."""
    cartons: int = 0
    """The carton, or the cartons on the pallet, that are to be recalled."""
    packed_since: int = 0
    """Stamps that were packed into it since the proposal, and are not of the recall."""
    unpacked_since: int = 0
    """Stamps that were unpacked from it since the proposal, and are recalled all the same."""


class RecallReaches:
    """Previews of recalls of one ledger."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def measure(self, target: RecallTarget, *, province: str | None = None) -> RecallReach:
        """Count what a recall of this target would reach now.

        `province` limits the new lots to those of its packers.
        """
        async with self._store.read() as connection:
            spans = await select_recalled_spans(connection, target)
            new_lots: tuple[str, ...] = ()
            if target.code is not None:
                found = await _select_lots(
                    connection, target.code, target.since, target.until, province
                )
                new_lots = tuple(lot for lot in found if lot not in target.lots)
            change = (0, 0, 0)
            if target.carton is not None:
                change = await _compare_carton(connection, target.carton, target.ranges)
            reached = [span for span in spans if span.state in source_states(Transition.RECALL)]
            scanned, provinces, looked = await _count_scanned(
                connection, [(span.batch, span.lo, span.hi) for span in reached]
            )
        stamps = sum(map(len, reached))
        return RecallReach(
            stamps=stamps,
            left=sum(map(len, spans)) - stamps,
            lots=target.lots
            if target.code is not None
            else tuple(sorted({*target.lots, *(span.lot for span in reached if span.lot)})),
            batches=tuple(sorted({span.batch for span in reached})),
            scanned=scanned,
            provinces=tuple(sorted(provinces)),
            is_partial=looked >= MOST_SCANS,
            new_lots=new_lots,
            cartons=change[0],
            packed_since=change[1],
            unpacked_since=change[2],
        )

    async def find_lots(
        self,
        code: str,
        since: str | None = None,
        until: str | None = None,
        *,
        province: str | None = None,
    ) -> list[str]:
        """The lots that name a code, were packed in these days and are not recalled, sorted.

        `province` limits them to those of its packers. At most `MOST_LOTS` and one more.
        """
        async with self._store.read() as connection:
            return await _select_lots(connection, code, since, until, province)


async def _select_lots(
    connection: AsyncConnection,
    code: str,
    since: str | None,
    until: str | None,
    province: str | None,
) -> list[str]:
    """Select by the day of packing; by that of the record, where a lot does not tell it."""
    lots, names = schema.lots.c, schema.lot_codes.c
    at = func.coalesce(lots.packed_at, lots.at)
    query = (
        select(lots.code)
        .join_from(schema.lot_codes, schema.lots, lots.code == names.lot)
        .where(names.code == code, lots.recalled_at.is_(None))
        .order_by(lots.code)
        .limit(MOST_LOTS + 1)
    )
    if since is not None:
        query = query.where(at >= to_date_start(date.fromisoformat(since)))
    if until is not None:
        query = query.where(at < to_date_start(date.fromisoformat(until)) + DAY_MS)
    if province is not None:
        query = query.where(is_of_province(lots.organisation, province))
    return list(await connection.scalars(query))


async def _compare_carton(
    connection: AsyncConnection, carton: str, ranges: Sequence[Range]
) -> tuple[int, int, int]:
    """Number of cartons, and stamps that went into them and out of them since the proposal."""
    table = schema.cartons
    named = [StampRange(*one) for one in ranges]
    row = (await connection.execute(select(table).where(table.c.id == carton))).mappings().one()
    present = join_ranges(one.range for one in await select_carton_ranges(connection, carton))
    return (
        row["cartons"] if row["kind"] == "pallet" else 1,
        count_stamps(subtract_ranges(present, named)),
        count_stamps(subtract_ranges(named, present)),
    )


async def _count_scanned(
    connection: AsyncConnection, ranges: Sequence[Range]
) -> tuple[int, set[str], int]:
    """Scanned stamps, the provinces of their scans, and how many scans were looked at."""
    scans = schema.scans.c
    stamps: set[tuple[int, int]] = set()
    provinces: set[str] = set()
    looked = 0
    for some in split_parts(ranges, _RANGES):
        within: ColumnElement[bool] = or_(
            *(and_(scans.batch == batch, scans.idx >= lo, scans.idx < hi) for batch, lo, hi in some)
        )
        query = select(scans.batch, scans.idx, scans.province).where(within)
        for batch, idx, province in await connection.execute(query.limit(MOST_SCANS - looked)):
            looked += 1
            stamps.add((batch, idx))
            if province is not None:
                provinces.add(province)
        if looked >= MOST_SCANS:
            break
    return len(stamps), provinces, looked
