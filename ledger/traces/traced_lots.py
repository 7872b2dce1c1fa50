"""Lots, stamps and batches that a trace joins to events: many at once, each by its name.

What a trace asks of lots: who describes them, which places they name, by which identifiers events
may name them (GTIN, addresses of their stamps), and which stamps are bound to them.
"""

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from sqlalchemy import and_, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from ledger import schema
from ledger.codes.lot_codes import list_codes
from ledger.lots.lot_filter import LotFilter
from ledger.storage.row_lists import split_parts
from ledger.storage.store import Store

MOST_SPANS: Final = 20_000
"""Spans of one question."""
_AT_ONCE: Final = 500
"""Lots or ranges named in one statement."""


class BoundStamps(NamedTuple):
    """Stamps `[lo, hi)` of a batch that are bound to a lot."""

    batch: int
    lo: int
    hi: int
    lot: str
    at: int
    """When they were activated."""
    host: str
    """Host of their addresses."""
    gtin: str | None


@dataclass(frozen=True, slots=True)
class TracedLot:
    """A lot as a trace needs it."""

    code: str
    organisation: str | None
    at: int
    """When it was packed; when it was saved, if it does not tell."""
    places: tuple[str, ...]
    """Codes of growing areas, packing houses and other places that it names."""
    gtins: tuple[str, ...]
    name: str | None
    """The name of its product, in Vietnamese."""


class TracedLots:
    """The lots of one ledger as traces ask for them."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def find_lots(self, codes: Collection[str], scope: LotFilter) -> list[TracedLot]:
        """Return the lots in scope that have these codes."""
        found: list[TracedLot] = []
        lots = schema.lots.c
        async with self._store.read() as connection:
            for part in split_parts(sorted(codes), _AT_ONCE):
                query = scope.select(None, len(part)).where(lots.code.in_(part))
                rows = (await connection.execute(query)).mappings().all()
                gtins = await _find_gtins(connection, {row["product"] for row in rows} - {None})
                found += [_read_lot(row, gtins.get(row["product"])) for row in rows]
        return found

    async def find_bound(self, lots: Collection[str]) -> tuple[list[BoundStamps], bool]:
        """Return the stamps that are bound to lots, and whether there are more."""
        return await self._select(
            [schema.spans.c.lot.in_(part) for part in split_parts(sorted(lots), _AT_ONCE)]
        )

    async def find_bound_ranges(
        self, ranges: Collection[tuple[int, int, int]]
    ) -> tuple[list[BoundStamps], bool]:
        """Return the stamps in some ranges `[lo, hi)` of batches that are bound to lots."""
        spans = schema.spans.c
        return await self._select(
            [
                and_(
                    spans.lot.is_not(None),
                    or_(
                        *(
                            and_(spans.batch == batch, spans.lo < hi, spans.hi > lo)
                            for batch, lo, hi in part
                        )
                    ),
                )
                for part in split_parts(sorted(ranges), _AT_ONCE)
            ]
        )

    async def find_packers(self, batches: Collection[int]) -> dict[int, str | None]:
        """Return the packer that ordered each batch."""
        parties, found = schema.batch_parties.c, {}
        async with self._store.read() as connection:
            for part in split_parts(sorted(batches), _AT_ONCE):
                query = select(parties.number, parties.packer).where(parties.number.in_(part))
                found.update({row.number: row.packer for row in await connection.execute(query)})
        return found

    async def find_location_numbers(self, code: str) -> list[str]:
        """Return the GLNs of the places with an official code."""
        places = schema.places.c
        query = select(places.gln).where(places.code == code, places.gln.is_not(None))
        query = query.limit(_AT_ONCE)
        async with self._store.read() as connection:
            return [gln for gln in await connection.scalars(query) if gln is not None]

    async def _select(self, conditions: Sequence[Any]) -> tuple[list[BoundStamps], bool]:
        spans, batches = schema.spans.c, schema.batches.c
        columns = (spans.batch, spans.lo, spans.hi, spans.lot, spans.activated_at)
        found: list[BoundStamps] = []
        async with self._store.read() as connection:
            for condition in conditions:
                query = (
                    select(*columns, spans.changed_at, batches.host, batches.gtin)
                    .join_from(schema.spans, schema.batches, spans.batch == batches.number)
                    .where(condition)
                    .limit(MOST_SPANS + 1 - len(found))
                )
                for batch, lo, hi, lot, at, changed_at, host, gtin in await connection.execute(
                    query
                ):
                    when = changed_at if at is None else at
                    found.append(BoundStamps(batch, lo, hi, lot, when, host, gtin))
        return sorted(found[:MOST_SPANS]), len(found) > MOST_SPANS


async def _find_gtins(connection: AsyncConnection, products: Collection[str]) -> dict[str, str]:
    table = schema.products.c
    query = select(table.id, table.gtin).where(table.id.in_(products), table.gtin.is_not(None))
    return {row.id: row.gtin for row in await connection.execute(query)} if products else {}


def _read_lot(row: Any, gtin: str | None) -> TracedLot:
    document = json.loads(row["document"])
    product = document.get("product") or {}
    return TracedLot(
        code=row["code"],
        organisation=row["organisation"],
        at=row["at"] if row["packed_at"] is None else row["packed_at"],
        places=tuple(list_codes(document)),
        gtins=tuple(sorted({one for one in (gtin, product.get("gtin")) if one})),
        name=(product.get("name") or {}).get("vi"),
    )
