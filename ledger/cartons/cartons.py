"""Cartons and pallets of packers: contents now, acts of packing, and who sees them.

A carton holds stamps, a pallet holds cartons. A label is of one organisation: two organisations
that use one label have two cartons, so nobody takes a label from another by using it first.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from ledger import schema
from ledger.cartons.carton_errors import AmbiguousCarton, UnknownCarton
from ledger.cartons.carton_rows import Carton, DescribePacking, PackingOrder, RecordedPacking
from ledger.cartons.packing import carry_out
from ledger.cartons.packing_acts import load_acts
from ledger.packer_provinces import is_of_province
from ledger.stamps.carton_contents import PackedRange, find_packed, select_carton_ranges
from ledger.storage.store import Store, uncancellable
from stamps.stamp_ranges import StampRange

_TABLE = schema.cartons


def carton_from_row(row: Mapping[str, Any]) -> Carton:
    """Return the carton that a row of a list holds."""
    return Carton(**{name: row[name] for name in Carton.__slots__})


@dataclass(frozen=True, slots=True, kw_only=True)
class CartonFilter:
    """Which cartons; every field that is not None must match."""

    organisation: str | None = None
    province: str | None = None
    """Cartons of the packers of this province."""

    def list_conditions(self) -> Iterable[ColumnElement[bool]]:
        """The conditions of the filter."""
        if self.organisation is not None:
            yield _TABLE.c.organisation == self.organisation
        if self.province is not None:
            yield is_of_province(_TABLE.c.organisation, self.province)


class Cartons:
    """The cartons of one ledger."""

    def __init__(self, store: Store, clock: Callable[[], int]) -> None:
        self._store = store
        self._clock = clock

    @uncancellable
    async def carry_out(
        self,
        order: PackingOrder,
        describe: DescribePacking,
        *,
        actor: str,
        key: str,
        at: int | None = None,
    ) -> RecordedPacking:
        """Pack or unpack, all that an order names or nothing; `describe` makes the event.

        The same key again returns the first result. Raises the refusals of
        `ledger.cartons.carton_errors`, `UnknownRow` for the organisation, `KeyReused`.
        """
        at = self._clock() if at is None else at
        async with self._store.write() as connection:
            return await carry_out(connection, order, describe, actor=actor, key=key, at=at)

    async def get(self, label: str, organisation: str | None, wanted: CartonFilter) -> Carton:
        """Return the carton with a label, in a scope.

        Raises `UnknownCarton`, and `AmbiguousCarton` where the label alone names several.
        """
        query = select(_TABLE).where(_TABLE.c.label == label, *wanted.list_conditions())
        if organisation is not None:
            query = query.where(_TABLE.c.organisation == organisation)
        async with self._store.read() as connection:
            found = (await connection.execute(query.order_by(_TABLE.c.id).limit(6))).mappings()
            rows = [Carton(**row) for row in found]
        if not rows:
            raise UnknownCarton(carton=label if organisation is None else f"{label}@{organisation}")
        if len(rows) > 1:
            raise AmbiguousCarton(carton=label, ids=", ".join(row.id for row in rows))
        return rows[0]

    async def get_by_id(self, id_: str) -> Carton:
        """Return the carton of an id. Raises `UnknownCarton`."""
        async with self._store.read() as connection:
            query = select(_TABLE).where(_TABLE.c.id == id_)
            row = (await connection.execute(query)).mappings().one_or_none()
        if row is None:
            raise UnknownCarton(carton=id_)
        return Carton(**row)

    async def list_named(self, ids: Sequence[str], wanted: CartonFilter) -> list[Carton]:
        """Return those of some cartons that are in a scope, by id."""
        if not ids:
            return []
        query = select(_TABLE).where(_TABLE.c.id.in_(ids), *wanted.list_conditions())
        async with self._store.read() as connection:
            found = await connection.execute(query.order_by(_TABLE.c.id))
            return [Carton(**row) for row in found.mappings()]

    async def list_ranges(self, carton: str) -> list[PackedRange]:
        """Return the stamps in a carton, or in the cartons of a pallet, by batch and index."""
        async with self._store.read() as connection:
            return await select_carton_ranges(connection, carton)

    async def list_on_pallet(self, pallet: str) -> list[Carton]:
        """Return the cartons on a pallet, by label."""
        query = select(_TABLE).where(_TABLE.c.pallet == pallet).order_by(_TABLE.c.id)
        async with self._store.read() as connection:
            return [Carton(**row) for row in (await connection.execute(query)).mappings()]

    async def find_cartons(self, stamps: Sequence[StampRange]) -> list[PackedRange]:
        """Return which parts of a set of stamps are in which cartons."""
        async with self._store.read() as connection:
            return await find_packed(connection, stamps)

    async def list_acts(
        self, carton: str, *, before: int | None = None, limit: int
    ) -> list[RecordedPacking]:
        """Return what was packed into a carton or unpacked, and on which pallets it was, newest
        first; `before` is the number of the last act of the page before."""
        acts, items = schema.carton_acts.c, schema.carton_items.c
        moved = select(items.act).where(items.child == carton)
        query = select(acts.seq).where(or_(acts.carton == carton, acts.seq.in_(moved)))
        if before is not None:
            query = query.where(acts.seq < before)
        async with self._store.read() as connection:
            found = await connection.scalars(query.order_by(acts.seq.desc()).limit(limit))
            return await self._load(connection, list(found))

    async def get_act(self, seq: int) -> RecordedPacking | None:
        """Return the act of a number; None where there is none."""
        async with self._store.read() as connection:
            found = await self._load(connection, [seq])
        return found[0] if found else None

    async def _load(
        self, connection: AsyncConnection, numbers: Sequence[int]
    ) -> list[RecordedPacking]:
        return await load_acts(connection, numbers)
