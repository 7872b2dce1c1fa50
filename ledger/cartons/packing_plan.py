"""What an act of packing changes: checked inside the writer's transaction, before it is written.

What is named must fit wholly: stamps are activated, of the organisation's lots, and in no other
carton; cartons are the organisation's, not empty, and on no other pallet. Else the refusal names
what is at fault.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Final

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from ledger import schema
from ledger.cartons.carton_errors import (
    AlreadyPacked,
    CartonEmpty,
    CartonFull,
    CartonsElsewhere,
    CartonsNotOnPallet,
    StampsElsewhere,
    StampsNotActive,
    StampsNotInCarton,
    StampsOfAnother,
    UnknownCarton,
    WrongCartonKind,
)
from ledger.cartons.carton_rows import Carton, PackingOrder
from ledger.stamps.carton_contents import (
    PackedRange,
    find_packed,
    name_ranges,
    select_contents,
    touches,
)
from ledger.stamps.span_changes import select_spans
from ledger.storage.row_lists import split_parts
from stamps.lifecycle import State
from stamps.spans import Span
from stamps.stamp_ranges import (
    StampRange,
    count_stamps,
    intersect_ranges,
    join_ranges,
    subtract_ranges,
)

MOST_STAMPS: Final = 100_000
"""Stamps in one carton: more are a slip of the keys."""
MOST_CARTONS: Final = 500
"""Cartons on one pallet."""
_NAMED: Final = 5
_AT_ONCE: Final = 500


@dataclass(slots=True)
class PackingChange:
    """What an act changes."""

    carton: Carton
    """As it is before; of a new one, empty."""
    items: list[PackedRange]
    cartons: list[Carton]
    skipped: int = 0

    @property
    def stamps(self) -> int:
        """Stamps that move, also those in cartons that move."""
        return sum(one.hi - one.lo for one in self.items) + sum(one.stamps for one in self.cartons)


def make_carton_id(label: str, organisation: str) -> str:
    """The id of an organisation's carton: `389350000100000014@htx`."""
    return f"{label}@{organisation}"


async def plan_packing(
    connection: AsyncConnection, order: PackingOrder, actor: str, at: int
) -> PackingChange:
    """Return what an act changes; a new carton is added, empty. Raises the refusals of an act."""
    carton = await _find_carton(connection, order.label, order.organisation)
    if carton is None:
        if order.action == "unpack" or order.kind is None:
            raise UnknownCarton(carton=order.label)
        carton = Carton(
            id=make_carton_id(order.label, order.organisation),
            organisation=order.organisation,
            label=order.label,
            kind=order.kind,
            pallet=None,
            stamps=0,
            cartons=0,
            created_at=at,
            changed_at=at,
            changed_by=actor,
        )
        row = {**asdict(carton), "pallet": None}
        await connection.execute(insert(schema.cartons).values(**row))
    if order.kind is not None and order.kind != carton.kind:
        raise WrongCartonKind(label=carton.label, kind=carton.kind)
    if carton.kind == "carton":
        plan = _plan_filling if order.action == "pack" else _plan_emptying
    else:
        plan = _plan_loading if order.action == "pack" else _plan_unloading
    return await plan(connection, order, carton)


async def _plan_filling(
    connection: AsyncConnection, order: PackingOrder, carton: Carton
) -> PackingChange:
    packed = await find_packed(connection, order.stamps)
    others = [one for one in packed if one.carton != carton.id]
    if others:
        label = await connection.scalar(
            select(schema.cartons.c.label).where(schema.cartons.c.id == others[0].carton)
        )
        same = [one.range for one in others if one.carton == others[0].carton]
        raise StampsElsewhere(ranges=name_ranges(same), label=label)
    inside = join_ranges(one.range for one in packed)
    new = subtract_ranges(order.stamps, inside)
    if not new:
        raise AlreadyPacked(label=carton.label)
    items = await _bind(connection, order.organisation, carton.id, new)
    if carton.stamps + count_stamps(new) > MOST_STAMPS:
        raise CartonFull(label=carton.label, most=MOST_STAMPS, what="stamps")
    return PackingChange(carton, items, [], count_stamps(inside))


