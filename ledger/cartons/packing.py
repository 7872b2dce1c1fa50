"""Packing and unpacking inside the writer's transaction: all of an act, or nothing.

The act is appended, the contents follow, the event of the act is recorded beside it, and the audit
log names all three.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from sqlalchemy import bindparam, delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from ledger import schema
from ledger.cartons.carton_errors import CartonFull
from ledger.cartons.carton_rows import (
    DescribedPacking,
    DescribePacking,
    PackingOrder,
    RecordedPacking,
)
from ledger.cartons.packing_acts import find_act_by_key, write_act
from ledger.cartons.packing_plan import PackingChange, plan_packing
from ledger.chains.hash_chain import digest_json
from ledger.record.epcis_events import NewEvent, write_events
from ledger.stamps.carton_contents import PackedRange, select_contents
from ledger.storage.row_lists import split_parts
from stamps.stamp_ranges import StampRange, join_ranges, subtract_ranges

MOST_PARTS: Final = 2_000
"""Serial ranges in one carton."""
_AT_ONCE: Final = 500


async def carry_out(
    connection: AsyncConnection,
    order: PackingOrder,
    describe: DescribePacking,
    *,
    actor: str,
    key: str,
    at: int,
) -> RecordedPacking:
    """Carry out an act; the same key again returns the first result."""
    request = digest_json({**order.to_document(), "actor": actor})
    before = await find_act_by_key(connection, key, request)
    if before is not None:
        return before
    change = await plan_packing(connection, order, actor, at)
    await _write_contents(connection, order, change)
    await _write_totals(connection, order, change, actor, at)
    event = await _describe(connection, order, change, describe, at)
    await write_events(connection, order.organisation, [event], actor=actor, at=at)
    acts = schema.carton_acts.c
    recorded = RecordedPacking(
        seq=1 + (await connection.scalar(select(func.max(acts.seq))) or 0),
        carton=change.carton.id,
        label=order.label,
        action=order.action,
        at=at,
        actor=actor,
        stamps=change.stamps,
        skipped=change.skipped,
        items=tuple(change.items),
        cartons=tuple(one.label for one in change.cartons),
        event=event.id,
    )
    await write_act(connection, recorded, change, key, request)
    return recorded


async def _write_contents(
    connection: AsyncConnection, order: PackingOrder, change: PackingChange
) -> None:
    """Write the rows of the carton's contents that differ from those before."""
    if not change.items:
        return
    table, carton = schema.carton_contents, change.carton
    batches = sorted({one.batch for one in change.items})
    before = await select_contents(
        connection, table.c.carton == carton.id, table.c.batch.in_(batches)
    )
    after = fold_contents(before, change.items, is_packing=order.action == "pack")
    others = await connection.scalar(
        select(func.count())
        .select_from(table)
        .where(table.c.carton == carton.id, table.c.batch.not_in(batches))
    )
    if order.action == "pack" and (others or 0) + len(after) > MOST_PARTS:
        raise CartonFull(label=carton.label, most=MOST_PARTS, what="serial ranges")
    gone = [one for one in before if one not in set(after)]
    added = [one for one in after if one not in set(before)]
    if gone:
        same = (table.c.batch == bindparam("of"), table.c.lo == bindparam("first"))
        await connection.execute(
            delete(table).where(*same), [{"of": one.batch, "first": one.lo} for one in gone]
        )
    if added:
        await connection.execute(insert(table), [one._asdict() for one in added])


def fold_contents(
    before: Sequence[PackedRange], items: Sequence[PackedRange], *, is_packing: bool
) -> list[PackedRange]:
    """The contents of a carton after an act, by batch and index; neighbours of a lot are joined."""
    by_lot: dict[str, list[StampRange]] = {}
    for one in before:
        by_lot.setdefault(one.lot, []).append(one.range)
    for lot in sorted({one.lot for one in items}):
        moved = [one.range for one in items if one.lot == lot]
        known = join_ranges(by_lot.get(lot, ()))
        by_lot[lot] = (
            join_ranges([*known, *moved])
            if is_packing
            else subtract_ranges(known, join_ranges(moved))
        )
    carton = items[0].carton
    return sorted(
        PackedRange(one.batch, one.lo, one.hi, carton, lot)
        for lot, ranges in by_lot.items()
        for one in join_ranges(ranges)
    )


async def _write_totals(
    connection: AsyncConnection, order: PackingOrder, change: PackingChange, actor: str, at: int
) -> None:
    table, carton = schema.cartons, change.carton
    sign = 1 if order.action == "pack" else -1
    changed = {"changed_at": at, "changed_by": actor}
    await connection.execute(
        update(table)
        .where(table.c.id == carton.id)
        .values(
            stamps=table.c.stamps + sign * change.stamps,
            cartons=table.c.cartons + sign * len(change.cartons),
            **changed,
        )
    )
    if carton.pallet is not None:
        await connection.execute(
            update(table)
            .where(table.c.id == carton.pallet)
            .values(stamps=table.c.stamps + sign * change.stamps, **changed)
        )
    if change.cartons:
        pallet = carton.id if order.action == "pack" else None
        await connection.execute(
            update(table).where(table.c.id == bindparam("moved")).values(pallet=pallet, **changed),
            [{"moved": one.id} for one in change.cartons],
        )


async def _describe(
    connection: AsyncConnection,
    order: PackingOrder,
    change: PackingChange,
    describe: DescribePacking,
    at: int,
) -> NewEvent:
    batches, lots = schema.batches.c, schema.lots.c
    numbers = sorted({one.batch for one in change.items})
    codes = sorted({one.lot for one in change.items})
    found: Mapping[int, tuple[str, str | None]] = {}
    houses: set[str | None] = set()
    for some in split_parts(numbers, _AT_ONCE):
        query = select(batches.number, batches.host, batches.gtin).where(batches.number.in_(some))
        found = {**found, **{n: (host, gtin) for n, host, gtin in await connection.execute(query)}}
    for part in split_parts(codes, _AT_ONCE):
        houses |= set(
            await connection.scalars(select(lots.packing_house).where(lots.code.in_(part)))
        )
    return describe(
        DescribedPacking(
            order=order,
            at=at,
            items=change.items,
            cartons=[one.label for one in change.cartons],
            batches=found,
            packing_house=houses.pop() if len(houses) == 1 else None,
        )
    )
