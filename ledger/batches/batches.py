"""Batches: numbered runs of stamps, issued from approved orders.

Issuing a batch allocates the next 24-bit number and one span for all its stamps, in one
transaction: ten million stamps are a few rows. Single stamps are not stored; their codes follow
from the batch number, the index and the epoch's keys.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from sqlalchemy import RowMapping, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from ledger import schema
from ledger.batches.batch_filter import BatchFilter
from ledger.chains.chained_rows import record_row_change
from ledger.chains.hash_chain import digest_json
from ledger.cursor_pages import Key
from ledger.enabled_organisations import require_enabled
from ledger.errors import (
    KeyReused,
    ManifestSet,
    NumbersExhausted,
    OrderExceeded,
    OrderNotOpen,
    UnknownBatch,
)
from ledger.orders.order_states import OrderState
from ledger.orders.orders import Grade, find_order, fulfil_order
from ledger.storage.store import Store, uncancellable
from stamps.errors import OutOfRange, UnknownCode
from stamps.lifecycle import State

MAX_COUNT: Final = 2**24
_LAST_NUMBER: Final = 2**24 - 1

ReserveNumber = Callable[[int], int]
"""Returns the number of a new batch, never again, from the ledger's highest. It may block."""


@dataclass(frozen=True, slots=True)
class Batch:
    """A numbered run of `count` stamps, indexes 0 to count - 1. `at` is milliseconds, UTC."""

    number: int
    order: str
    count: int
    grade: Grade
    epoch: int
    host: str
    gtin: str | None
    product: str | None
    has_pin: bool
    actor: str
    at: int
    manifest: bytes | None = None

    def check_address(self, epoch: int, gtin: str | None) -> None:
        """Check what a stamp's code and address say about its batch.

        `epoch` is the code's. `gtin` is that of a GS1 address or element string, 14 digits, None
        for a form that names none: `/S/CODE` opens the codes of GS1 batches too. A GTIN opens only
        codes of a batch that was issued for it.
        Raises `UnknownCode`.
        """
        if epoch != self.epoch or (gtin is not None and gtin != self.gtin):
            raise UnknownCode


