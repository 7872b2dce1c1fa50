"""Link sets: the links of one GS1 key with its qualifiers, which an organisation edits.

A set is saved whole, over the version that its editor saw. The audit log has who saved or removed
it and what it then was; resolvers follow these entries (`ledger.changes`). What the public resolver
reads leaves out links to hosts that the organisation has taken back, and those of disabled
organisations.
"""

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

from sqlalchemy import RowMapping, and_, delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from ledger import schema
from ledger.chains.chained_rows import record_audit
from ledger.chains.hash_chain import to_canonical_json
from ledger.errors import AlreadyExists, LinkSetsFull, RowChanged, UnknownRow
from ledger.storage.store import Store, uncancellable

KIND: Final = "link set"
MOST_LINK_SETS: Final = 5_000
"""Link sets of one organisation."""
_TABLE: Final = schema.link_sets
_HOSTS: Final = schema.link_hosts


@dataclass(frozen=True, slots=True)
class LinkSetRow:
    """The links of an anchor. `links` are JSON objects (`traceability.links.link_set`)."""

    id: str
    anchor: str
    organisation: str
    description: str
    links: Sequence[Mapping[str, Any]]
    version: int = 1
    """Number of times that it was saved."""
    saved_by: str = ""
    saved_at: int = 0


@dataclass(frozen=True, slots=True)
class PublishedLinks:
    """What the public is told of a link set; `hosts` are those that its links may lead to."""

    anchor: str
    description: str
    links: Sequence[Mapping[str, Any]]
    hosts: frozenset[str]


