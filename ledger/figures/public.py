"""Public figures: the documents that the public service shows; each is written once."""

import json
from collections.abc import Mapping
from typing import Any

from sqlalchemy import select, text

from ledger import schema
from ledger.chains.hash_chain import to_canonical_json
from ledger.storage.store import Store, uncancellable

_TABLE = schema.public_figures


class PublicFigures:
    """The public figures of one ledger."""

    def __init__(self, store: Store) -> None:
        self._store = store

    @uncancellable
    async def add(self, name: str, document: Mapping[str, Any], at: int) -> bool:
        """Store a document unless there is one of this name; return whether it is new."""
        statement = text(
            "INSERT INTO public_figures (name, document, at) VALUES (:name, :document, :at)"
            " ON CONFLICT (name) DO NOTHING"
        )
        values = {"name": name, "document": to_canonical_json(dict(document)), "at": at}
        async with self._store.append() as connection:
            return bool((await connection.execute(statement, values)).rowcount)

    async def list_names(self) -> set[str]:
        """Return the names of all documents."""
        async with self._store.read() as connection:
            return set((await connection.execute(select(_TABLE.c.name))).scalars())

    async def list_last(self, limit: int) -> list[dict[str, Any]]:
        """Return the last documents by name, the last first."""
        query = select(_TABLE.c.document).order_by(_TABLE.c.name.desc()).limit(limit)
        async with self._store.read() as connection:
            return [json.loads(one) for one in (await connection.execute(query)).scalars()]
