"""JSON documents of recorded events."""

from typing import Any

from ledger.record.epcis_events import EventRow, RecordedEvents
from services.documents.models import Document, Timestamp
from stamps.timestamps import format_rfc3339
from traceability.epcis.event_reader import format_event_id


class RecordedEventsDocument(Document):
    """What a document added to the record."""

    events: int
    """Events in the document, each counted once."""
    added: int
    """Of these, the events that were not recorded before."""
    errors_added: int
    """Declarations of errors that were not recorded before."""


class EventErrorDocument(Document):
    """What declares an event an error."""

    recorded_at: Timestamp
    recorded_by: str
    declaration: dict[str, Any]
    """`errorDeclaration` of EPCIS 2.0."""


class EventDocument(Document):
    """An event as an organisation recorded it."""

    id: str
    """The CBV 2.0 event hash."""
    organisation: str
    at: Timestamp
    recorded_at: Timestamp
    recorded_by: str
    event: dict[str, Any]
    """The EPCIS 2.0 event in JSON."""
    context: dict[str, str]
    """Prefixes of its fields, beside those of EPCIS 2.0."""
    errors: list[EventErrorDocument]


def describe_recorded(recorded: RecordedEvents) -> RecordedEventsDocument:
    """The document of what was recorded."""
    return RecordedEventsDocument(
        events=recorded.events, added=recorded.added, errors_added=recorded.errors_added
    )


def describe_event(row: EventRow) -> EventDocument:
    """The document of an event."""
    return EventDocument(
        id=format_event_id(row.id),
        organisation=row.organisation,
        at=format_rfc3339(row.at),
        recorded_at=format_rfc3339(row.recorded_at),
        recorded_by=row.actor,
        event=dict(row.body),
        context=dict(row.prefixes),
        errors=[
            EventErrorDocument(
                recorded_at=format_rfc3339(one.recorded_at),
                recorded_by=one.actor,
                declaration=dict(one.body),
            )
            for one in row.errors
        ],
    )
