"""Imports of entries of the diary: what a file would record, until somebody applies it."""

from collections.abc import Callable, Sequence

from ledger import schema
from ledger.codes.code_errors import ImportOutdated
from ledger.diary.entries import NewEntry, write_entries
from ledger.storage.store import Store, uncancellable
from ledger.table_imports import KEPT_MS, TableImport, TableImports, find_waiting, finish_import


class DiaryImports(TableImports):
    """The imports of entries of one ledger."""

    def __init__(self, store: Store, clock: Callable[[], int]) -> None:
        super().__init__(store, clock, schema.diary_imports)

    @uncancellable
    async def apply(
        self,
        id_: str,
        organisation: str,
        entries: Sequence[NewEntry],
        *,
        actor: str,
        at: int,
    ) -> TableImport:
        """Record the entries of an import; again changes nothing.

        Raises `UnknownRow`, `ImportOutdated`.
        """
        async with self._store.write() as connection:
            shown = await find_waiting(connection, schema.diary_imports, id_)
            if shown.document is None or shown.applied_at is not None:
                return shown
            if shown.at < at - KEPT_MS:
                raise ImportOutdated
            await write_entries(connection, organisation, entries, actor=actor, at=at)
            return await finish_import(connection, schema.diary_imports, shown, actor, at)
