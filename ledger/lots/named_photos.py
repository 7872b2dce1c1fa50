"""Photos that the ledger names: the hashes in addresses `/a/{hash}` of lots, drafts and proposals.

All texts of these documents are searched, so a photo that stands anywhere in one is found.
"""

import re
from typing import Any, Final

from sqlalchemy import ColumnElement, select, tuple_

from ledger import schema
from ledger.storage.store import Store

_ADDRESS: Final = re.compile("/a/([0-9a-f]{64})")
_ROWS: Final = 500


class NamedPhotos:
    """The photos that one ledger names."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def list_hashes(self) -> set[str]:
        """Return all hashes; it reads all documents that name a photo, a part at a time."""
        lots, versions, proposals = schema.lots, schema.lot_versions, schema.proposals
        drafts = schema.lot_drafts
        found: set[str] = set()
        for document, key in (
            (lots.c.document, (lots.c.code,)),
            (versions.c.document, (versions.c.lot, versions.c.version)),
            (proposals.c.document, (proposals.c.id,)),
            (drafts.c.fields, (drafts.c.id,)),
        ):
            await self._search(document, key, found)
        return found

    async def _search(
        self, document: ColumnElement[str], key: tuple[ColumnElement[Any], ...], found: set[str]
    ) -> None:
        after: tuple[Any, ...] | None = None
        query = select(document, *key).where(document.contains("/a/")).order_by(*key).limit(_ROWS)
        while True:
            asked = query if after is None else query.where(tuple_(*key) > tuple_(*after))
            async with self._store.read() as connection:
                rows = (await connection.execute(asked)).all()
            for row in rows:
                found.update(_ADDRESS.findall(row[0]))
            if len(rows) < _ROWS:
                return
            after = tuple(rows[-1][1:])