class Batches:
    """The batches of one ledger."""

    def __init__(self, store: Store, clock: Callable[[], int]) -> None:
        self._store = store
        self._clock = clock

    @uncancellable
    async def add(
        self,
        *,
        order: str,
        count: int,
        grade: Grade,
        epoch: int,
        host: str,
        gtin: str | None = None,
        product: str | None = None,
        has_pin: bool = False,
        actor: str,
        key: str,
        at: int | None = None,
        reserve: ReserveNumber | None = None,
    ) -> Batch:
        """Issue `count` stamps of an approved order; the same `key` again returns the first result.

        `reserve` returns the number of a new batch, None: the next of this ledger alone.

        Raises `OutOfRange`, `UnknownOrder`, `OrderNotOpen`, `OrderExceeded`, `KeyReused`,
        `NumbersExhausted`, `OrganisationDisabled`.
        """
        if not 1 <= count <= MAX_COUNT:
            raise OutOfRange(what="count", low=1, high=MAX_COUNT, value=count)
        batches, at = schema.batches, self._clock() if at is None else at
        values = {
            "order_id": order,
            "count": count,
            "grade": grade,
            "epoch": epoch,
            "host": host,
            "gtin": gtin,
            "product": product,
            "has_pin": has_pin,
            "actor": actor,
        }
        request = digest_json(values)
        async with self._store.write() as connection:
            found = await connection.execute(select(batches).where(batches.c.key == key))
            known = found.mappings().one_or_none()
            if known is not None:
                if known["request"] != request:
                    raise KeyReused(key=key)
                return _from_row(known)
            ordered = await find_order(connection, order)
            if ordered.state is not OrderState.APPROVED:
                raise OrderNotOpen(order=order, state=ordered.state, wanted=OrderState.APPROVED)
            await require_enabled(connection, ordered.packer, ordered.print_house)
            issued = await connection.scalar(
                select(func.coalesce(func.sum(batches.c.count), 0)).where(
                    batches.c.order_id == order
                )
            )
            left = ordered.count - int(issued or 0)
            if count > left:
                raise OrderExceeded(order=order, left=left, count=count)
            highest = await _find_highest(connection)
            # The writer's lock is held, so that numbers are reserved in the order of batches.
            number = await asyncio.to_thread(reserve, highest) if reserve else highest + 1
            if number > _LAST_NUMBER:
                raise NumbersExhausted()
            row = {**values, "number": number, "at": at, "key": key, "request": request}
            await connection.execute(insert(batches).values(row))
            await connection.execute(
                insert(schema.batch_parties).values(
                    number=number,
                    order_id=order,
                    product=ordered.product,
                    packer=ordered.packer,
                    print_house=ordered.print_house,
                    at=at,
                    due_on=ordered.due_on or schema.NO_DUE_DAY,
                )
            )
            await connection.execute(
                insert(schema.spans).values(
                    batch=number, lo=0, hi=count, state=State.ISSUED, changed_at=at
                )
            )
            await record_row_change(
                connection, batches, number, at=at, actor=actor, action="batch.issue"
            )
            if count == left:
                await fulfil_order(connection, ordered, actor, at)
            return await find_batch(connection, number)

    async def find_highest_number(self) -> int:
        """Return the highest batch number; 0 without batches."""
        async with self._store.read() as connection:
            return await _find_highest(connection)

    async def get(self, number: int) -> Batch:
        """Return the batch of this number. Raises `UnknownBatch`."""
        async with self._store.read() as connection:
            return await find_batch(connection, number)

    async def find_page(
        self, wanted: BatchFilter, *, after: Key | None = None, limit: int
    ) -> "list[Batch]":
        """At most `limit` batches that match, newest first.

        `after` is the sort key, `(number,)`, of the last row of the page before.
        """
        async with self._store.read() as connection:
            found = await connection.execute(wanted.select(after, limit))
            return [_from_row(row) for row in found.mappings()]

    async def list(self, order: str | None = None) -> "list[Batch]":
        """Return all batches, or those of one order, by number."""
        batches = schema.batches
        query = select(batches).order_by(batches.c.number)
        if order is not None:
            query = query.where(batches.c.order_id == order)
        async with self._store.read() as connection:
            return [_from_row(row) for row in (await connection.execute(query)).mappings()]

    @uncancellable
    async def set_manifest(
        self, number: int, manifest: bytes, *, actor: str | None = None, at: int | None = None
    ) -> Batch:
        """Store the signed manifest of a batch, once. Raises `ManifestSet` for a different one."""
        batches, at = schema.batches, self._clock() if at is None else at
        async with self._store.write() as connection:
            batch = await find_batch(connection, number)
            if batch.manifest == manifest:
                return batch
            if batch.manifest is not None:
                raise ManifestSet(batch=number)
            await connection.execute(
                update(batches).where(batches.c.number == number).values(manifest=manifest)
            )
            await record_row_change(
                connection,
                batches,
                number,
                at=at,
                actor=actor or batch.actor,
                action="batch.manifest",
            )
            return await find_batch(connection, number)


async def find_batch(connection: AsyncConnection, number: int) -> Batch:
    """Return the batch inside the caller's transaction. Raises `UnknownBatch`."""
    batches = schema.batches
    found = await connection.execute(select(batches).where(batches.c.number == number))
    row = found.mappings().one_or_none()
    if row is None:
        raise UnknownBatch(batch=number)
    return _from_row(row)


async def _find_highest(connection: AsyncConnection) -> int:
    return await connection.scalar(select(func.max(schema.batches.c.number))) or 0


def _from_row(row: RowMapping) -> Batch:
    values = {**row, "order": row["order_id"]}
    for name in ("order_id", "key", "request"):
        del values[name]
    return Batch(**values)
