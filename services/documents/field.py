"""JSON documents of field checks."""

from typing import Literal

from ledger.field.field_findings import Finding, FindingKind, FindingWish
from ledger.field.field_phones import FieldPhone
from ledger.field.field_snapshots import StoredSnapshot
from services.alerts.field_history import FieldHistory, FindingFile
from services.documents import (
    Document,
    LotDocument,
    Timestamp,
    TransitionDocument,
    describe_lot,
    describe_transition,
)
from services.field.field_checks import FieldRecord
from stamps.lifecycle import State
from stamps.timestamps import format_rfc3339


class SnapshotDocument(Document):
    """A snapshot of void, suspended and recalled codes."""

    version: int
    base: int
    """The full snapshot that it extends; its own version if it is full."""
    made_at: Timestamp
    codes: int
    """Codes on the list."""
    size: int
    """Bytes of the file."""


def describe_snapshot(snapshot: StoredSnapshot) -> SnapshotDocument:
    """The document of a snapshot."""
    return SnapshotDocument(
        version=snapshot.version,
        base=snapshot.base,
        made_at=format_rfc3339(snapshot.at),
        codes=snapshot.codes,
        size=snapshot.size,
    )


class FindingDocument(Document):
    """A finding of an inspector; `typed` is what the symbol said."""

    id: str
    at: Timestamp
    found_at: Timestamp
    actor: str
    kind: FindingKind
    batch: int | None
    """Null for a code or address that is none of ours."""
    index: int | None
    typed: str
    host: str | None
    """The host that the symbol names, where it is none of ours."""
    note: str | None
    lat: float | None
    lon: float | None
    province: str | None
    answer: str | None
    wish: FindingWish | None
    outcome: Literal["done", "conflict"] | None
    """Whether a wished suspension was carried out."""
    state: Literal["open", "handled"]
    handled_by: str | None
    handled_at: Timestamp | None
    handled_note: str | None


class FindingFileDocument(FindingDocument):
    """A finding with its photos."""

    photos: list[str]
    """The SHA-256 (hex) of each photo."""


class FieldCheckDocument(Document):
    """One check of a stamp in the field."""

    at: Timestamp
    actor: str
    result: str
    """The state that the stamp had."""


class FieldHistoryDocument(Document):
    """What inspectors did about a stamp in the field, the newest first."""

    checks: list[FieldCheckDocument]
    findings: list[FindingFileDocument]


class FieldRecordDocument(Document):
    """The record of one stamp, as a field check shows it."""

    stamp: str
    state: State
    reason: str | None
    signature: Literal["valid", "none", "missing"]
    expired: bool
    lot: LotDocument | None
    packer: str | None
    print_house: str | None
    transitions: list[TransitionDocument]
    cases: list[int]
    """Numbers of the cases about it, the newest first."""
    findings: list[FindingDocument]


class PhoneDocument(Document):
    """A phone of field checks."""

    id: str
    label: str
    added_at: Timestamp
    seen_at: Timestamp
    shut_at: Timestamp | None
    shut_by: str | None


def describe_finding(finding: Finding) -> FindingDocument:
    """The document of a finding."""
    handled_at = finding.handled_at
    return FindingDocument.model_validate(
        {
            **{
                name: getattr(finding, name)
                for name in FindingDocument.model_fields
                if name != "index"
            },
            "index": finding.idx,
            "at": format_rfc3339(finding.at),
            "found_at": format_rfc3339(finding.found_at),
            "handled_at": None if handled_at is None else format_rfc3339(handled_at),
        }
    )


def describe_finding_file(file: FindingFile) -> FindingFileDocument:
    """The document of a finding with its photos."""
    return FindingFileDocument(
        **describe_finding(file.finding).model_dump(), photos=list(file.photos)
    )


def describe_field_history(history: FieldHistory) -> FieldHistoryDocument:
    """The document of the checks and findings of a stamp."""
    return FieldHistoryDocument(
        checks=[
            FieldCheckDocument(at=format_rfc3339(one.at), actor=one.actor, result=one.result)
            for one in history.checks
        ],
        findings=[describe_finding_file(one) for one in history.findings],
    )


def describe_record(record: FieldRecord) -> FieldRecordDocument:
    """The document of a record."""
    parties = record.parties
    packer = None if parties is None else parties.packer
    print_house = None if parties is None else parties.print_house
    return FieldRecordDocument(
        stamp=record.name,
        state=record.span.state,
        reason=record.span.reason,
        signature=record.signature,
        expired=record.is_expired,
        lot=None if record.lot is None else describe_lot(record.lot),
        packer=None if packer is None else packer.id,
        print_house=None if print_house is None else print_house.id,
        transitions=[describe_transition(one) for one in record.transitions],
        cases=[alert.id for alert in record.alerts],
        findings=[describe_finding(one) for one in record.findings],
    )


def describe_phone(phone: FieldPhone) -> PhoneDocument:
    """The document of a phone."""
    return PhoneDocument(
        id=phone.id,
        label=phone.label,
        added_at=format_rfc3339(phone.added_at),
        seen_at=format_rfc3339(phone.seen_at),
        shut_at=None if phone.shut_at is None else format_rfc3339(phone.shut_at),
        shut_by=phone.shut_by,
    )
