"""Events that the submitted record of a lot quotes: results of laboratories, certificates.

They are named when the record is submitted, and never change. The statement of a publication names
the organisation of each with the number of its audit entry. An event that its organisation declares
an error after the publication stays in the record; the public page says when it was declared.
"""

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import and_, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from ledger import schema
from ledger.chains.chained_rows import record_row_change
from stamps.timestamps import format_rfc3339

_ROWS: Final = schema.quoted_events
_WITHDRAWN: Final = "did_not_occur"
"""The reason of CBV 2.0 for an event without another one in its place."""


@dataclass(frozen=True, slots=True)
class QuotedEventError:
    """A quoted event that its organisation declared an error."""

    event: str
    at: int
    is_withdrawn: bool
    """Whether nothing stands in its place."""


async def quote_events(
    connection: AsyncConnection, submission: int, events: Collection[tuple[str, str]]
) -> None:
    """Name the events of a submission: organisation and id of each."""
    rows = [
        {"submission": submission, "event": event, "organisation": organisation}
        for organisation, event in sorted(events)
    ]
    if rows:
        await connection.execute(insert(_ROWS), rows)


async def describe_quoted_events(
    connection: AsyncConnection, submission: int
) -> list[dict[str, Any]]:
    """The quoted events as a statement names them: event, organisation, time and audit entry."""
    entries, organisations = schema.diary_entries, schema.organisations
    query = (
        select(
            _ROWS.c.event,
            _ROWS.c.organisation,
            organisations.c.name,
            entries.c.kind,
            entries.c.recorded_at,
            entries.c.audit,
        )
        .join(entries, entries.c.event == _ROWS.c.event)
        .join(organisations, organisations.c.id == _ROWS.c.organisation)
        .where(_ROWS.c.submission == submission)
        .order_by(_ROWS.c.event)
    )
    return [
        {
            "event": row.event,
            "kind": row.kind,
            "organisation": row.organisation,
            "name": row.name,
            "at": format_rfc3339(row.recorded_at),
            "audit": row.audit,
        }
        for row in await connection.execute(query)
    ]


async def list_quoted_errors(
    connection: AsyncConnection, submission: int
) -> list[QuotedEventError]:
    """The quoted events of a submission that were declared errors, each once, by event."""
    errors = schema.epcis_errors
    query = (
        select(errors.c.event, errors.c.recorded_at, errors.c.document)
        .join(
            _ROWS,
            and_(_ROWS.c.organisation == errors.c.organisation, _ROWS.c.event == errors.c.event),
        )
        .where(_ROWS.c.submission == submission)
        .order_by(errors.c.event, errors.c.recorded_at)
    )
    found: dict[str, QuotedEventError] = {}
    for row in await connection.execute(query):
        reason = json.loads(row.document).get("reason")
        error = QuotedEventError(row.event, row.recorded_at, reason == _WITHDRAWN)
        found.setdefault(row.event, error)
    return list(found.values())


async def note_quoted_errors(
    connection: AsyncConnection,
    organisation: str,
    events: Sequence[str],
    *,
    actor: str,
    at: int,
) -> None:
    """Record that lots changed whose published records quote events that were declared errors.

    The public service follows changes of lots (`ledger.changes`).
    """
    publications = schema.lot_publications
    query = (
        select(publications.c.lot)
        .join(_ROWS, _ROWS.c.submission == publications.c.submission)
        .where(_ROWS.c.event.in_(events), _ROWS.c.organisation == organisation)
        .distinct()
        .order_by(publications.c.lot)
    )
    for lot in (await connection.scalars(query)).all():
        await record_row_change(
            connection, schema.lots, lot, at=at, actor=actor, action="lot.result_correct"
        )
