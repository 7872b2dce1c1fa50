"""Imports of lots: new lots that were shown, then saved as they were shown, all or none.

A lot that exists when the import is applied makes it outdated: a code is taken, never merged.
"""

from collections.abc import Callable

from ledger import schema
from ledger.code_errors import ImportOutdated
from ledger.errors import UnknownLot
from ledger.lots import LotRow, find_lot, save_lot
from ledger.store import Store, uncancellable
from ledger.table_imports import KEPT_MS, TableImport, TableImports, find_waiting, finish_import


class LotImports(TableImports):
    """The imports of lots; `lots` of a document has the content of each row."""

    def __init__(self, store: Store, clock: Callable[[], int]) -> None:
        super().__init__(store, clock, schema.lot_imports)

    @uncancellable
    async def apply(self, id_: str, *, actor: str, at: int) -> TableImport:
        """Save the lots of an import; again changes nothing.

        Raises `UnknownRow`, `ImportOutdated`, and `CodeNotUsable` for a place that may not be named
        any more.
        """
        async with self._store.write() as connection:
            shown = await find_waiting(connection, schema.lot_imports, id_)
            if shown.document is None or shown.applied_at is not None:
                return shown
            if shown.at < at - KEPT_MS:
                raise ImportOutdated
            for content in shown.document["lots"]:
                row = LotRow(**content, actor=actor, at=at)
                try:
                    await find_lot(connection, row.code)
                except UnknownLot:
                    await save_lot(connection, row)
                else:
                    raise ImportOutdated
            return await finish_import(connection, schema.lot_imports, shown, actor, at)
