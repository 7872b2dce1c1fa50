"""EPCIS events of organisations: append-only, each once, found by what they name.

An event is its organisation's, and its id follows from its content, so a report that comes late or
twice adds nothing. What declares an event an error is a row beside it: the event stays as it was
told. All of a report is written or nothing, with one entry in the audit log.
"""

import json
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, RowMapping, Select, insert, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from ledger import schema
from ledger.chains.chained_rows import record_audit
from ledger.chains.hash_chain import digest_json, to_canonical_json
from ledger.cursor_pages import Key
from ledger.errors import UnknownRow
from ledger.packer_provinces import STATING, is_of_province
from ledger.record.mention_rows import PARTY, withdraw_mentions, write_mentions
from ledger.record.quoted_events import note_quoted_errors
from ledger.storage.row_lists import is_one_of, split_parts
from ledger.storage.store import Store, uncancellable

Row = dict[str, Any]

_AT_ONCE: Final = 500
"""Events named in one statement."""


@dataclass(frozen=True, slots=True)
class NewEvent:
    """An event to record."""

    id: str
    type: str
    at: int
    step: str | None
    body: Mapping[str, Any]
    prefixes: Mapping[str, str]
    keys: Collection[tuple[str, str]]
    """What it names: pairs of the part that it has and the identifier."""
    error: Mapping[str, Any] | None = None
    """What declares it an error."""
    stated_id: str | None = None
    """The id that its sender gave it, where that is not its hash."""


@dataclass(frozen=True, slots=True)
class EventError:
    """What declares an event an error."""

    recorded_at: int
    actor: str
    body: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class EventRow:
    """A recorded event of an organisation; `errors` are in the order of their record."""

    organisation: str
    id: str
    at: int
    recorded_at: int
    actor: str
    type: str
    step: str | None
    body: Mapping[str, Any]
    prefixes: Mapping[str, str]
    errors: Sequence[EventError] = ()
    stated_id: str | None = None
    """The id that its sender gave it, where that is not its hash."""

    @property
    def declarations(self) -> list[Mapping[str, Any]]:
        """What declares it an error, in the order of the record."""
        return [one.body for one in self.errors]


@dataclass(frozen=True, slots=True)
class RecordedEvents:
    """What a report added, of how many events."""

    events: int
    added: int
    errors_added: int


@dataclass(frozen=True, slots=True, kw_only=True)
class EventFilter:
    """Which events; every field that is not None must match. Sorted newest first."""

    organisation: str | None = None
    province: str | None = None
    """Events of the packers of this province."""
    id: str | None = None
    key: str | None = None
    """An identifier that they name, in one of `parts`."""
    parts: Collection[str] = ()
    since: int | None = None
    until: int | None = None
    """The first time that is not included."""

    def select(self, after: Key | None, limit: int) -> Select[tuple[str, str]]:
        """The query of organisations and ids of one page; its key is `(at, id, organisation)`."""
        events, keys = schema.epcis_events.c, schema.epcis_keys.c
        at, id_, organisation = (
            (events.at, events.id, events.organisation)
            if self.key is None
            else (keys.at, keys.event, keys.organisation)
        )
        query = select(organisation, id_.label("id"), at)
        if self.key is not None:
            query = query.where(keys.key == self.key, keys.part.in_(sorted(self.parts)))
            query = query.group_by(at, id_, organisation)  # one event may name it in two parts
        query = query.where(*self._conditions(at, id_, organisation))
        if after is not None:
            query = query.where(tuple_(at, id_, organisation) < tuple_(*after))
        return query.order_by(at.desc(), id_.desc(), organisation.desc()).limit(limit)

    def _conditions(
        self,
        at: ColumnElement[int],
        id_: ColumnElement[str],
        organisation: ColumnElement[Any],
    ) -> Iterable[ColumnElement[bool]]:
        if self.organisation is not None:
            yield organisation == self.organisation
        if self.province is not None:
            yield is_of_province(organisation, self.province, STATING)
        if self.id is not None:
            yield id_ == self.id
        if self.since is not None:
            yield at >= self.since
        if self.until is not None:
            yield at < self.until


