"""Imports of registered codes: a difference that was shown, then applied as it was shown.

An import has the hash of what was shown as its id. It names the version of every code that it
compared, and is applied only while the registry has these versions: otherwise the difference is
another one than people saw. All of it is applied, or nothing. Applied again, it changes nothing.

The rows wait for a day; they are removed once applied, because they can name households.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from sqlalchemy import RowMapping, delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from ledger import schema
from ledger.code_errors import ImportOutdated
from ledger.errors import UnknownRow
from ledger.hash_chain import to_canonical_json
from ledger.registered_code import from_content
from ledger.registered_codes import CodeNote, select_codes, write_codes
from ledger.store import Store, uncancellable

KEPT_MS: Final = 86_400_000
"""How long an import can be applied after it was shown."""
_MOST_WAITING: Final = 10
"""Imports of one account that wait; the oldest ones go first."""


@dataclass(frozen=True, slots=True)
class CodeImport:
    """An import. `document` has the difference; None once it was applied."""

    id: str
    file_name: str
    counts: Mapping[str, int]
    document: Mapping[str, Any] | None
    """`changes`: code, base (its version, 0 for a new one) and content of each code that is added
    or changed. `unchanged`: the versions of the others. What else is in it is for the reader."""
    actor: str
    at: int
    applied_by: str | None = None
    applied_at: int | None = None


class CodeImports:
    """The imports of one ledger."""

    def __init__(self, store: Store, clock: Callable[[], int]) -> None:
        self._store = store
        self._clock = clock

    @uncancellable
    async def put(self, shown: CodeImport) -> CodeImport:
        """Keep an import that was shown, and forget those that waited too long."""
        imports = schema.code_imports
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

    async def get(self, id_: str) -> CodeImport:
        """Return an import. Raises `UnknownRow`."""
        async with self._store.read() as connection:
            return await _find(connection, id_)

    @uncancellable
    async def apply(self, id_: str, *, actor: str, at: int | None = None) -> CodeImport:
        """Apply an import; again changes nothing. Raises `UnknownRow`, `ImportOutdated`."""
        at = self._clock() if at is None else at
        imports = schema.code_imports
        async with self._store.write() as connection:
            shown = await _find(connection, id_)
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
            applied = {"applied_by": actor, "applied_at": at, "document": None}
            await connection.execute(update(imports).where(imports.c.id == id_).values(**applied))
        return replace(shown, applied_by=actor, applied_at=at, document=None)


async def _find(connection: AsyncConnection, id_: str) -> CodeImport:
    found = await connection.execute(
        select(schema.code_imports).where(schema.code_imports.c.id == id_)
    )
    row = found.mappings().one_or_none()
    if row is None:
        raise UnknownRow(kind="import", id=id_)
    return _from_row(row)


def _from_row(row: RowMapping) -> CodeImport:
    document = row["document"]
    return CodeImport(
        **{
            **row,
            "counts": json.loads(row["counts"]),
            "document": None if document is None else json.loads(document),
        }
    )
