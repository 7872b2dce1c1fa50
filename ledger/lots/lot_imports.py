"""Imports of lots: new lots that were shown, then saved as they were shown, all or none.

A lot that exists when the import is applied makes it outdated: a code is taken, never merged.
"""

from collections.abc import Callable

from ledger import schema
from ledger.codes.code_errors import ImportOutdated
from ledger.lots.lot_versions import VersionNote
from ledger.lots.lots import LotRow, save_new_lots, select_known
from ledger.storage.store import Store, uncancellable
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
            rows = [LotRow(**content) for content in shown.document["lots"]]
            if await select_known(connection, {row.code for row in rows}):
                raise ImportOutdated
            await save_new_lots(connection, rows, VersionNote(), actor=actor, at=at)
            return await finish_import(connection, schema.lot_imports, shown, actor, at)
