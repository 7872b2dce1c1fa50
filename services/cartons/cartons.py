"""Cartons and pallets: pack stamps into cartons and cartons onto pallets, unpack, show.

    await pack(context, "(00)389350000100000014", ["7·0-479"], key)
    await pack(context, "P-17", ["(00)389350000100000014"], key)
    await unpack(context, "P-17", None, key)

A packer packs what it activated, into cartons of its own. Each act is one row of history and one
EPCIS AggregationEvent in the record of its organisation. Whoever sees all lots sees the cartons of
all; an organisation sees its own, the authority of a province those of its packers.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from ledger.cartons.carton_errors import UnknownCarton, WrongCartonKind
from ledger.cartons.carton_rows import Carton, CartonKind, PackingOrder, RecordedPacking
from ledger.cartons.packing_plan import make_carton_id
from ledger.record.epcis_events import EventFilter, EventRow
from ledger.stamps.carton_contents import PackedRange
from services import scope
from services.cartons.packing_events import describe_packing
from services.cartons.scanned_contents import (
    ScannedContents,
    check_contents,
    read_contents,
    read_scan,
)
from services.context import ServiceContext
from services.errors import InvalidInput
from services.paging import DEFAULT_LIMIT, Page, PageRequest
from services.permissions import Permission, require_permission
from stamps.stamp_ranges import StampRange, join_ranges
from traceability.carton_label import get_own_kind, parse_carton_label
from traceability.epcis.aggregation import name_carton
from traceability.epcis.event_reader import ITEM_PARTS, normalize_key

MOST_FOUND: Final = 100
"""Cartons of some stamps that are answered."""
_LATEST_ACTS: Final = 50


@dataclass(frozen=True, slots=True)
class CartonDetails:
    """A carton or pallet with what is in it and what happened to it."""

    carton: Carton
    ranges: Sequence[StampRange]
    """Its stamps, those of a pallet in all its cartons."""
    lots: Sequence[str]
    pallet: Carton | None
    """The pallet that it is on."""
    cartons: Sequence[Carton]
    """The cartons on it."""
    acts: Sequence[RecordedPacking]
    """The latest ones, newest first; `list_acts` has all."""


@dataclass(frozen=True, slots=True)
class PackingResult:
    """A recorded act, and the carton or pallet after it."""

    act: RecordedPacking
    carton: Carton


async def pack(
    context: ServiceContext, label: str, contents: Iterable[str], key: str
) -> PackingResult:
    """Pack stamps and serial ranges into a carton, or cartons onto a pallet: all or none.

    `contents` has what people type or scan, one name each. What is in it already is left there.
    Raises `Forbidden`, `InvalidInput`, `KeyRequired`, `MalformedLabel`, the refusals of
    `services.cartons.scanned_contents` and `ledger.cartons.carton_errors`, `KeyReused`.
    """
    require_permission(context, Permission.CARTON_PACK)
    parsed = parse_carton_label(label)
    read = check_contents(await read_contents(context, contents))
    organisation = await _find_packer(context, parsed, read)
    return await _carry_out(context, _order_packing(organisation, parsed, read), key)


async def pack_scan(context: ServiceContext, text: str, key: str) -> PackingResult:
    """Pack what one text names, a code a line, the label of the carton among them.

    Raises as `pack` does, and `LabelMissing`.
    """
    require_permission(context, Permission.CARTON_PACK)
    label, read = await read_scan(context, text)
    organisation = await _find_packer(context, label, read)
    return await _carry_out(context, _order_packing(organisation, label, read), key)


async def unpack(
    context: ServiceContext, label: str, contents: Iterable[str] | None, key: str
) -> PackingResult:
    """Unpack stamps from a carton, or cartons from a pallet: all or none of what is named.

    None stands for all that is in it. Raises as `pack` does.
    """
    require_permission(context, Permission.CARTON_PACK)
    parsed = parse_carton_label(label)
    read = ScannedContents((), ())
    if contents is not None:
        read = check_contents(await read_contents(context, contents))
    organisation = await _find_packer(context, parsed, read)
    order = PackingOrder(
        action="unpack",
        organisation=organisation,
        label=parsed,
        kind=None if contents is None else _get_kind(read),
        stamps=read.stamps,
        cartons=read.labels,
    )
    return await _carry_out(context, order, key)


async def find_carton(context: ServiceContext, name: str) -> Carton:
    """The carton in the actor's scope that a label, or `LABEL@ORGANISATION`, names.

    Raises `Forbidden`, `MalformedLabel`, `UnknownCarton`, `AmbiguousCarton`.
    """
    require_permission(context, Permission.CARTON_SEE)
    return await scope.find_carton(context, name)


async def get_carton(context: ServiceContext, name: str) -> CartonDetails:
    """A carton with its contents, pallet and latest acts. Raises as `find_carton` does."""
    carton = await find_carton(context, name)
    cartons = context.ledger.cartons
    contents: Sequence[PackedRange] = await cartons.list_ranges(carton.id)
    return CartonDetails(
        carton=carton,
        ranges=join_ranges(one.range for one in contents),
        lots=sorted({one.lot for one in contents}),
        pallet=None if carton.pallet is None else await cartons.get_by_id(carton.pallet),
        cartons=await cartons.list_on_pallet(carton.id) if carton.kind == "pallet" else (),
        acts=await cartons.list_acts(carton.id, limit=_LATEST_ACTS),
    )


async def list_acts(
    context: ServiceContext, name: str, *, limit: int = DEFAULT_LIMIT, after: str | None = None
) -> Page[RecordedPacking]:
    """The acts of a carton, newest first. Raises as `find_carton` does, `InvalidInput`."""
    carton = await find_carton(context, name)
    request = PageRequest(limit, after)
    key = request.key(int)
    rows = await context.ledger.cartons.list_acts(
        carton.id, before=None if key is None else int(key[0]), limit=limit + 1
    )
    return request.make_page(rows, lambda one: (one.seq,))


async def list_carton_events(
    context: ServiceContext, name: str, *, limit: int = DEFAULT_LIMIT, after: str | None = None
) -> Page[EventRow]:
    """The EPCIS events of the carton's organisation that name it, newest first.

    Raises as `find_carton` does, `InvalidInput`.
    """
    carton = await find_carton(context, name)
    request = PageRequest(limit, after)
    wanted = EventFilter(
        organisation=carton.organisation,
        key=normalize_key(name_carton(carton.label, carton.organisation)),
        parts=ITEM_PARTS,
    )
    rows = await context.ledger.epcis_events.find_page(
        wanted, after=request.key(int, str, str), limit=limit + 1
    )
    return request.make_page(rows, lambda one: (one.at, one.id, one.organisation))


async def find_cartons_of_stamps(
    context: ServiceContext, stamps: Sequence[StampRange]
) -> Sequence[Carton]:
    """The cartons in scope in which some of these stamps are, by label, at most `MOST_FOUND`.

    Raises `Forbidden`.
    """
    require_permission(context, Permission.CARTON_SEE)
    cartons = context.ledger.cartons
    found = sorted({one.carton for one in await cartons.find_cartons(stamps)})
    return await cartons.list_named(found[:MOST_FOUND], scope.carton_scope(context.actor))


async def _find_packer(context: ServiceContext, label: str, read: ScannedContents) -> str:
    """The organisation that packs: the actor's; in a demo, that of the carton or of the stamps."""
    actor, found = context.actor, context.actor.organisation
    if found is None and actor.role == "demo":
        found = await _find_owner(context, label, read)
    if found is None:
        raise InvalidInput(
            field="organisation", why="a carton is an organisation's, and you are of none"
        )
    return found


