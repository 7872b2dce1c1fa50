"""Imports of registered codes: a difference that was shown, then applied as it was shown.

An import names the version of every code that it compared, and is applied only while the registry
has these versions: otherwise the difference is another one than people saw. All of it is applied,
or nothing. Applied again, it changes nothing.
"""

from collections.abc import Callable

from ledger import schema
from ledger.codes.code_errors import ImportOutdated
from ledger.codes.registered_code import from_content
from ledger.codes.registered_codes import CodeNote, select_codes, write_codes
from ledger.storage.store import Store, uncancellable
from ledger.table_imports import KEPT_MS, TableImport, TableImports, find_waiting, finish_import


class CodeImports(TableImports):
    """The imports of codes.

    `changes` of a document has code, base (its version, 0 for a new one) and content of each code
    that is added or changed, `unchanged` the versions of the others.
    """

    def __init__(self, store: Store, clock: Callable[[], int]) -> None:
        super().__init__(store, clock, schema.code_imports)

    @uncancellable
    async def apply(self, id_: str, *, actor: str, at: int | None = None) -> TableImport:
        """Apply an import; again changes nothing. Raises `UnknownRow`, `ImportOutdated`."""
        at = self._clock() if at is None else at
        async with self._store.write() as connection:
            shown = await find_waiting(connection, schema.code_imports, id_)
            if shown.document is None or shown.applied_at is not None:
                return shown
            if shown.at < at - KEPT_MS:
                raise ImportOutdated
            changes = shown.document["changes"]
            versions = {one["code"]: one["base"] for one in changes}
            versions |= shown.document["unchanged"]
            before = await select_codes(connection, list(versions))
            if any(
                version != (before[code].version if code in before else 0)
                for code, version in versions.items()
            ):
                raise ImportOutdated
            wanted = [from_content(one["code"], one["content"]) for one in changes]
            await write_codes(
                connection, before, wanted, CodeNote("import", actor, at, {"import": id_})
            )
            return await finish_import(connection, schema.code_imports, shown, actor, at)
