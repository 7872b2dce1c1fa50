"""Provinces of packers: what belongs to a province is what its packers ordered and packed.

An authority of a province sees the orders, batches, lots and proposals of these packers; figures of
a province are of the same (`docs/adr/0093`).
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from ledger import schema
from ledger.trade_kinds import TRADE_KINDS


@dataclass(frozen=True, slots=True, kw_only=True)
class ConcernedRows:
    """The rows that an act is about, by which the ledger finds whose province they are of."""

    packers: Collection[str] = ()
    lots: Collection[str] = ()
    batches: Collection[int] = ()
    province: str | None = None
    """The province itself, of what is about no packer."""


NO_ROWS: Final = ConcernedRows()


PACKER: Final = ("packer",)
STATING: Final = ("packer", *TRADE_KINDS)
"""The kinds of organisations that tell events."""


def select_packers(kinds: Sequence[str] = PACKER) -> Select[tuple[str, str, str | None]]:
    """Select packers with provinces: their own, else the only one that their places are in.

    With `kinds` organisations of these kinds.
    """
    organisations, places = schema.organisations.c, schema.places.c
    only = (
        select(func.min(places.province))
        .where(places.organisation == organisations.id, places.province.is_not(None))
        .having(func.count(places.province.distinct()) == 1)
        .scalar_subquery()
    )
    return select(
        organisations.id,
        organisations.name,
        func.coalesce(organisations.province, only).label("province"),
    ).where(organisations.kind.in_(kinds))


def is_of_province(
    packer: ColumnElement[str | None], province: str, kinds: Sequence[str] = PACKER
) -> ColumnElement[bool]:
    """The condition that the packer in a column is of a province; with `kinds` as selected."""
    packers = select_packers(kinds).subquery()
    return packer.in_(select(packers.c.id).where(packers.c.province == province))


async def find_provinces(
    connection: AsyncConnection, packers: Collection[str]
) -> dict[str, str | None]:
    """Return the province of each of some packers; None for one that has none."""
    if not packers:
        return {}
    query = select_packers().where(schema.organisations.c.id.in_(sorted(packers)))
    return {row.id: row.province for row in await connection.execute(query)}


async def find_common_province(connection: AsyncConnection, rows: ConcernedRows) -> str | None:
    """Return the one province that all of these rows are of; None if there is no such province."""
    if rows.province is not None:
        return rows.province
    packers: set[str | None] = set(rows.packers)
    for column, packer, names in (
        (schema.lots.c.code, schema.lots.c.organisation, rows.lots),
        (schema.batch_parties.c.number, schema.batch_parties.c.packer, rows.batches),
    ):
        if names:
            packers |= set(await connection.scalars(select(packer).where(column.in_(names))))
    if None in packers:
        return None
    found = await find_provinces(connection, {one for one in packers if one is not None})
    provinces = {found.get(one or "") for one in packers}
    return provinces.pop() if len(provinces) == 1 else None
