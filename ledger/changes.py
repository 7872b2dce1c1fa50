"""The change stream: which batches moved and which lots were put since somebody last asked.

Both chains have numbers without gaps, written by the one writer, so "since" needs no clock and
misses nothing: transitions say their batch, and every lot that is put or recalled leaves a line in the
audit log. Asking costs one row a chain where nothing happened.

On PostgreSQL nobody needs to ask all the time: a trigger notifies those who `listen` as the change
is committed. The word says only *that* something changed. What it was is asked for, so a word that
is lost (a dead connection, a pooler that keeps no session) costs time and no change.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any, Final

import psycopg
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from ledger import schema
from ledger.errors import storage_errors
from ledger.store import Store

_LOT: Final = f"{schema.lots.name}:"


@dataclass(frozen=True, slots=True)
class ChainHeads:
    """Where both chains stood: the numbers of their last rows."""

    transitions: int
    audit: int


@dataclass(frozen=True, slots=True)
class ChangeSet:
    """What changed up to `heads`."""

    heads: ChainHeads
    batches: frozenset[int] = frozenset()
    lots: frozenset[str] = frozenset()


class ChangeListener:
    """A connection on which changes are told."""

    def __init__(self, connection: "psycopg.AsyncConnection[Any]") -> None:
        self._connection = connection

    async def wait(self) -> None:
        """Return once something changed. Raises `StorageDown` when the connection is lost."""
        with storage_errors():
            async for _ in self._connection.notifies(stop_after=1):
                pass


class Changes:
    """The changes of one ledger."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.can_listen = not store.is_sqlite
        """Whether `listen` works here; SQLite has nobody who could tell."""

    async def get_heads(self) -> ChainHeads:
        """Where both chains stand now."""
        async with self._store.read() as connection:
            return await _heads(connection)

    async def get_changes_after(self, seen: ChainHeads) -> ChangeSet:
        """What changed after `seen`."""
        transitions, audit = schema.transitions, schema.audit
        async with self._store.read() as connection:
            heads = await _heads(connection)
            batches: frozenset[int] = frozenset()
            lots: frozenset[str] = frozenset()
            if heads.transitions > seen.transitions:
                asked = (
                    select(transitions.c.batch)
                    .where(transitions.c.seq > seen.transitions)
                    .distinct()
                )
                batches = frozenset((await connection.execute(asked)).scalars())
            if heads.audit > seen.audit:
                told = select(audit.c.subject).where(
                    audit.c.seq > seen.audit, audit.c.subject.startswith(_LOT, autoescape=True)
                )
                subjects = (await connection.execute(told)).scalars()
                lots = frozenset(subject.removeprefix(_LOT) for subject in subjects)
            return ChangeSet(heads, batches, lots)

    @asynccontextmanager
    async def listen(self) -> AsyncIterator[ChangeListener]:
        """Listen on a connection of its own until the block ends. Raises `StorageDown`."""
        with storage_errors():
            connection = await self._store.dial()
            await connection.execute("LISTEN veritem_changes")
        try:
            yield ChangeListener(connection)
        finally:
            with suppress(psycopg.Error):
                await connection.close()


async def _heads(connection: AsyncConnection) -> ChainHeads:
    heads = schema.chain_heads
    found = {
        chain.name: chain.seq
        for chain in await connection.execute(select(heads.c.name, heads.c.seq))
    }
    return ChainHeads(found.get(schema.transitions.name, 0), found.get(schema.audit.name, 0))
