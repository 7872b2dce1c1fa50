"""Named queries over EPCIS events: parameters of the standard under a name, of one owner."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import RowMapping, delete, func, insert, select

from ledger import schema
from ledger.chains.chained_rows import record_audit
from ledger.chains.hash_chain import to_canonical_json
from ledger.errors import AlreadyExists, QueriesFull, UnknownRow
from ledger.storage.store import Store, uncancellable

KIND: Final = "query"
MOST_QUERIES: Final = 50
"""Named queries of one owner."""
_TABLE: Final = schema.epcis_queries


@dataclass(frozen=True, slots=True)
class NamedQuery:
    """A query of an owner: an organisation, or an account that belongs to none."""

    owner: str
    name: str
    query: Mapping[str, Any]
    """Parameters of the standard, as they were told."""
    made_at: int
    made_by: str


class EpcisQueries:
    """The named queries of one ledger."""

    def __init__(self, store: Store, clock: Callable[[], int]) -> None:
        self._store = store
        self._clock = clock

    @uncancellable
    async def add(
        self, owner: str, name: str, query: Mapping[str, Any], *, actor: str
    ) -> NamedQuery:
        """Keep a query under a new name. Raises `AlreadyExists`, `QueriesFull`."""
        found = NamedQuery(owner, name, query, self._clock(), actor)
        async with self._store.write() as connection:
            same = select(_TABLE.c.name).where(_TABLE.c.owner == owner, _TABLE.c.name == name)
            if await connection.scalar(same) is not None:
                raise AlreadyExists(kind=KIND, id=name)
            own = select(func.count()).where(_TABLE.c.owner == owner)
            if (await connection.scalar(own) or 0) >= MOST_QUERIES:
                raise QueriesFull(most=MOST_QUERIES)
            document = to_canonical_json(query)
            row = {"owner": owner, "name": name, "document": document}
            await connection.execute(
                insert(_TABLE).values(**row, made_at=found.made_at, made_by=actor)
            )
            await record_audit(
                connection,
                at=found.made_at,
                actor=actor,
                action="event_query.add",
                subject=f"epcis_queries:{owner}/{name}",
                details={"query": document},
            )
        return found

    async def list(self, owner: str) -> "list[NamedQuery]":
        """The queries of an owner by name; there are at most `MOST_QUERIES`."""
        query = select(_TABLE).where(_TABLE.c.owner == owner).order_by(_TABLE.c.name)
        async with self._store.read() as connection:
            return [_from_row(row) for row in (await connection.execute(query)).mappings()]

    async def get(self, owner: str, name: str) -> NamedQuery:
        """The query of this name. Raises `UnknownRow`."""
        query = select(_TABLE).where(_TABLE.c.owner == owner, _TABLE.c.name == name)
        async with self._store.read() as connection:
            row = (await connection.execute(query)).mappings().one_or_none()
        if row is None:
            raise UnknownRow(kind=KIND, id=name)
        return _from_row(row)

    @uncancellable
    async def remove(self, owner: str, name: str, *, actor: str) -> None:
        """Remove a query. Raises `UnknownRow`."""
        async with self._store.write() as connection:
            gone = await connection.execute(
                delete(_TABLE).where(_TABLE.c.owner == owner, _TABLE.c.name == name)
            )
            if not gone.rowcount:
                raise UnknownRow(kind=KIND, id=name)
            await record_audit(
                connection,
                at=self._clock(),
                actor=actor,
                action="event_query.remove",
                subject=f"epcis_queries:{owner}/{name}",
                details={},
            )


def _from_row(row: RowMapping) -> NamedQuery:
    return NamedQuery(
        owner=row["owner"],
        name=row["name"],
        query=json.loads(row["document"]),
        made_at=row["made_at"],
        made_by=row["made_by"],
    )
