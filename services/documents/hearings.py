"""JSON documents of hearings: what parties of a case are asked and answer."""

from typing import Any, Literal

from ledger import AlertState, Hearing, HearingState
from services.alerts.hearings import CaseHearings, HearingFile
from services.documents.models import Document, Timestamp
from stamps.serial_range import format_serial_range
from stamps.timestamps import format_rfc3339


class HearingDocument(Document):
    """A suspicion about stamps of one party; not a finding."""

    id: str
    alert: int | None
    """Null for the party."""
    organisation: str
    part: Literal["packer", "place", "lot"]
    """Why it is a party: packer of the batch, owner of a registered place, or of the lot."""
    batch: int | None
    """Null where the stamps are of several batches."""
    range: str | None
    """The hundred that the stamp is in: `7·1200-1299`; null for a batch or campaign."""
    lot: str | None
    stamp_count: int
    state: HearingState
    told_at: Timestamp
    updated_at: Timestamp
    due_at: Timestamp | None


class HearingMessageDocument(Document):
    """A question, answer or decision."""

    n: int
    at: Timestamp
    actor: str | None
    """Null for the party, where an inspector wrote it."""
    what: Literal["question", "answer", "decision"]
    text: str
    due_at: Timestamp | None
    state: AlertState | None
    """Of a decision."""
    cause: str | None
    photo_count: int


class HearingFileDocument(HearingDocument):
    """A hearing with its messages."""

    messages: list[HearingMessageDocument]


class CasePartyDocument(Document):
    """An organisation whose stamps, lot or registered place a case is about."""

    organisation: str
    name: str
    part: Literal["packer", "place", "lot"]
    is_told: bool


class CaseHearingsDocument(Document):
    """The parties of a case, and what those that were told said."""

    parties: list[CasePartyDocument]
    hearings: list[HearingFileDocument]


def describe_hearing(hearing: Hearing, *, is_for_staff: bool) -> HearingDocument:
    """The document of a hearing."""
    return HearingDocument(**_hearing_fields(hearing, is_for_staff))


def describe_hearing_file(file: HearingFile) -> HearingFileDocument:
    """The document of a hearing with its messages."""
    return HearingFileDocument(
        **_hearing_fields(file.hearing, file.is_for_staff),
        messages=[
            HearingMessageDocument(
                n=one.n,
                at=format_rfc3339(one.at),
                actor=one.actor if file.is_for_staff or one.what == "answer" else None,
                what=one.what,
                text=one.text,
                due_at=None if one.due_at is None else format_rfc3339(one.due_at),
                state=one.state,
                cause=one.cause,
                photo_count=one.photos,
            )
            for one in file.messages
        ],
    )


def describe_case_hearings(heard: CaseHearings) -> CaseHearingsDocument:
    """The document of how the parties of a case are heard."""
    told = {one.hearing.organisation for one in heard.files}
    return CaseHearingsDocument(
        parties=[
            CasePartyDocument(
                organisation=party.organisation,
                name=name,
                part=party.part,
                is_told=party.organisation in told,
            )
            for party, name in heard.parties
        ],
        hearings=[describe_hearing_file(one) for one in heard.files],
    )


def _hearing_fields(hearing: Hearing, is_for_staff: bool) -> dict[str, Any]:
    batch, lo, hi = hearing.batch, hearing.lo, hearing.hi
    stamps = None
    if batch is not None and lo is not None and hi is not None:
        stamps = format_serial_range(batch, lo, hi)
    return {
        "id": hearing.id,
        "alert": hearing.alert if is_for_staff else None,
        "organisation": hearing.organisation,
        "part": hearing.part,
        "batch": batch,
        "range": stamps,
        "lot": hearing.lot,
        "stamp_count": hearing.stamps,
        "state": hearing.state,
        "told_at": format_rfc3339(hearing.told_at),
        "updated_at": format_rfc3339(hearing.updated_at),
        "due_at": None if hearing.due_at is None else format_rfc3339(hearing.due_at),
    }