class EpcisEvents:
    """The events of one ledger."""

    def __init__(self, store: Store, clock: Callable[[], int]) -> None:
        self._store = store
        self._clock = clock

    @uncancellable
    async def record(
        self, organisation: str, events: Sequence[NewEvent], *, actor: str, at: int | None = None
    ) -> RecordedEvents:
        """Record the events of an organisation that it has not recorded yet, all or none.

        Raises `UnknownRow` for the organisation.
        """
        async with self._store.write() as connection:
            # Asked within: who polls by the time of the record misses no event that waited here.
            at = self._clock() if at is None else at
            return await write_events(connection, organisation, events, actor=actor, at=at)

    async def find_page(
        self, wanted: EventFilter, *, after: Key | None = None, limit: int
    ) -> list[EventRow]:
        """Return the events of a page, newest first."""
        async with self._store.read() as connection:
            found = await connection.execute(wanted.select(after, limit))
            named = [(row.organisation, row.id) for row in found]
            return await load_events(connection, named)


async def write_events(
    connection: AsyncConnection,
    organisation: str,
    events: Sequence[NewEvent],
    *,
    actor: str,
    at: int,
) -> RecordedEvents:
    """Write the events of an organisation that are not recorded yet, within a transaction.

    The last audit entry is that of the report. Raises `UnknownRow` for the organisation.
    """
    organisations = schema.organisations.c
    known = select(organisations.id).where(organisations.id == organisation)
    if await connection.scalar(known) is None:
        raise UnknownRow(kind="organisation", id=organisation)
    new = await make_new_rows(connection, organisation, events)
    written = {"recorded_at": at, "actor": actor, "organisation": organisation}
    keys = [{**one, "organisation": organisation} for one in new.keys]
    for table, rows in (
        (schema.epcis_events, [{**one, **written} for one in new.events]),
        (schema.epcis_keys, keys),
        (schema.epcis_errors, [{**one, **written} for one in new.errors]),
    ):
        if rows:
            await connection.execute(insert(table), rows)
    await _write_mentions(connection, organisation, new, at)
    ids = [one["id"] for one in new.events]
    errors = [(one["event"], one["id"]) for one in new.errors]
    await audit_events(connection, organisation, ids, errors, actor=actor, at=at)
    return RecordedEvents(len({one.id for one in events}), len(ids), len(errors))


async def audit_events(
    connection: AsyncConnection,
    organisation: str,
    events: Sequence[str],
    errors: Sequence[tuple[str, str]],
    *,
    actor: str,
    at: int,
) -> None:
    """Record in the audit log the ids of events and error declarations that were added, if any.

    `errors` has the event of each declaration, and the declaration's own id.
    """
    if not events and not errors:
        return
    for some in split_parts([event for event, _ in errors], _AT_ONCE):
        await note_quoted_errors(connection, organisation, some, actor=actor, at=at)
    declarations = [id_ for _, id_ in errors]
    await record_audit(
        connection,
        at=at,
        actor=actor,
        action="event.record",
        subject=f"organisations:{organisation}",
        # Not `sha256`: that would be the digest of the organisation's row.
        details={
            "events": len(events),
            "errors": len(errors),
            "ids_sha256": digest_json(sorted([*events, *declarations])),
        },
    )


@dataclass(frozen=True, slots=True)
class NewRows:
    """Rows of what an organisation has not recorded yet, without who records it and when."""

    events: Sequence[Row]
    keys: Sequence[Row]
    errors: Sequence[Row]


