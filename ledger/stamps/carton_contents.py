"""Contents of cartons now: which stamps are in which carton.

A stamp is in one carton at most. While it is in one it stays bound to its lot, so a row has the lot
too, and a carton is found by it.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Final, NamedTuple

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from ledger import schema
from ledger.stamps.span_changes import select_spans
from ledger.storage.row_lists import split_parts
from stamps.errors import VeritemError
from stamps.spans import Span
from stamps.stamp_ranges import StampRange, find_overlaps

_AT_ONCE: Final = 100
"""Ranges in one query."""
_NAMED: Final = 5
_TABLE: Final = schema.carton_contents


class StampsPacked(VeritemError):
    """Stamps are in a carton, so their activation is neither taken back nor bound to another lot.

    `carton` is the id of the first carton that has some.
    """

    code = "stamps-packed"
    message = "{range} is in carton {label}; unpack it first"


class PackedRange(NamedTuple):
    """The stamps `[lo, hi)` of a batch and lot that are in one carton."""

    batch: int
    lo: int
    hi: int
    carton: str
    lot: str

    @property
    def range(self) -> StampRange:
        """The stamps."""
        return StampRange(self.batch, self.lo, self.hi)


def touches(
    ranges: Sequence[StampRange],
    batch: ColumnElement[int],
    lo: ColumnElement[int],
    hi: ColumnElement[int],
) -> Iterator[ColumnElement[bool]]:
    """The conditions that a row of stamps overlaps one of these ranges: one for each query."""
    for part in split_parts(ranges, _AT_ONCE):
        yield or_(*(and_(batch == one.batch, lo < one.hi, hi > one.lo) for one in part))


async def select_contents(
    connection: AsyncConnection, *conditions: ColumnElement[bool]
) -> list[PackedRange]:
    """Return the contents that conditions select, by batch and index."""
    query = select(_TABLE).where(*conditions).order_by(_TABLE.c.batch, _TABLE.c.lo)
    found = await connection.execute(query)
    return [PackedRange(row.batch, row.lo, row.hi, row.carton, row.lot) for row in found]


async def find_packed(
    connection: AsyncConnection, ranges: Sequence[StampRange]
) -> list[PackedRange]:
    """Return the parts of a set of stamps that are in cartons, cut to the set."""
    found: set[PackedRange] = set()
    for condition in touches(ranges, _TABLE.c.batch, _TABLE.c.lo, _TABLE.c.hi):
        found |= set(await select_contents(connection, condition))
    return [row._replace(lo=lo, hi=hi) for row, lo, hi in find_overlaps(sorted(found), ranges)]


async def select_spans_of(connection: AsyncConnection, ranges: Sequence[StampRange]) -> list[Span]:
    """Return the spans of a set of stamps, cut to the set, by batch and index."""
    spans = schema.spans.c
    found: set[Span] = set()
    for condition in touches(ranges, spans.batch, spans.lo, spans.hi):
        found |= set(await select_spans(connection, condition))
    return clip_spans(sorted(found, key=lambda span: (span.batch, span.lo)), ranges)


def clip_spans(spans: Sequence[Span], ranges: Sequence[StampRange]) -> list[Span]:
    """The parts of spans, by batch and index, that are in a set of stamps."""
    return [replace(span, lo=lo, hi=hi) for span, lo, hi in find_overlaps(spans, ranges)]


async def select_carton_ranges(connection: AsyncConnection, carton: str) -> list[PackedRange]:
    """Return the stamps in a carton, or in the cartons of a pallet, by batch and index."""
    cartons = schema.cartons.c
    on_pallet = select(cartons.id).where(cartons.pallet == carton)
    return await select_contents(
        connection, or_(_TABLE.c.carton == carton, _TABLE.c.carton.in_(on_pallet))
    )


async def refuse_packed(connection: AsyncConnection, stamps: StampRange) -> None:
    """Raise `StampsPacked` if any of these stamps is in a carton."""
    packed = await find_packed(connection, [stamps])
    if packed:
        first = packed[0]
        cartons = schema.cartons.c
        label = await connection.scalar(select(cartons.label).where(cartons.id == first.carton))
        raise StampsPacked(range=first.range.text, carton=first.carton, label=label)


def name_ranges(ranges: Iterable[StampRange]) -> str:
    """The first of some ranges as people write them, and how many more there are."""
    texts = [one.text for one in ranges]
    more = len(texts) - _NAMED
    return ", ".join(texts[:_NAMED]) + (f" (+{more})" if more > 0 else "")
