"""Lots: the produce that stamps vouch for, each a document with the items that it lacks.

`traceability` makes the document and lists the mandatory items that are missing; the ledger stores
both, and binds no stamp to a lot that lacks an item. A lot can be saved again with more data. Once
stamps are bound to it, it can not lose what made it complete.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import RowMapping, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from ledger import schema
from ledger.chained_rows import record_row_change
from ledger.errors import LotIncomplete, LotRecalled, UnknownLot
from ledger.filters import Key, LotFilter
from ledger.hash_chain import to_canonical_json
from ledger.store import Store, uncancellable


@dataclass(frozen=True, slots=True)
class LotRow:
    """A lot of produce. `document` is the complete JSON; times are milliseconds, UTC."""

    code: str
    document: Mapping[str, Any]
    missing: Sequence[str]
    """Mandatory items that the document lacks; stamps can be bound only when empty."""
    packing_house: str | None = None
    product: str | None = None
    packed_at: int | None = None
    expires_at: int | None = None
    actor: str = "system"
    at: int | None = None
    """When it was last saved; the ledger's clock fills None in."""
    version: int = 0
    """How many times it was saved with other content, counted from 1 by the ledger."""
    recalled_at: int | None = None
    """When it was recalled; only `Transitions.recall_lot` sets it, and nothing resets it."""

    def check_bindable(self) -> None:
        """Raise `LotRecalled` or `LotIncomplete` when no stamp can be bound to the lot."""
        if self.recalled_at is not None:
            raise LotRecalled(lot=self.code)
        if self.missing:
            raise LotIncomplete(lot=self.code, items=list(self.missing))


class Lots:
    """The lots of one ledger."""

    def __init__(self, store: Store, clock: Callable[[], int]) -> None:
        self._store = store
        self._clock = clock

    @uncancellable
    async def save(self, lot: LotRow) -> LotRow:
        """Save a lot, new or with other content; the same content again changes nothing.

        Raises `LotIncomplete` when stamps are bound to the lot and the new content lacks an item.
        """
        lots = schema.lots
        values = {
            "code": lot.code,
            "document": to_canonical_json(dict(lot.document)),
            "missing": to_canonical_json(list(lot.missing)),
            "packing_house": lot.packing_house,
            "product": lot.product,
            "packed_at": lot.packed_at,
            "expires_at": lot.expires_at,
        }
        at = self._clock() if lot.at is None else lot.at
        async with self._store.write() as connection:
            found = await connection.execute(select(lots).where(lots.c.code == lot.code))
            known = found.mappings().one_or_none()
            if known is not None and all(known[name] == cell for name, cell in values.items()):
                return _from_row(known)
            stamped = {**values, "actor": lot.actor, "at": at}
            if known is None:
                await connection.execute(insert(lots).values({**stamped, "version": 1}))
            else:
                if lot.missing and await _is_bound(connection, lot.code):
                    raise LotIncomplete(lot=lot.code, items=list(lot.missing))
                await connection.execute(
                    update(lots)
                    .where(lots.c.code == lot.code)
                    .values({**stamped, "version": known["version"] + 1})
                )
            await record_row_change(
                connection, lots, lot.code, at=at, actor=lot.actor, action="lot.save"
            )
            return await find_lot(connection, lot.code)

    async def get(self, code: str) -> LotRow:
        """Return the lot of this code. Raises `UnknownLot`."""
        async with self._store.read() as connection:
            return await find_lot(connection, code)

    async def find_page(
        self, wanted: LotFilter, *, after: Key | None = None, limit: int
    ) -> "list[LotRow]":
        """At most `limit` lots that match, newest first.

        `after` is the sort key, `(at, code)`, of the last row of the page before.
        """
        async with self._store.read() as connection:
            found = await connection.execute(wanted.select(after, limit))
            return [_from_row(row) for row in found.mappings()]

    async def list(self) -> "list[LotRow]":
        """Return all lots, the newest first."""
        lots = schema.lots
        query = select(lots).order_by(lots.c.at.desc(), lots.c.code)
        async with self._store.read() as connection:
            return [_from_row(row) for row in (await connection.execute(query)).mappings()]


async def find_lot(connection: AsyncConnection, code: str) -> LotRow:
    """Return the lot inside the caller's transaction. Raises `UnknownLot`."""
    found = await connection.execute(select(schema.lots).where(schema.lots.c.code == code))
    row = found.mappings().one_or_none()
    if row is None:
        raise UnknownLot(lot=code)
    return _from_row(row)


async def mark_recalled(connection: AsyncConnection, code: str, actor: str, at: int) -> bool:
    """Mark a lot as recalled inside the caller's transaction; False if it was before."""
    if (await find_lot(connection, code)).recalled_at is not None:
        return False
    lots = schema.lots
    await connection.execute(update(lots).where(lots.c.code == code).values(recalled_at=at))
    await record_row_change(connection, lots, code, at=at, actor=actor, action="lot.recall")
    return True


async def _is_bound(connection: AsyncConnection, code: str) -> bool:
    spans = schema.spans
    bound = await connection.scalar(select(spans.c.lo).where(spans.c.lot == code).limit(1))
    return bound is not None


def _from_row(row: RowMapping) -> LotRow:
    return LotRow(
        **{
            **row,
            "document": json.loads(row["document"]),
            "missing": json.loads(row["missing"]),
        }
    )
