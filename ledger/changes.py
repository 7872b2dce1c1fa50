"""Changes: which batches, lots, devices and links changed after given chain heads.

Both chains have numbers without gaps, written by the one writer, so "after" needs no clock and
misses nothing: a transition names its batch; every saved or recalled lot, every device that was
added, enrolled or revoked, and every edit of links, has an audit entry; and a decision on a stamp
or batch has the number of its audit entry.
When nothing changed, a query reads one row a chain.

On PostgreSQL a trigger notifies listeners at commit (LISTEN/NOTIFY), so they need not poll. A
notification says only that something changed. Listeners then query, so a lost notification (a dead
connection, a pooler without sessions) costs time and loses no change.
"""

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any, Final

import psycopg
from sqlalchemy import func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from ledger import schema
from ledger.alerts.alert_record import NO_BATCH
from ledger.storage.answer_deadline import ping_server
from ledger.storage.storage_errors import storage_errors
from ledger.storage.store import Store

_TRY_SECONDS: Final = 15.0
"""Interval at which a connection without notifications is tried."""
_LOT: Final = f"{schema.lots.name}:"
_DEVICE: Final = f"{schema.devices.name}:"
_LINK_SET: Final = f"{schema.link_sets.name}:"
_LINK_OWNER: Final = f"{schema.link_hosts.name}:"
_FOLLOWED: Final = (_LOT, _DEVICE, _LINK_SET, _LINK_OWNER)
"""Beginnings of the subjects of audit entries that tell of a change."""


@dataclass(frozen=True, slots=True)
class ChainHeads:
    """The numbers of the last rows of both chains."""

    transitions: int
    audit: int


@dataclass(frozen=True, slots=True)
class ChangeSet:
    """The batches, lots, devices and link sets that changed, up to `heads`."""

    heads: ChainHeads
    batches: Mapping[int, int] = field(default_factory=dict)
    """When the first change of each batch was written (ms, UTC), by its number."""
    lots: frozenset[str] = frozenset()
    devices: frozenset[str] = frozenset()
    link_sets: frozenset[str] = frozenset()
    link_owners: frozenset[str] = frozenset()
    """Organisations whose links may lead to other hosts than before."""


class ChangeListener:
    """A connection that waits for notifications of changes."""

    def __init__(self, connection: "psycopg.AsyncConnection[Any]") -> None:
        self._connection = connection

    async def wait(self) -> None:
        """Return after the next change.

        Raises `StorageDown` when the connection is lost, or its server gives no sign of life.
        """
        with storage_errors():
            while True:
                async for _ in self._connection.notifies(timeout=_TRY_SECONDS, stop_after=1):
                    return
                await ping_server(self._connection)


class Changes:
    """The changes of one ledger."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.can_listen = not store.is_sqlite
        """Whether `listen` works; SQLite has no notifications."""

    async def get_heads(self) -> ChainHeads:
        """Return the present heads of both chains."""
        async with self._store.read() as connection:
            return await _heads(connection)

    async def get_changes_after(self, seen: ChainHeads) -> ChangeSet:
        """Return what changed after `seen`. Raises `LedgerRestored` if the ledger went back."""
        transitions, audit, decisions = schema.transitions, schema.audit, schema.decisions
        async with self._store.read() as connection:
            await self._store.check_generation(connection)
            heads = await _heads(connection)
            batches: dict[int, int] = {}
            subjects: Sequence[str] = ()
            if heads.transitions > seen.transitions:
                query = (
                    select(transitions.c.batch, func.min(transitions.c.at).label("first_at"))
                    .where(transitions.c.seq > seen.transitions)
                    .group_by(transitions.c.batch)
                )
                batches = {row.batch: row.first_at for row in await connection.execute(query)}
            if heads.audit > seen.audit:
                saved = select(audit.c.subject).where(
                    audit.c.seq > seen.audit,
                    or_(*(audit.c.subject.startswith(one, autoescape=True) for one in _FOLLOWED)),
                )
                subjects = (await connection.execute(saved)).scalars().all()
                decided = (
                    select(decisions.c.batch, func.min(decisions.c.at))
                    .where(decisions.c.seq > seen.audit, decisions.c.batch != NO_BATCH)
                    .group_by(decisions.c.batch)
                )
                for batch, at in await connection.execute(decided):
                    batches[batch] = min(at, batches.get(batch, at))
            return ChangeSet(
                heads,
                batches,
                lots=_keys(subjects, _LOT),
                devices=_keys(subjects, _DEVICE),
                link_sets=_keys(subjects, _LINK_SET),
                link_owners=_keys(subjects, _LINK_OWNER),
            )

    @asynccontextmanager
    async def listen(self) -> AsyncIterator[ChangeListener]:
        """Listen on a separate connection until the block ends. Raises `StorageDown`."""
        with storage_errors():
            connection = await self._store.connect_to_listen()
            await connection.execute("LISTEN veritem_changes")
        try:
            yield ChangeListener(connection)
        finally:
            with suppress(psycopg.Error):
                await connection.close()


def _keys(subjects: Iterable[str], prefix: str) -> frozenset[str]:
    """The keys of the subjects with a prefix."""
    return frozenset(s.removeprefix(prefix) for s in subjects if s.startswith(prefix))


async def _heads(connection: AsyncConnection) -> ChainHeads:
    heads = schema.chain_heads
    found = {
        chain.name: chain.seq
        for chain in await connection.execute(select(heads.c.name, heads.c.seq))
    }
    return ChainHeads(found.get(schema.transitions.name, 0), found.get(schema.audit.name, 0))
