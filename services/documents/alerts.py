"""JSON documents of alerts, their history and scans, and of what a recall would reach."""

from dataclasses import asdict
from typing import Any

from detection.verdict import Verdict
from ledger import (
    Alert,
    AlertEvent,
    AlertEventKind,
    AlertState,
    BatchCount,
    CampaignCount,
    CodeCount,
    Organisation,
    RecallReach,
    ScanRow,
)
from ledger.alerts.alert_record import AlertKind
from services.alerts.alerts import AlertCase
from services.documents.models import Document, Timestamp
from stamps import serial_range
from stamps.signed_scan import parse_signed_scan
from stamps.timestamps import format_rfc3339


class BatchCountDocument(Document):
    """Counts of a batch that looks leaked; old counts decay."""

    scanned: float
    anomalous: float
    usual_share: float
    """The share of scanned stamps that become anomalous in a usual batch."""


class CampaignCountDocument(Document):
    """Counts of a campaign: many stamps scanned from the same few networks."""

    networks: int
    first_at: Timestamp
    last_at: Timestamp


class CodeCountDocument(Document):
    """Counts of a registered code in a season, a year of Vietnam, in stamps."""

    year: int
    activated: int
    crop: int | None
    """Fruits of the season. Null where a figure is not registered."""
    places: int
    """Packing houses of a growing area, or growing areas of a packing house."""
    farthest_km: int | None
    late: int
    """Recorded after the code was suspended or revoked."""


class AlertDocument(Document):
    """An alert: a suspicion for people to judge, not a finding."""

    id: int
    kind: AlertKind
    batch: int | None
    """Null for a campaign or a registered code."""
    index: int | None
    """Null unless the alert is about one stamp."""
    campaign: str | None
    code: str | None
    """The registered code that the alert is about."""
    previous: int | None
    """The dismissed alert that this one reopens."""
    state: AlertState
    cause: str | None
    owner: str | None
    score: float
    report_score: float
    """What consumers' reports add to the score, in nats."""
    reasons: list[str]
    scan_count: int
    stamp_count: int
    """How many stamps it is about: those of a campaign, the anomalous ones of a batch, the
    suspicious ones under a code."""
    counted: BatchCountDocument | CampaignCountDocument | CodeCountDocument | None
    """Counts of a batch, campaign or code."""
    expected_loss: float
    opened_at: Timestamp
    updated_at: Timestamp
    due_at: Timestamp | None
    province: str | None
    """Two-digit code of the province of the first scan that is evidence."""
    is_news: bool
    """Whether evidence came since a person last handled it."""


class RecallReachDocument(Document):
    """Reach of a recall."""

    stamps: int
    left: int
    """Stamps that stay as they are: not activated, void, or recalled already."""
    lots: list[str]
    batches: list[int]
    scanned: int
    provinces: list[str]
    """Two-digit codes."""
    is_partial: bool
    """Whether `scanned` and `provinces` are at least: not all scans were looked at."""
    new_lots: list[str]
    """Lots that name the code in the same days and came after the proposal."""
    cartons: int
    """The carton, or the cartons on the pallet, that are named."""
    packed_since: int
    """Stamps that were packed into it since the proposal; they are not recalled."""
    unpacked_since: int
    """Stamps that were unpacked from it since the proposal; they are recalled."""
    is_cut: bool
    """Whether the trace was cut, so that there may be more stamps."""
    took_ms: int | None
    """How long the trace took; null for another target."""


class AlertStampDocument(Document):
    """A stamp that an alert lists."""

    batch: int
    index: int
    range: str


class PartyDocument(Document):
    """A party of the order of a batch."""

    id: str
    name: str


class AlertEventDocument(Document):
    """One entry of an alert's history: evidence, a decision, a note or a hand-over."""

    at: Timestamp
    actor: str
    what: AlertEventKind
    state: AlertState
    cause: str | None
    note: str | None
    score: float
    reasons: list[str]
    scans: list[str]
    owner: str | None
    """New owner, by a hand-over."""
    due_at: Timestamp | None
    photos: int
    """Photos of a note."""


class ScanDocument(Document):
    """One scan; places are rounded to a ward.

    `device` and `net` are pseudonyms of this stamp: the same device has another one elsewhere.
    `enrolled_device` is the id of the enrolled device that signed the scan; null for a page's scan.
    """

    id: str
    at: Timestamp
    via: str
    device: str | None
    enrolled_device: str | None
    net: str | None
    lat: float | None
    lon: float | None
    province: str | None
    ward: str | None
    country: str | None
    verdict: Verdict
    score: float
    reasons: list[str]
    is_evidence: bool
    """Whether the scan raised the alert."""


class AlertCaseDocument(AlertDocument):
    """An alert with its history, the scans of its stamp or the stamps that it lists."""

    history: list[AlertEventDocument]
    scans: list[ScanDocument]
    """In order of time: all of a few, else the first, the last and those that raised the alert."""
    scans_total: int
    """Number of scans of the stamp, counted up to 10,000."""
    has_more_scans: bool
    """Whether it has more than `scans_total`."""
    packer: PartyDocument | None
    print_house: PartyDocument | None
    stamps: list[AlertStampDocument]
    """The first stamps that it lists; the others are at `/alerts/{alert}/stamps`."""
    next_stamps: str | None
    """`after` for the following stamps; null when there are no more."""


