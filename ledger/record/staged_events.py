"""Events of a capture that is recorded as a whole: staged in parts, then moved at once.

To write ten thousand events takes seconds, and other writers would wait for one transaction of
them. So the events are staged in short transactions, in tables that nobody is shown. One
transaction moves them into the record: statements that the database runs alone, in a tenth of the
time. What a killed worker staged is deleted before another stages the capture again.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Row, Select, Table, delete, literal, select, union
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from ledger import schema
from ledger.record.epcis_events import NewEvent, make_new_rows

_EVENTS: Final = schema.epcis_staged_events
_KEYS: Final = schema.epcis_staged_keys
_ERRORS: Final = schema.epcis_staged_errors
_TABLES: Final = (_KEYS, _ERRORS, _EVENTS)
"""In the order in which they are emptied: keys are of staged events."""
_DELETED_AT_ONCE: Final = 2000


@dataclass(frozen=True, slots=True)
class MovedEvents:
    """Ids of what was added to the record; of an error its event and its own id."""

    events: Sequence[str]
    errors: Sequence[tuple[str, str]]


async def stage_events(
    connection: AsyncConnection, capture: str, organisation: str, events: Sequence[NewEvent]
) -> None:
    """Stage the events that are neither recorded nor staged."""
    new = await make_new_rows(connection, organisation, events)
    for table, rows in ((_EVENTS, new.events), (_KEYS, new.keys), (_ERRORS, new.errors)):
        if rows:
            # A document may tell one event in two of its parts.
            await connection.execute(
                upsert(table).on_conflict_do_nothing(),
                [{**one, "capture": capture} for one in rows],
            )


async def move_staged_events(
    connection: AsyncConnection, capture: str, organisation: str, *, actor: str, at: int
) -> MovedEvents:
    """Add the staged events of a capture to the record.

    What another transaction records meanwhile is left out: its rows are the same.
    """
    written = {"organisation": organisation, "recorded_at": at, "actor": actor}
    events = await _move(connection, schema.epcis_events, _EVENTS, capture, written, ("id",))
    await _move(
        connection,
        schema.epcis_keys,
        _KEYS,
        capture,
        {"organisation": organisation},
        ("key", "at", "event", "part"),
    )
    errors = await _move(
        connection, schema.epcis_errors, _ERRORS, capture, written, ("event", "id")
    )
    return MovedEvents([one.id for one in events], [(one.event, one.id) for one in errors])


async def _move(
    connection: AsyncConnection,
    to: Table,
    staged: Table,
    capture: str,
    written: dict[str, Any],
    same: Sequence[str],
) -> Sequence[Row[Any]]:
    """Insert the staged rows that are not there; return what identifies them, but of keys."""
    copied = [one.name for one in staged.c if one.name != "capture"]
    is_there = select(literal(1)).where(
        to.c.organisation == written["organisation"], *(to.c[one] == staged.c[one] for one in same)
    )
    rows: Select[Any] = (
        select(
            *(staged.c[name] for name in copied),
            *(literal(value, to.c[name].type).label(name) for name, value in written.items()),
        )
        .where(staged.c.capture == capture, ~is_there.exists())
        .order_by(*(staged.c[one] for one in same))  # two captures lock rows in one order
    )
    inserted = upsert(to).from_select([*copied, *written], rows).on_conflict_do_nothing()
    if "id" not in to.c:
        await connection.execute(inserted)
        return []
    return (await connection.execute(inserted.returning(*(to.c[one] for one in same)))).all()


async def delete_staged_events(connection: AsyncConnection, capture: str) -> bool:
    """Delete some of what a capture staged; return whether there may be more."""
    for table in _TABLES:
        keys = [one for one in table.primary_key.columns if one.name != "capture"]
        some = select(*keys).where(table.c.capture == capture).order_by(*keys)
        last = (await connection.execute(some.offset(_DELETED_AT_ONCE).limit(1))).one_or_none()
        staged = delete(table).where(table.c.capture == capture)
        if last is not None:
            await connection.execute(staged.where(keys[0] <= last[0]))
            return True
        await connection.execute(staged)
    return False


def find_left_over() -> Select[tuple[str]]:
    """The query of captures that have staged rows and wait no more."""
    captures = schema.epcis_captures.c
    waiting = select(captures.id).where(captures.state == "waiting")
    named = union(select(_EVENTS.c.capture), select(_ERRORS.c.capture)).subquery()
    return select(named.c.capture).where(named.c.capture.not_in(waiting))
