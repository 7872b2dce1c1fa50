"""JSON documents of consumers' reports."""

from typing import Any, Literal

from ledger import ReportGroup, ReportKind, ReportState
from ledger.reports.hot_spots import HotSpot, HotSpots
from ledger.reports.report_groups import AnswerChannel
from services.documents.models import Document, Timestamp
from services.reports.consumer_reports import ReportFile
from stamps.timestamps import format_rfc3339


class ReportGroupDocument(Document):
    """A group of reports about one stamp or unknown code."""

    id: str
    """The serial number of the stamp, or the unknown code."""
    batch: int | None
    """Null for an unknown code."""
    index: int | None
    kind: ReportKind
    """Kind of the newest report."""
    source: str
    """`single`, or `crowded`: all came from networks that had sent many."""
    province: str | None
    product: str | None
    packer: str | None
    state: ReportState
    owner: str | None
    report_count: int
    network_count: int
    """Number of networks; 0 for an unknown code, whose networks are not counted."""
    first_at: Timestamp
    last_at: Timestamp
    closed_at: Timestamp | None


class ReportDocument(Document):
    """One report, without what would name its author."""

    id: str
    at: Timestamp
    kind: ReportKind
    text: str
    language: str | None
    crowded: bool
    has_contact: bool
    photo: Literal["waiting", "left_out", "stored", "unreadable", "erased"] | None
    """Fate of the photo that was sent; null if none was."""


class ReportEventDocument(Document):
    """One thing that somebody did with a group of reports."""

    at: Timestamp
    actor: str
    state: ReportState
    owner: str | None
    note: str | None
    channel: AnswerChannel | None
    """How the reporter was answered."""


class HotSpotDocument(Document):
    """A province (two-digit code) or product with its share of the newest reports."""

    name: str
    report_count: int
    subject_count: int
    """Stamps and unknown codes that they are about."""


class HotSpotsDocument(Document):
    """Where the ordinary reports of the last 30 days come from, and about what."""

    provinces: list[HotSpotDocument]
    products: list[HotSpotDocument]


class ReportFileDocument(ReportGroupDocument):
    """A group of reports with the reports and what was done."""

    reports: list[ReportDocument]
    events: list[ReportEventDocument]
    alerts: list[int]
    """Alerts about the stamp, the newest first."""


class ContactDocument(Document):
    """Contact that a reporter left."""

    report: str
    contact: str


def describe_report_group(group: ReportGroup) -> ReportGroupDocument:
    """The document of a group."""
    return ReportGroupDocument(**_group_fields(group))


def describe_report_file(file: ReportFile) -> ReportFileDocument:
    """The document of a group with its reports."""
    return ReportFileDocument(
        **_group_fields(file.group),
        reports=[
            ReportDocument(
                id=one.id.hex(),
                at=format_rfc3339(one.at or 0),
                kind=one.kind,
                text=one.text,
                language=one.language,
                crowded=one.is_crowded,
                has_contact=one.id in file.with_contact,
                photo=file.find_photo(one),
            )
            for one in file.reports
        ],
        events=[
            ReportEventDocument(
                at=format_rfc3339(one.at),
                actor=one.actor,
                state=one.state,
                owner=one.owner,
                note=one.note,
                channel=one.channel,
            )
            for one in file.events
        ],
        alerts=[alert.id for alert in file.alerts],
    )


def describe_hot_spots(found: HotSpots) -> HotSpotsDocument:
    """The document of hot spots."""
    return HotSpotsDocument(
        provinces=[_describe_spot(one) for one in found.provinces],
        products=[_describe_spot(one) for one in found.products],
    )


def _describe_spot(spot: HotSpot) -> HotSpotDocument:
    return HotSpotDocument(name=spot.name, report_count=spot.reports, subject_count=spot.subjects)


def _group_fields(group: ReportGroup) -> dict[str, Any]:
    batch, index = group.stamp or (None, None)
    return {
        "id": group.id,
        "batch": batch,
        "index": index,
        "kind": group.kind,
        "source": group.source,
        "province": group.province,
        "product": group.product,
        "packer": group.packer,
        "state": group.state,
        "owner": group.owner,
        "report_count": group.reports,
        "network_count": group.networks,
        "first_at": format_rfc3339(group.first_at),
        "last_at": format_rfc3339(group.last_at),
        "closed_at": None if group.closed_at is None else format_rfc3339(group.closed_at),
    }