async def _find_owner(context: ServiceContext, label: str, read: ScannedContents) -> str | None:
    for one in (label, *read.labels):
        try:
            return (await scope.find_carton(context, one)).organisation
        except UnknownCarton:
            continue
    for stamps in read.stamps[:1]:
        span = await context.ledger.transitions.get_span(stamps.batch, stamps.lo)
        if span.lot is not None:
            return (await scope.find_lot(context, span.lot)).organisation
    return None


def _order_packing(organisation: str, label: str, read: ScannedContents) -> PackingOrder:
    return PackingOrder(
        action="pack",
        organisation=organisation,
        label=label,
        kind=_get_kind(read),
        stamps=read.stamps,
        cartons=read.labels,
    )


def _get_kind(read: ScannedContents) -> CartonKind:
    return "pallet" if read.labels else "carton"


async def _carry_out(context: ServiceContext, order: PackingOrder, key: str) -> PackingResult:
    own = get_own_kind(order.label)
    if own is not None and order.kind not in (None, own):
        raise WrongCartonKind(label=order.label, kind=own)
    act = await context.ledger.cartons.carry_out(
        order,
        describe_packing,
        actor=context.actor.id,
        key=context.scope_key(key),
        at=context.clock(),
    )
    return PackingResult(
        act, await context.ledger.cartons.get_by_id(make_carton_id(order.label, order.organisation))
    )