class LinkSets:
    """The link sets of one ledger."""

    def __init__(self, store: Store, clock: Callable[[], int]) -> None:
        self._store = store
        self._clock = clock

    async def get(self, id_: str) -> LinkSetRow:
        """Return a link set. Raises `UnknownRow`."""
        async with self._store.read() as connection:
            known = await _find(connection, id_)
        if known is None:
            raise UnknownRow(kind=KIND, id=id_)
        return known

    async def find_page(
        self, *, organisation: str | None, after: str | None, limit: int
    ) -> list[LinkSetRow]:
        """Return link sets of an organisation, or of all, by anchor."""
        query = select(_TABLE).order_by(_TABLE.c.anchor).limit(limit)
        if organisation is not None:
            query = query.where(_TABLE.c.organisation == organisation)
        if after is not None:
            query = query.where(_TABLE.c.anchor > after)
        async with self._store.read() as connection:
            return [_from_row(row) for row in (await connection.execute(query)).mappings()]

    @uncancellable
    async def add(self, row: LinkSetRow, *, actor: str) -> LinkSetRow:
        """Add a link set; the same content again is the one that is there.

        Raises `AlreadyExists` when its anchor has other links, `LinkSetsFull`.
        """
        async with self._store.write() as connection:
            return await self._add(connection, row, actor)

    @uncancellable
    async def add_all(self, rows: Sequence[LinkSetRow], *, actor: str) -> list[LinkSetRow]:
        """Add link sets as `add` does, all of them or none."""
        async with self._store.write() as connection:
            return [await self._add(connection, row, actor) for row in rows]

    @uncancellable
    async def replace(self, row: LinkSetRow, *, version: int | None, actor: str) -> LinkSetRow:
        """Save a link set over the version that its editor saw; None: over any.

        The same content again changes nothing. Raises `UnknownRow`, `RowChanged`.
        """
        async with self._store.write() as connection:
            known = await _find(connection, row.id)
            if known is None:
                raise UnknownRow(kind=KIND, id=row.id)
            if _content(known) == _content(row):
                return known
            if version is not None and known.version != version:
                raise RowChanged(kind=KIND, id=row.anchor)
            values = {
                "organisation": row.organisation,
                "description": row.description,
                "links": to_canonical_json(list(row.links)),
                "version": known.version + 1,
                "saved_by": actor,
                "saved_at": self._clock(),
            }
            await connection.execute(update(_TABLE).where(_TABLE.c.id == row.id).values(values))
            return await self._record(connection, row.id, "replace", actor)

    @uncancellable
    async def remove(self, id_: str, *, version: int | None, actor: str) -> None:
        """Remove a link set in the version that its editor saw; None: in any.

        One that is gone changes nothing. Raises `RowChanged`.
        """
        async with self._store.write() as connection:
            known = await _find(connection, id_)
            if known is None:
                return
            if version is not None and known.version != version:
                raise RowChanged(kind=KIND, id=known.anchor)
            await self._record(connection, id_, "remove", actor)
            await connection.execute(delete(_TABLE).where(_TABLE.c.id == id_))

    async def list_ids(self, *, after: str, limit: int) -> list[str]:
        """Return ids of link sets in their order, after one."""
        query = select(_TABLE.c.id).where(_TABLE.c.id > after).order_by(_TABLE.c.id).limit(limit)
        async with self._store.read() as connection:
            return list(await connection.scalars(query))

    async def get_published(self, ids: Collection[str]) -> dict[str, PublishedLinks]:
        """Return what the public is told of these link sets, by id; a few of them at once."""
        columns, organisations = _TABLE.c, schema.organisations.c
        query = (
            select(columns.id, columns.anchor, columns.description, columns.links, _HOSTS.c.host)
            .join(organisations.id.table, organisations.id == columns.organisation)
            .outerjoin(_HOSTS, _HOSTS.c.organisation == columns.organisation)
            .where(and_(columns.id.in_(sorted(ids)), organisations.disabled_at.is_(None)))
        )
        hosts: dict[str, set[str]] = {}
        rows = {}
        async with self._store.read() as connection:
            for row in await connection.execute(query):
                rows[row.id] = row
                hosts.setdefault(row.id, set()).update(filter(None, [row.host]))
        return {
            id_: PublishedLinks(
                row.anchor, row.description, json.loads(row.links), frozenset(hosts[id_])
            )
            for id_, row in rows.items()
        }

    async def _add(self, connection: AsyncConnection, row: LinkSetRow, actor: str) -> LinkSetRow:
        known = await _find(connection, row.id)
        if known is not None:
            if _content(known) != _content(row):
                raise AlreadyExists(kind=KIND, id=row.anchor)
            return known
        own = select(func.count()).where(_TABLE.c.organisation == row.organisation)
        if (await connection.scalar(own) or 0) >= MOST_LINK_SETS:
            raise LinkSetsFull(organisation=row.organisation, most=MOST_LINK_SETS)
        values = _to_row(row) | {"version": 1, "saved_by": actor, "saved_at": self._clock()}
        await connection.execute(insert(_TABLE).values(values))
        return await self._record(connection, row.id, "add", actor)

    async def _record(
        self, connection: AsyncConnection, id_: str, verb: str, actor: str
    ) -> LinkSetRow:
        row = await _find(connection, id_)
        assert row is not None  # noqa: S101 - written in this transaction
        await record_audit(
            connection,
            at=self._clock(),
            actor=actor,
            action=f"links.{verb}",
            subject=f"{_TABLE.name}:{id_}",
            details={
                "anchor": row.anchor,
                "organisation": row.organisation,
                "version": row.version,
                "links": [[link["type"], link["href"]] for link in row.links],
            },
        )
        return row


async def _find(connection: AsyncConnection, id_: str) -> LinkSetRow | None:
    found = await connection.execute(select(_TABLE).where(_TABLE.c.id == id_))
    row = found.mappings().one_or_none()
    return None if row is None else _from_row(row)


def _content(row: LinkSetRow) -> tuple[str, str, str]:
    return row.organisation, row.description, to_canonical_json(list(row.links))


def _to_row(row: LinkSetRow) -> dict[str, Any]:
    return asdict(row) | {"links": to_canonical_json(list(row.links))}


def _from_row(row: RowMapping) -> LinkSetRow:
    return LinkSetRow(**{**row, "links": json.loads(row["links"])})
