"""JSON documents of entries of the diary."""

from services.diary.entries import RecordedEntry, ToldEntry
from services.documents.models import Document, Timestamp
from stamps.timestamps import format_rfc3339
from traceability.epcis.event_reader import format_event_id


class EntryWarningDocument(Document):
    """A rule that an entry breaks; the entry stays."""

    reason: str
    """`waiting`: harvested within a waiting period. `order`: before the goods were harvested."""
    values: dict[str, str]


class EntryDocument(Document):
    """An entry of the diary."""

    id: str
    """64 hexadecimal digits: those of the event's hash."""
    event: str
    """The id of the EPCIS event that the entry is."""
    organisation: str
    kind: str
    values: dict[str, str | int | float]
    at: Timestamp
    recorded_at: Timestamp
    recorded_by: str
    taken_back: bool
    corrected_by: str | None
    """The EPCIS event of the entry that stands in its place."""
    warnings: list[EntryWarningDocument]


class ToldEntryDocument(Document):
    """The outcome of telling an entry."""

    id: str
    added: bool
    """False for an entry that was recorded before."""


def describe_entry(one: RecordedEntry) -> EntryDocument:
    """The document of an entry."""
    return EntryDocument(
        id=one.id,
        event=format_event_id(one.id),
        organisation=one.organisation,
        kind=one.entry.kind,
        values=dict(one.entry.values),
        at=format_rfc3339(one.entry.at),
        recorded_at=format_rfc3339(one.recorded_at),
        recorded_by=one.actor,
        taken_back=one.is_taken_back,
        corrected_by=one.corrected_by,
        warnings=[
            EntryWarningDocument(reason=warning.reason, values=dict(warning.values))
            for warning in one.warnings
        ],
    )


def describe_told(told: ToldEntry) -> ToldEntryDocument:
    """The document of what was told."""
    return ToldEntryDocument(id=told.id, added=told.is_new)