def describe_alert(alert: Alert) -> AlertDocument:
    """The document of an alert without its history."""
    return AlertDocument(**_alert_fields(alert))


def describe_case(case: AlertCase) -> AlertCaseDocument:
    """The document of an alert with its history and the scans of its stamp."""
    evidence = case.evidence
    return AlertCaseDocument(
        **_alert_fields(case.alert),
        history=[describe_alert_event(event) for event in case.alert.history],
        scans=[describe_scan(scan, scan.id in evidence) for scan in case.scans.rows],
        scans_total=case.scans.total,
        has_more_scans=case.scans.is_more,
        packer=_describe_party(case.parties.packer if case.parties else None),
        print_house=_describe_party(case.parties.print_house if case.parties else None),
        stamps=[describe_alert_stamp(stamp) for stamp in case.stamps.items],
        next_stamps=case.stamps.next,
    )


def describe_reach(
    reach: RecallReach, *, is_cut: bool = False, took_ms: int | None = None
) -> RecallReachDocument:
    """The document of what a recall would reach."""
    return RecallReachDocument(
        stamps=reach.stamps,
        left=reach.left,
        lots=list(reach.lots),
        batches=list(reach.batches),
        scanned=reach.scanned,
        provinces=list(reach.provinces),
        is_partial=reach.is_partial,
        new_lots=list(reach.new_lots),
        cartons=reach.cartons,
        packed_since=reach.packed_since,
        unpacked_since=reach.unpacked_since,
        is_cut=is_cut,
        took_ms=took_ms,
    )


def describe_alert_stamp(stamp: tuple[int, int]) -> AlertStampDocument:
    """The document of a stamp that an alert lists."""
    batch, index = stamp
    target = serial_range.format_serial_range(batch, index, index + 1)
    return AlertStampDocument(batch=batch, index=index, range=target)


def _describe_party(party: Organisation | None) -> PartyDocument | None:
    return None if party is None else PartyDocument(id=party.id, name=party.name)


def _describe_counted(
    counted: BatchCount | CampaignCount | CodeCount | None,
) -> BatchCountDocument | CampaignCountDocument | CodeCountDocument | None:
    match counted:
        case BatchCount():
            return BatchCountDocument(**asdict(counted))
        case CampaignCount():
            return CampaignCountDocument(
                networks=counted.networks,
                first_at=format_rfc3339(counted.first_at),
                last_at=format_rfc3339(counted.last_at),
            )
        case CodeCount():
            return CodeCountDocument(**asdict(counted))
    return None


def describe_alert_event(event: AlertEvent) -> AlertEventDocument:
    """The document of one entry of an alert's history."""
    return AlertEventDocument(
        at=format_rfc3339(event.at),
        actor=event.actor,
        what=event.what,
        state=event.state,
        cause=event.cause,
        note=event.note,
        score=event.score,
        reasons=list(event.reasons),
        scans=[scan.hex() for scan in event.scans],
        owner=event.owner,
        due_at=_format_optional(event.due_at),
        photos=event.photos,
    )


def describe_scan(scan: ScanRow, is_evidence: bool) -> ScanDocument:
    """The document of a scan."""
    return ScanDocument(
        id=scan.id.hex(),
        at=format_rfc3339(scan.at),
        via=scan.via,
        device=_format_pseudonym(scan.device),
        enrolled_device=parse_signed_scan(scan.signed).device if scan.signed else None,
        net=_format_pseudonym(scan.net),
        lat=scan.lat,
        lon=scan.lon,
        province=scan.province,
        ward=scan.ward,
        country=scan.country,
        verdict=Verdict(scan.verdict),
        score=scan.score,
        reasons=list(scan.reasons),
        is_evidence=is_evidence,
    )


def _alert_fields(alert: Alert) -> dict[str, Any]:
    return {
        "id": alert.id,
        "kind": alert.kind,
        "batch": alert.batch,
        "index": alert.index,
        "campaign": alert.campaign,
        "code": alert.code,
        "previous": alert.previous,
        "state": alert.state,
        "cause": alert.cause,
        "owner": alert.owner,
        "score": alert.score,
        "report_score": alert.report_score,
        "reasons": list(alert.reasons),
        "scan_count": alert.scans,
        "stamp_count": alert.stamps,
        "counted": _describe_counted(alert.counted),
        "expected_loss": alert.expected_loss,
        "opened_at": format_rfc3339(alert.opened_at),
        "updated_at": format_rfc3339(alert.updated_at),
        "due_at": _format_optional(alert.due_at),
        "province": alert.province,
        "is_news": alert.is_news,
    }


def _format_optional(at: int | None) -> str | None:
    return None if at is None else format_rfc3339(at)


def _format_pseudonym(number: int | None) -> str | None:
    return None if number is None else f"{number:016x}"
