"""JSON documents of lots, their versions, imports and kinds of produce."""

from typing import Any

from ledger import LotRow, LotVersion
from ledger.stamps.recall_notices import RecallNotice
from services.documents.models import Document, Timestamp
from services.lots.lot_imports import LotImportPreview
from stamps.timestamps import format_rfc3339
from traceability.code_forms import CodeKind
from traceability.lot_changes import CorrectionReason, LotPart
from traceability.lot_profiles import DetailType, LotProfile, RequirementSource
from web.i18n import Language


class RecallDocument(Document):
    """The recall of a lot, or of a part of its stamps."""

    reason: str | None
    at: Timestamp
    decided_by: str | None
    """The account that approved it; null for stamps that were recalled by batch or range."""
    decider: str | None
    """Name of the person with this account."""
    is_whole: bool
    """Whether the whole lot was recalled."""


class LotDocument(Document):
    """A lot; stamps can be bound to it when `missing` is empty."""

    code: str
    organisation: str | None
    """The organisation that owns the lot."""
    version: int
    document: dict[str, Any]
    missing: list[str]
    packed_at: Timestamp | None
    expires_at: Timestamp | None
    recalled_at: Timestamp | None
    recall: RecallDocument | None
    put_by: str
    put_at: Timestamp


class LotItemDocument(Document):
    """One item that lots of a kind tell."""

    name: str
    field: str | None
    """Where a document tells it: an item of `details`; null: docs/lot.md."""
    label: dict[Language, str]
    type: DetailType | None
    choices: dict[str, dict[Language, str]] | None
    is_mandatory: bool
    needed_with: str | None
    """The detail with which the item is mandatory."""
    sources: dict[RequirementSource, str]
    """Each rule's own number or name of the item."""


class LotProfileDocument(Document):
    """Items that lots of one kind of produce tell."""

    kind: str
    name: dict[Language, str]
    code_kinds: list[CodeKind]
    items: list[LotItemDocument]


class ImportedLotDocument(Document):
    """A line that describes a new lot, and the mandatory items that it lacks."""

    line: int
    code: str
    missing: list[str]


class RefusedLotDocument(Document):
    """A line that cannot be saved, with the reason for each field."""

    line: int
    code: str
    flaws: dict[str, str]


class LotImportDocument(Document):
    """An import, shown or applied; `id` is the hash of what is shown."""

    id: str
    file_name: str
    added: int
    incomplete: int
    refused: int
    at: Timestamp
    applied_at: Timestamp | None
    lots: list[ImportedLotDocument]
    refused_lines: list[RefusedLotDocument]
    ignored: list[str]
    """Columns that are not read."""


class LotVersionDocument(Document):
    """A version of a lot; versions are chained by their hashes."""

    lot: str
    version: int
    document: dict[str, Any]
    missing: list[str]
    put_by: str
    put_at: Timestamp
    is_correction: bool
    """Whether stamps were bound to the lot already; its time, reason and changes are published."""
    changed: list[LotPart]
    """The parts that differ from the version before."""
    reason: CorrectionReason | None
    note: str | None
    confirmed_by: str | None
    """The second person, where the correction is material."""
    hash: str


def describe_lot_import(shown: LotImportPreview) -> LotImportDocument:
    """The document of an import of lots."""
    return LotImportDocument(
        id=shown.id,
        file_name=shown.file_name,
        added=shown.counts["added"],
        incomplete=shown.counts["incomplete"],
        refused=shown.counts["refused"],
        at=format_rfc3339(shown.at),
        applied_at=format_rfc3339(shown.applied_at),
        lots=[
            ImportedLotDocument(line=one.line, code=one.code, missing=list(one.missing))
            for one in shown.lots
        ],
        refused_lines=[
            RefusedLotDocument(
                line=one.line,
                code=one.code,
                flaws={name: str(flaw) for name, flaw in one.flaws.items()},
            )
            for one in shown.refused
        ],
        ignored=list(shown.ignored),
    )


def describe_lot_profile(profile: LotProfile) -> LotProfileDocument:
    """The document of a kind of produce."""
    return LotProfileDocument(
        kind=profile.kind,
        name=dict(profile.name),
        code_kinds=list(profile.code_kinds),
        items=[
            LotItemDocument(
                name=item.name,
                field=None if item.type is None else item.form_fields[0],
                label=dict(item.label),
                type=item.type,
                choices=None
                if item.choices is None
                else {one: dict(words) for one, words in item.choices.items()},
                is_mandatory=item.is_mandatory,
                needed_with=item.needed_with,
                sources=dict(item.sources),
            )
            for item in profile.items
        ],
    )


def describe_lot(lot: LotRow, recall: RecallNotice | None = None) -> LotDocument:
    """The document of a lot."""
    return LotDocument(
        code=lot.code,
        organisation=lot.organisation,
        version=lot.version,
        document=dict(lot.document),
        missing=list(lot.missing),
        packed_at=format_rfc3339(lot.packed_at),
        expires_at=format_rfc3339(lot.expires_at),
        recalled_at=format_rfc3339(lot.recalled_at),
        recall=None
        if recall is None
        else RecallDocument(
            reason=recall.reason,
            at=format_rfc3339(recall.at),
            decided_by=recall.decided_by,
            decider=recall.decider,
            is_whole=recall.is_whole,
        ),
        put_by=lot.actor,
        put_at=format_rfc3339(lot.at or 0),
    )


def describe_lot_version(version: LotVersion) -> LotVersionDocument:
    """The document of a version of a lot."""
    return LotVersionDocument(
        lot=version.lot,
        version=version.version,
        document=dict(version.document),
        missing=list(version.missing),
        put_by=version.actor,
        put_at=format_rfc3339(version.at),
        is_correction=version.is_correction,
        changed=[LotPart(part) for part in version.changed],
        reason=None if version.reason is None else CorrectionReason(version.reason),
        note=version.note,
        confirmed_by=version.confirmed_by,
        hash=version.hash,
    )
