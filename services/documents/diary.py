"""JSON documents of entries of the diary."""

from services.diary.entries import RecordedEntry, ToldEntry
from services.diary.imports import EntryImportPreview
from services.documents.models import Document, Timestamp
from stamps.timestamps import format_rfc3339
from traceability.diary.lot_evidence import EvidencePart, LotEvidence
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


class BreachDocument(Document):
    """A harvest within the waiting period of an input."""

    harvest: str
    input: str
    treated: str
    waiting_days: int
    free_from: str
    """The first day of a harvest that keeps the waiting period."""


class LotDiaryDocument(Document):
    """What the diary of its place of origin says of a lot."""

    has_diary: bool
    """Whether the place has entries of the season; without them nothing is judged."""
    kept: list[str]
    """Of `harvest`, `order`, `inputs` and `waiting` those that the diary confirms."""
    missing: list[str]
    harvests: list[str]
    """The days of harvests that may be the lot's."""
    inputs: int
    """Entries of inputs in the year before."""
    breaches: list[BreachDocument]


def describe_evidence(found: LotEvidence | None) -> LotDiaryDocument:
    """The document of what a diary says of a lot."""
    if found is None:
        return LotDiaryDocument(
            has_diary=False, kept=[], missing=[], harvests=[], inputs=0, breaches=[]
        )
    return LotDiaryDocument(
        has_diary=True,
        kept=[str(part) for part in EvidencePart if part in found.kept],
        missing=[str(part) for part in found.missing],
        harvests=[one.day.isoformat() for one in found.harvests],
        inputs=found.inputs,
        breaches=[
            BreachDocument(
                harvest=one.harvest.isoformat(),
                input=one.treatment.name,
                treated=one.treatment.day.isoformat(),
                waiting_days=one.treatment.waiting_days,
                free_from=one.treatment.free_from.isoformat(),
            )
            for one in found.breaches
        ],
    )


class ImportedEntryDocument(Document):
    """A line of a file that tells an entry."""

    line: int
    values: dict[str, str | int | float]


class RefusedEntryDocument(Document):
    """A line that cannot be recorded, with the reason for each field."""

    line: int
    flaws: dict[str, str]


class EntryImportDocument(Document):
    """An import, shown or applied; `id` is the hash of what is shown."""

    id: str
    kind: str
    file_name: str
    added: int
    refused: int
    at: Timestamp
    applied_at: Timestamp | None
    entries: list[ImportedEntryDocument]
    refused_lines: list[RefusedEntryDocument]
    ignored: list[str]
    """Columns that are not read."""


def describe_entry_import(shown: EntryImportPreview) -> EntryImportDocument:
    """The document of an import of entries."""
    return EntryImportDocument(
        id=shown.id,
        kind=shown.kind,
        file_name=shown.file_name,
        added=shown.counts["added"],
        refused=shown.counts["refused"],
        at=format_rfc3339(shown.at),
        applied_at=None if shown.applied_at is None else format_rfc3339(shown.applied_at),
        entries=[
            ImportedEntryDocument(line=one.line, values=dict(one.entry.values))
            for one in shown.entries
        ],
        refused_lines=[
            RefusedEntryDocument(
                line=one.line, flaws={name: str(flaw) for name, flaw in one.flaws.items()}
            )
            for one in shown.refused
        ],
        ignored=list(shown.ignored),
    )


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
