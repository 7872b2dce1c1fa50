"""Imports of tables that people upload: what a file would do is kept until somebody applies it.

An import has the hash of what was shown as its id. It waits for a day; its content is removed once
it is applied, because it can name households.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from sqlalchemy import RowMapping, Table, delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from ledger.chains.hash_chain import to_canonical_json
from ledger.errors import UnknownRow
from ledger.storage.store import Store, uncancellable

KEPT_MS: Final = 86_400_000
"""Time for which an import can be applied after it was shown."""
_MOST_WAITING: Final = 10
"""Imports of one account that wait; the oldest ones go first."""


@dataclass(frozen=True, slots=True)
class TableImport:
    """An import. `document` has what it would do; None once it was applied."""

    id: str
    file_name: str
    counts: Mapping[str, int]
    document: Mapping[str, Any] | None
    actor: str
    at: int
    applied_by: str | None = None
    applied_at: int | None = None


class TableImports:
    """The imports of one kind of table."""

    def __init__(self, store: Store, clock: Callable[[], int], table: Table) -> None:
        self._store = store
        self._clock = clock
        self._table = table

    @uncancellable
    async def put(self, shown: TableImport) -> TableImport:
        """Keep an import that was shown, and forget those that waited too long."""
        imports = self._table
        waits = imports.c.applied_at.is_(None)
        async with self._store.write() as connection:
            outdated = imports.c.at < shown.at - KEPT_MS
            await connection.execute(delete(imports).where(waits, outdated))
            await connection.execute(delete(imports).where(waits, imports.c.id == shown.id))
            newest = (
                select(imports.c.id)
                .where(waits, imports.c.actor == shown.actor)
                .order_by(imports.c.at.desc(), imports.c.id)
                .limit(_MOST_WAITING - 1)
            )
            kept = list((await connection.execute(newest)).scalars())
            await connection.execute(
                delete(imports).where(
                    waits, imports.c.actor == shown.actor, imports.c.id.not_in(kept)
                )
            )
            await connection.execute(
                insert(imports).values(
                    id=shown.id,
                    file_name=shown.file_name,
                    counts=to_canonical_json(dict(shown.counts)),
                    document=to_canonical_json(shown.document),
                    actor=shown.actor,
                    at=shown.at,
                )
            )
        return shown

    async def get(self, id_: str) -> TableImport:
        """Return an import. Raises `UnknownRow`."""
        async with self._store.read() as connection:
            return await find_waiting(connection, self._table, id_)


async def find_waiting(connection: AsyncConnection, table: Table, id_: str) -> TableImport:
    """The import of this id. Raises `UnknownRow`."""
    found = await connection.execute(select(table).where(table.c.id == id_))
    row = found.mappings().one_or_none()
    if row is None:
        raise UnknownRow(kind="import", id=id_)
    return _from_row(row)


async def finish_import(
    connection: AsyncConnection, table: Table, shown: TableImport, actor: str, at: int
) -> TableImport:
    """Note that an import was applied, and remove what it would do."""
    applied = {"applied_by": actor, "applied_at": at, "document": None}
    await connection.execute(update(table).where(table.c.id == shown.id).values(**applied))
    return replace(shown, applied_by=actor, applied_at=at, document=None)


def _from_row(row: RowMapping) -> TableImport:
    document = row["document"]
    return TableImport(
        **{
            **row,
            "counts": json.loads(row["counts"]),
            "document": None if document is None else json.loads(document),
        }
    )