async def make_new_rows(
    connection: AsyncConnection, organisation: str, events: Sequence[NewEvent]
) -> NewRows:
    """The rows of events, keys and error declarations that are not recorded yet, each once."""
    new = await _keep_new(connection, organisation, events)
    return NewRows(
        events=[
            {
                "id": one.id,
                "at": one.at,
                "type": one.type,
                "step": one.step,
                "document": _format_document(one),
            }
            for one in new
        ],
        keys=[
            {"key": key, "at": one.at, "event": one.id, "part": part}
            for one in new
            for part, key in sorted(one.keys)
        ],
        errors=[
            {"event": event, "id": digest, "document": document}
            for event, digest, document in await _keep_new_errors(connection, organisation, events)
        ],
    )


async def _keep_new(
    connection: AsyncConnection, organisation: str, events: Sequence[NewEvent]
) -> list[NewEvent]:
    """The events that are not recorded yet, each once."""
    table = schema.epcis_events.c
    new = {one.id: one for one in reversed(events)}
    for ids in split_parts(list(new), _AT_ONCE):
        query = select(table.id).where(table.organisation == organisation, table.id.in_(ids))
        for id_ in list(await connection.scalars(query)):
            del new[id_]
    return list(new.values())


async def _keep_new_errors(
    connection: AsyncConnection, organisation: str, events: Sequence[NewEvent]
) -> list[tuple[str, str, str]]:
    """Event, digest and document of each declaration that is not recorded yet."""
    table = schema.epcis_errors.c
    told = {
        (one.id, digest_json(one.error)): to_canonical_json(one.error)
        for one in events
        if one.error is not None
    }
    for ids in split_parts(sorted({event for event, _ in told}), _AT_ONCE):
        query = select(table.event, table.id).where(
            table.organisation == organisation, table.event.in_(ids)
        )
        for row in (await connection.execute(query)).all():
            told.pop((row.event, row.id), None)
    return [(event, digest, document) for (event, digest), document in told.items()]


async def _write_mentions(
    connection: AsyncConnection, organisation: str, new: NewRows, at: int
) -> None:
    named = [(one["at"], one["event"], one["key"]) for one in new.keys if one["part"] == PARTY]
    declared = {one["event"] for one in new.errors}
    await write_mentions(connection, organisation, named, withdrawn=declared, at=at)
    known = sorted(declared - {one["id"] for one in new.events})
    await withdraw_mentions(connection, organisation, known)


def _format_document(event: NewEvent) -> str:
    document: dict[str, Any] = {"event": event.body, "context": event.prefixes}
    if event.stated_id is not None:
        document["eventID"] = event.stated_id
    return to_canonical_json(document)


async def load_events(
    connection: AsyncConnection, named: Sequence[tuple[str, str]]
) -> list[EventRow]:
    """The events of these organisations and ids, in their order."""
    events, errors = schema.epcis_events, schema.epcis_errors
    rows: dict[tuple[str, str], RowMapping] = {}
    declared: dict[tuple[str, str], list[EventError]] = {}
    for pairs in split_parts(named, _AT_ONCE):
        one_of = is_one_of(connection, events.c.organisation, events.c.id, pairs)
        for row in (await connection.execute(select(events).where(one_of))).mappings():
            rows[row["organisation"], row["id"]] = row
        one_of = is_one_of(connection, errors.c.organisation, errors.c.event, pairs)
        query = select(errors).where(one_of).order_by(errors.c.recorded_at, errors.c.id)
        for row in (await connection.execute(query)).mappings():
            error = EventError(row["recorded_at"], row["actor"], json.loads(row["document"]))
            declared.setdefault((row["organisation"], row["event"]), []).append(error)
    return [_read_row(rows[pair], declared.get(pair, ())) for pair in named]


def _read_row(row: RowMapping, errors: Sequence[EventError]) -> EventRow:
    document: dict[str, Any] = json.loads(row["document"])
    return EventRow(
        organisation=row["organisation"],
        id=row["id"],
        at=row["at"],
        recorded_at=row["recorded_at"],
        actor=row["actor"],
        type=row["type"],
        step=row["step"],
        body=document["event"],
        prefixes=document["context"],
        errors=tuple(errors),
        stated_id=document.get("eventID"),
    )
