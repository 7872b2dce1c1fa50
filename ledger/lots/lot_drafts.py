"""Drafts of lots: fields as they were typed, which an organisation keeps until it saves the lot.

A draft is no lot: it has no code, no stamp is bound to it and nobody outside of its organisation
sees it. It is no part of history either: neither a chain nor the audit log has it. A draft that
nobody changed for `LIFETIME_MS` is unknown from then on, and the desk deletes it within an hour.
"""

import json
import secrets
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from typing import Final

from sqlalchemy import (
    ColumnElement,
    RowMapping,
    and_,
    delete,
    func,
    insert,
    select,
    tuple_,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from ledger import schema
from ledger.chains.hash_chain import to_canonical_json
from ledger.cursor_pages import Key
from ledger.errors import RowChanged, TooManyDrafts, UnknownRow
from ledger.storage.store import Store, uncancellable

KIND: Final = "draft of a lot"
MOST_DRAFTS: Final = 50
"""Drafts of one organisation."""
LIFETIME_MS: Final = 90 * 86_400_000
_REMOVED_AT_ONCE: Final = 100
"""Old drafts that one `delete_old` deletes at most."""
_TABLE: Final = schema.lot_drafts


@dataclass(frozen=True, slots=True)
class LotDraft:
    """A draft; times are milliseconds, UTC."""

    id: str
    organisation: str
    version: int
    """Number of times that it was saved."""
    name: str
    kind: str
    """The kind of produce."""
    fields: Mapping[str, str]
    """Texts of the form, by the names of `services.lots.lot_fields`."""
    saved_by: str
    saved_at: int


@dataclass(frozen=True, slots=True)
class SeenDraft:
    """A draft by its id, in the version that a writer saw."""

    id: str
    version: int


class LotDrafts:
    """The drafts of lots of one ledger."""

    def __init__(self, store: Store, clock: Callable[[], int]) -> None:
        self._store = store
        self._clock = clock

    @uncancellable
    async def add(
        self,
        organisation: str,
        name: str,
        kind: str,
        fields: Mapping[str, str],
        *,
        actor: str,
        id_: str | None = None,
    ) -> LotDraft:
        """Keep a new draft; the same `id_` and fields again are the draft that is there.

        Raises `TooManyDrafts` above `MOST_DRAFTS` of an organisation, `RowChanged` when the draft
        of this `id_` holds something else by now.
        """
        at = self._clock()
        id_ = id_ or secrets.token_hex(8)
        draft = LotDraft(id_, organisation, 1, name, kind, fields, actor, at)
        own = select(func.count()).where(self._is_listed(organisation))
        async with self._store.write() as connection:
            with suppress(UnknownRow):
                known = await self._find(connection, organisation, id_)
                if known.fields != fields:
                    raise RowChanged(kind=KIND, id=id_)
                return known
            if (await connection.scalar(own) or 0) >= MOST_DRAFTS:
                raise TooManyDrafts(most=MOST_DRAFTS)
            await connection.execute(insert(_TABLE).values(_to_row(draft)))
        return draft

    @uncancellable
    async def delete_old(self) -> int:
        """Delete drafts that nobody changed for `LIFETIME_MS`, some at once; return how many."""
        old = select(_TABLE.c.id).where(_TABLE.c.saved_at < self._clock() - LIFETIME_MS)
        async with self._store.append() as connection:
            gone = await connection.execute(
                delete(_TABLE).where(_TABLE.c.id.in_(old.limit(_REMOVED_AT_ONCE)))
            )
            return int(gone.rowcount)

    @uncancellable
    async def replace(
        self,
        organisation: str,
        id_: str,
        name: str,
        fields: Mapping[str, str],
        *,
        version: int,
        actor: str,
    ) -> LotDraft:
        """Save a draft over the version that the writer saw.

        Raises `UnknownRow`, `RowChanged` when somebody else saved it meanwhile.
        """
        async with self._store.write() as connection:
            known = await self._find(connection, organisation, id_)
            if known.version != version:
                raise RowChanged(kind=KIND, id=id_)
            row = {
                "version": version + 1,
                "name": name,
                "fields": to_canonical_json(dict(fields)),
                "saved_by": actor,
                "saved_at": self._clock(),
            }
            await connection.execute(update(_TABLE).where(_TABLE.c.id == id_).values(row))
            return await self._find(connection, organisation, id_)

    @uncancellable
    async def remove(self, organisation: str, seen: SeenDraft) -> None:
        """Remove a draft in the version that was seen; one that is gone or another's is no error.

        Raises `RowChanged` when somebody saved it meanwhile.
        """
        async with self._store.write() as connection:
            with suppress(UnknownRow):
                await use_up_draft(connection, organisation, seen, self._clock())

    async def get(self, organisation: str, id_: str) -> LotDraft:
        """A draft of an organisation. Raises `UnknownRow`."""
        async with self._store.read() as connection:
            return await self._find(connection, organisation, id_)

    async def count(self, organisation: str) -> int:
        """The number of drafts of an organisation."""
        query = select(func.count()).where(self._is_listed(organisation))
        async with self._store.read() as connection:
            return await connection.scalar(query) or 0

    async def find_page(
        self, organisation: str, *, after: Key | None = None, limit: int
    ) -> list[LotDraft]:
        """At most `limit` drafts of an organisation, the last saved first."""
        key = (_TABLE.c.saved_at, _TABLE.c.id)
        query = select(_TABLE).where(self._is_listed(organisation))
        if after is not None:
            query = query.where(tuple_(*key) < tuple_(*after))
        query = query.order_by(*(column.desc() for column in key)).limit(limit)
        async with self._store.read() as connection:
            return [_from_row(row) for row in (await connection.execute(query)).mappings()]

    async def _find(self, connection: AsyncConnection, organisation: str, id_: str) -> LotDraft:
        return await _find(connection, organisation, id_, self._clock())

    def _is_listed(self, organisation: str) -> ColumnElement[bool]:
        """The condition of the drafts of an organisation that somebody changed lately."""
        since = self._clock() - LIFETIME_MS
        return and_(_TABLE.c.organisation == organisation, _TABLE.c.saved_at >= since)


async def use_up_draft(
    connection: AsyncConnection, organisation: str, seen: SeenDraft, at: int
) -> None:
    """Remove a draft in the transaction that saves its lot.

    Raises `UnknownRow` when a lot was made of it already, somebody deleted it or it is past its
    time; `RowChanged` when somebody saved it since it was seen.
    """
    known = await _find(connection, organisation, seen.id, at)
    if known.version != seen.version:
        raise RowChanged(kind=KIND, id=seen.id)
    await connection.execute(delete(_TABLE).where(_TABLE.c.id == seen.id))


async def _find(connection: AsyncConnection, organisation: str, id_: str, at: int) -> LotDraft:
    query = select(_TABLE).where(
        _TABLE.c.id == id_,
        _TABLE.c.organisation == organisation,
        _TABLE.c.saved_at >= at - LIFETIME_MS,
    )
    row = (await connection.execute(query)).mappings().one_or_none()
    if row is None:
        raise UnknownRow(kind=KIND, id=id_)
    return _from_row(row)


def _to_row(draft: LotDraft) -> dict[str, object]:
    return asdict(draft) | {"fields": to_canonical_json(dict(draft.fields))}


def _from_row(row: RowMapping) -> LotDraft:
    return LotDraft(**{**row, "fields": json.loads(row["fields"])})
