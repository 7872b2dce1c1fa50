"""JSON documents of recorded events."""

from collections.abc import Sequence
from typing import Any, Literal

from ledger.record.epcis_events import EventRow, RecordedEvents
from ledger.record.mentions import MentionAnswer
from services.documents.models import Document, Timestamp
from services.record.mentions import Mention
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


class MentionAnswerDocument(Document):
    """What an organisation that an event names said of it; the last answer of each counts."""

    organisation: str
    at: Timestamp
    answer: Literal["confirmed", "disputed"]
    note: str | None


class MentionDocument(Document):
    """An event of another organisation that names the reader's, and what was answered."""

    id: str
    """The CBV 2.0 event hash."""
    teller: str
    at: Timestamp
    recorded_at: Timestamp
    sides: list[Literal["source", "destination"]]
    """Goods come from the reader's organisation, or go to it."""
    state: Literal["open", "confirmed", "disputed", "withdrawn"]
    """`withdrawn`: its author declared the event an error."""
    event: dict[str, Any]
    """Goods, step and parties of the EPCIS 2.0 event."""
    answers: list[MentionAnswerDocument]


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
    answers: list[MentionAnswerDocument]
    """Of the organisations that it names; while they are silent it is its author's word alone."""


def describe_recorded(recorded: RecordedEvents) -> RecordedEventsDocument:
    """The document of what was recorded."""
    return RecordedEventsDocument(
        events=recorded.events, added=recorded.added, errors_added=recorded.errors_added
    )


def describe_answer(one: MentionAnswer) -> MentionAnswerDocument:
    """The document of an answer to an event."""
    return MentionAnswerDocument(
        organisation=one.organisation,
        at=format_rfc3339(one.at),
        answer=one.answer,
        note=one.note,
    )


def describe_mention(one: Mention) -> MentionDocument:
    """The document of a mention."""
    return MentionDocument(
        id=format_event_id(one.event.id),
        teller=one.event.organisation,
        at=format_rfc3339(one.event.at),
        recorded_at=format_rfc3339(one.event.recorded_at),
        sides=list(one.sides),
        state=one.state,
        event=dict(one.shown),
        answers=[describe_answer(answer) for answer in one.answers],
    )


def describe_event(row: EventRow, answers: Sequence[MentionAnswer] = ()) -> EventDocument:
    """The document of an event, with the answers of those whom it names."""
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
        answers=[describe_answer(one) for one in answers],
    )