async def _bind(
    connection: AsyncConnection, organisation: str, carton: str, stamps: Sequence[StampRange]
) -> list[PackedRange]:
    """The stamps by lot; raises for those that are not activated, or another's."""
    spans = schema.spans.c
    found: set[Span] = set()
    for condition in touches(stamps, spans.batch, spans.lo, spans.hi):
        found |= set(await select_spans(connection, condition))
    active: dict[str, list[StampRange]] = {}
    for span in sorted(found, key=lambda span: (span.batch, span.lo)):
        if span.state is State.ACTIVATED and span.lot is not None:
            active.setdefault(span.lot, []).append(StampRange(span.batch, span.lo, span.hi))
    lots = schema.lots.c
    owners: dict[str, str | None] = {}
    for some in split_parts(sorted(active), _AT_ONCE):
        query = select(lots.code, lots.organisation).where(lots.code.in_(some))
        owners.update({row.code: row.organisation for row in await connection.execute(query)})
    items: list[PackedRange] = []
    for lot, ranges in active.items():
        own = intersect_ranges(stamps, join_ranges(ranges))
        if owners.get(lot) != organisation:
            raise StampsOfAnother(ranges=name_ranges(own))
        items += [PackedRange(one.batch, one.lo, one.hi, carton, lot) for one in own]
    missing = subtract_ranges(stamps, join_ranges(one.range for one in items))
    if missing:
        raise StampsNotActive(ranges=name_ranges(missing))
    return sorted(items)


async def _plan_emptying(
    connection: AsyncConnection, order: PackingOrder, carton: Carton
) -> PackingChange:
    if order.is_whole:
        contents = schema.carton_contents.c
        items = await select_contents(connection, contents.carton == carton.id)
        if not items:
            raise CartonEmpty(label=carton.label)
        return PackingChange(carton, items, [])
    packed = await find_packed(connection, order.stamps)
    items = [one for one in packed if one.carton == carton.id]
    missing = subtract_ranges(order.stamps, join_ranges(one.range for one in items))
    if missing:
        raise StampsNotInCarton(ranges=name_ranges(missing), label=carton.label)
    return PackingChange(carton, items, [])


async def _plan_loading(
    connection: AsyncConnection, order: PackingOrder, carton: Carton
) -> PackingChange:
    named = await _find_named(connection, order)
    for one in named:
        if one.kind != "carton":
            raise WrongCartonKind(label=one.label, kind=one.kind)
        if not one.stamps:
            raise CartonEmpty(label=one.label)
    others = [one for one in named if one.pallet not in (None, carton.id)]
    if others:
        pallet = others[0].pallet
        same = [one.label for one in others if one.pallet == pallet]
        label = await connection.scalar(
            select(schema.cartons.c.label).where(schema.cartons.c.id == pallet)
        )
        raise CartonsElsewhere(cartons=_name_labels(same), label=label)
    new = [one for one in named if one.pallet is None]
    if not new:
        raise AlreadyPacked(label=carton.label)
    if carton.cartons + len(new) > MOST_CARTONS:
        raise CartonFull(label=carton.label, most=MOST_CARTONS, what="cartons")
    return PackingChange(carton, [], new, len(named) - len(new))


async def _plan_unloading(
    connection: AsyncConnection, order: PackingOrder, carton: Carton
) -> PackingChange:
    if order.is_whole:
        table = schema.cartons
        query = select(table).where(table.c.pallet == carton.id).order_by(table.c.id)
        rows = (await connection.execute(query)).mappings()
        named = [Carton(**row) for row in rows]
        if not named:
            raise CartonEmpty(label=carton.label)
        return PackingChange(carton, [], named)
    named = await _find_named(connection, order)
    missing = [one.label for one in named if one.pallet != carton.id]
    if missing:
        raise CartonsNotOnPallet(cartons=_name_labels(missing), label=carton.label)
    return PackingChange(carton, [], named)


async def _find_named(connection: AsyncConnection, order: PackingOrder) -> list[Carton]:
    """The cartons that an act names, in its order. Raises `UnknownCarton`."""
    table = schema.cartons
    wanted = {make_carton_id(one, order.organisation): one for one in order.cartons}
    found: dict[str, Carton] = {}
    for some in split_parts(list(wanted), _AT_ONCE):
        query = select(table).where(table.c.id.in_(some))
        found |= {row["id"]: Carton(**row) for row in (await connection.execute(query)).mappings()}
    for id_, label in wanted.items():
        if id_ not in found:
            raise UnknownCarton(carton=label)
    return [found[id_] for id_ in wanted]


async def _find_carton(connection: AsyncConnection, label: str, organisation: str) -> Carton | None:
    table = schema.cartons
    query = select(table).where(table.c.id == make_carton_id(label, organisation))
    row = (await connection.execute(query)).mappings().one_or_none()
    return None if row is None else Carton(**row)


def _name_labels(labels: Sequence[str]) -> str:
    more = len(labels) - _NAMED
    return ", ".join(labels[:_NAMED]) + (f" (+{more})" if more > 0 else "")
