"""Captures: documents of EPCIS events that were taken in and are recorded in the background.

A capture is durable before its sender is answered. A worker leases it (`busy_until`); one that dies
leaves a lease that ends by itself, and another begins where the last transaction ended.

- `rollback`: the events and the end of the capture are one transaction: all of them or none. The
  events of a large document are staged before (`staged_events`), so that transaction is short.
- `proceed`: each part is one transaction with the position that it reached, so no part is recorded
  twice and none is skipped.

    waiting → finished       `errors` name what was refused

A finished capture has no document any more, and is deleted after `KEPT_MS`.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from sqlalchemy import RowMapping, delete, func, insert, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncConnection

from ledger import schema
from ledger.chains.hash_chain import to_canonical_json
from ledger.cursor_pages import Key
from ledger.errors import CaptureLost, CapturesFull, UnknownRow
from ledger.record.epcis_events import NewEvent, audit_events, write_events
from ledger.record.mention_rows import move_mentions
from ledger.record.staged_events import (
    delete_staged_events,
    find_left_over,
    move_staged_events,
    stage_events,
)
from ledger.storage.store import Store, uncancellable

CaptureBehaviour = Literal["rollback", "proceed"]
CaptureState = Literal["waiting", "finished"]

MOST_WAITING: Final = 5
"""Captures of one organisation that wait, so that what others wait for them has a bound.

Requests at the same moment may each count without the other; the bound is no quota."""
MOST_ERRORS: Final = 100
"""Refused events that a capture describes; `refused` counts all."""
KEPT_MS: Final = 30 * 86_400_000
_DELETED_AT_ONCE: Final = 500
_TABLE: Final = schema.epcis_captures
_SHOWN: Final = [column for column in _TABLE.c if column.name != "document"]


@dataclass(frozen=True, slots=True)
class Capture:
    """One document that was taken in. Times are milliseconds, UTC."""

    id: str
    organisation: str
    actor: str
    behaviour: CaptureBehaviour
    created_at: int
    events: int
    """Events of the document."""
    state: CaptureState = "waiting"
    busy_until: int = 0
    position: int = 0
    """Events that were looked at."""
    added: int = 0
    known: int = 0
    """Events that were recorded before."""
    refused: int = 0
    errors: tuple[Mapping[str, Any], ...] = ()
    finished_at: int | None = None


@dataclass(frozen=True, slots=True)
class CaptureStep:
    """What a worker found in a part of a document."""

    events: Sequence[NewEvent]
    """Events to record."""
    errors: Sequence[Mapping[str, Any]]
    """Descriptions of refused events, at most `MOST_ERRORS`."""
    refused: int
    position: int
    is_last: bool


class EpcisCaptures:
    """The captures of one ledger."""

    def __init__(self, store: Store, clock: Callable[[], int]) -> None:
        self._store = store
        self._clock = clock

    @uncancellable
    async def add(self, capture: Capture, document: bytes) -> Capture:
        """Take a document in. Raises `CapturesFull`, and `UnknownRow` for the organisation."""
        organisations = schema.organisations.c.id
        async with self._store.append() as connection:
            known = select(organisations).where(organisations == capture.organisation)
            if await connection.scalar(known) is None:
                raise UnknownRow(kind="organisation", id=capture.organisation)
            await _check_room(connection, capture.organisation)
            await connection.execute(insert(_TABLE).values(**_to_row(capture), document=document))
        return capture

    async def check_room(self, organisation: str) -> None:
        """Refuse an organisation that has as many captures waiting as it can have.

        Raises `CapturesFull`.
        """
        async with self._store.read() as connection:
            await _check_room(connection, organisation)

    async def find_page(
        self,
        organisation: str | None,
        *,
        id_: str | None = None,
        after: Key | None = None,
        limit: int,
    ) -> list[Capture]:
        """Captures of an organisation, or of all, the newest first; one by its id.

        `after` is the sort key, `(created_at, id)`, of the last row of the page before.
        """
        query = select(*_SHOWN)
        if organisation is not None:
            query = query.where(_TABLE.c.organisation == organisation)
        if id_ is not None:
            query = query.where(_TABLE.c.id == id_)
        if after is not None:
            query = query.where(tuple_(_TABLE.c.created_at, _TABLE.c.id) < tuple_(*after))
        query = query.order_by(_TABLE.c.created_at.desc(), _TABLE.c.id.desc()).limit(limit)
        async with self._store.read() as connection:
            return [_from_row(row) for row in (await connection.execute(query)).mappings()]

    @uncancellable
    async def lease(self, lease_ms: int) -> tuple[Capture, bytes] | None:
        """Lease the oldest capture that nobody works on, with its document."""
        at = self._clock()
        async with self._store.append() as connection:
            query = (
                select(_TABLE)
                .where(_TABLE.c.state == "waiting", _TABLE.c.busy_until <= at)
                .order_by(_TABLE.c.created_at)
                .limit(1)
                .with_for_update(skip_locked=True)
            )
            row = (await connection.execute(query)).mappings().one_or_none()
            if row is None:
                return None
            this = _TABLE.c.id == row["id"]
            await connection.execute(update(_TABLE).where(this).values(busy_until=at + lease_ms))
        return _from_row({**row, "busy_until": at + lease_ms}), row["document"]

    @uncancellable
    async def record(self, capture: Capture, step: CaptureStep, *, lease_ms: int) -> Capture:
        """Record a part and what was found in it, in one transaction; renew the lease.

        Raises `CaptureLost` when another worker has the capture by now; nothing is recorded then.
        """
        added = known = 0
        async with self._store.write() as connection:
            # First what is leased: a worker whose lease ended writes nothing.
            row = await _lock_leased(connection, capture)
            at = self._clock()
            if step.events:
                recorded = await write_events(
                    connection, capture.organisation, step.events, actor=capture.actor, at=at
                )
                added, known = recorded.added, len(step.events) - recorded.added
            errors = [*json.loads(row["errors"]), *step.errors][:MOST_ERRORS]
            values: dict[str, Any] = {
                "position": step.position,
                "added": row["added"] + added,
                "known": row["known"] + known,
                "refused": row["refused"] + step.refused,
                "errors": to_canonical_json(errors),
                "busy_until": at + lease_ms,
            }
            if step.is_last:
                values |= _finish(at)
            await connection.execute(update(_TABLE).where(_TABLE.c.id == capture.id).values(values))
        return _from_row({**row, **values})

    @uncancellable
    async def stage(
        self, capture: Capture, events: Sequence[NewEvent], *, lease_ms: int
    ) -> Capture:
        """Stage events of a part; nobody is shown them. Renew the lease. Raises `CaptureLost`."""
        async with self._store.append() as connection:
            row = await _lock_leased(connection, capture)
            await stage_events(connection, capture.id, capture.organisation, events)
            return await self._renew(connection, row, lease_ms)

    @uncancellable
    async def unstage(self, capture: Capture, *, lease_ms: int) -> Capture:
        """Delete what a worker staged before. Renew the lease. Raises `CaptureLost`."""
        while True:
            async with self._store.append() as connection:
                row = await _lock_leased(connection, capture)
                has_more = await delete_staged_events(connection, capture.id)
                capture = await self._renew(connection, row, lease_ms)
            if not has_more:
                return capture

    @uncancellable
    async def record_staged(self, capture: Capture) -> Capture:
        """Record all that was staged and the end of the capture, in one transaction.

        Raises `CaptureLost`.
        """
        async with self._store.append() as connection:
            row = await _lock_leased(connection, capture)
            at = self._clock()
            moved = await move_staged_events(
                connection, capture.id, capture.organisation, actor=capture.actor, at=at
            )
            # Only what follows has a place in the order of history: others write until here.
            await self._store.lock_writer(connection)
            await move_mentions(connection, capture.id, capture.organisation, at=at)
            await audit_events(
                connection,
                capture.organisation,
                moved.events,
                moved.errors,
                actor=capture.actor,
                at=at,
            )
            added = len(moved.events)
            values = {
                "position": capture.events,
                "added": added,
                "known": capture.events - added,
                **_finish(at),
            }
            await connection.execute(update(_TABLE).where(_TABLE.c.id == capture.id).values(values))
        return _from_row({**row, **values})

    async def _renew(self, connection: AsyncConnection, row: RowMapping, lease_ms: int) -> Capture:
        until = self._clock() + lease_ms
        this = _TABLE.c.id == row["id"]
        await connection.execute(update(_TABLE).where(this).values(busy_until=until))
        return _from_row({**row, "busy_until": until})

    @uncancellable
    async def release(self, capture: Capture) -> None:
        """End the lease of a worker, so that it or another may begin again."""
        own = (_TABLE.c.id == capture.id) & (_TABLE.c.busy_until == capture.busy_until)
        async with self._store.append() as connection:
            await connection.execute(update(_TABLE).where(own).values(busy_until=0))

    async def delete_left_over(self) -> bool:
        """Delete some rows that ended captures staged; return whether there may be more."""
        async with self._store.read() as connection:
            found = await connection.execute(find_left_over().limit(_DELETED_AT_ONCE))
            captures = [one.capture for one in found]
        for one in captures:
            await self._delete_staged(one)
        return bool(captures)

    @uncancellable
    async def _delete_staged(self, capture: str) -> None:
        async with self._store.append() as connection:
            await delete_staged_events(connection, capture)

    @uncancellable
    async def delete_old(self) -> int:
        """Delete captures that ended long ago, some at once; return how many."""
        old = select(_TABLE.c.id).where(
            _TABLE.c.state == "finished", _TABLE.c.finished_at < self._clock() - KEPT_MS
        )
        async with self._store.append() as connection:
            gone = await connection.execute(
                delete(_TABLE).where(_TABLE.c.id.in_(old.limit(_DELETED_AT_ONCE)))
            )
            return int(gone.rowcount)


async def _check_room(connection: AsyncConnection, organisation: str) -> None:
    own = _TABLE.c.organisation == organisation
    waiting = select(func.count()).where(own, _TABLE.c.state == "waiting")
    if (await connection.scalar(waiting) or 0) >= MOST_WAITING:
        raise CapturesFull(most=MOST_WAITING)


async def _lock_leased(connection: AsyncConnection, capture: Capture) -> RowMapping:
    """The row of a leased capture, which nobody else changes then. Raises `CaptureLost`."""
    is_own = (_TABLE.c.id == capture.id) & (_TABLE.c.busy_until == capture.busy_until)
    query = select(*_SHOWN).where(is_own, _TABLE.c.state == "waiting").with_for_update()
    row = (await connection.execute(query)).mappings().one_or_none()
    if row is None:
        raise CaptureLost(capture=capture.id)
    return row


def _finish(at: int) -> dict[str, Any]:
    return {"state": "finished", "finished_at": at, "document": None}


def _to_row(capture: Capture) -> dict[str, Any]:
    return {
        "id": capture.id,
        "organisation": capture.organisation,
        "actor": capture.actor,
        "behaviour": capture.behaviour,
        "created_at": capture.created_at,
        "state": capture.state,
        "busy_until": capture.busy_until,
        "events": capture.events,
        "position": capture.position,
        "added": capture.added,
        "known": capture.known,
        "refused": capture.refused,
        "errors": to_canonical_json(list(capture.errors)),
    }


def _from_row(row: RowMapping | Mapping[str, Any]) -> Capture:
    return Capture(
        id=row["id"],
        organisation=row["organisation"],
        actor=row["actor"],
        behaviour=row["behaviour"],
        created_at=row["created_at"],
        events=row["events"],
        state=row["state"],
        busy_until=row["busy_until"],
        position=row["position"],
        added=row["added"],
        known=row["known"],
        refused=row["refused"],
        errors=tuple(json.loads(row["errors"])),
        finished_at=row["finished_at"],
    )
