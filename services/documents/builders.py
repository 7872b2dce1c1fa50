"""Builders of the JSON documents: one function for each kind of result."""

from dataclasses import asdict
from typing import Any

from detection.verdict import Verdict
from ledger import (
    Alert,
    AlertEvent,
    Batch,
    BatchCount,
    CampaignCount,
    Device,
    LotRow,
    LotVersion,
    MassBalance,
    Order,
    OrderLimits,
    OrderQuota,
    Organisation,
    Proposal,
    RecallReach,
    RecordedTransition,
    ScanRow,
    Staff,
)
from ledger.recall_notices import RecallNotice
from services.alerts import AlertCase
from services.batches import BatchDetails
from services.devices import AddedDevice
from services.documents.models import (
    AccountDocument,
    AddedDeviceDocument,
    AlertCaseDocument,
    AlertDocument,
    AlertEventDocument,
    AlertStampDocument,
    AppliedReportDocument,
    BalanceDocument,
    BatchBalanceDocument,
    BatchCountDocument,
    BatchDetailsDocument,
    BatchDocument,
    CampaignCountDocument,
    CropAreaDocument,
    DeviceDocument,
    ImportedLotDocument,
    LotDocument,
    LotImportDocument,
    LotItemDocument,
    LotProfileDocument,
    LotVersionDocument,
    OrderDocument,
    OrderLimitsDocument,
    PartyDocument,
    ProposalDocument,
    QuotaDocument,
    RecallDocument,
    RecallReachDocument,
    RefusedLotDocument,
    ScanDocument,
    SpanDocument,
    StampsDocument,
    TransitionDocument,
)
from services.lot_imports import LotImportPreview
from services.print_reports import AppliedReport
from services.stamp_lookup import StampDetails
from stamps import serial_range
from stamps.device_enrolment import format_enrolment_code
from stamps.lifecycle import State
from stamps.signed_scan import parse_signed_scan
from stamps.spans import Span
from stamps.timestamps import format_rfc3339
from traceability.lot_changes import CorrectionReason, LotPart
from traceability.lot_profiles import LotProfile


def describe_order(order: Order) -> OrderDocument:
    """The document of an order."""
    return OrderDocument(
        id=order.id,
        number=None if order.number is None else str(order.number),
        count=order.count,
        grade=order.grade,
        has_pin=order.has_pin,
        product=order.product,
        packer=order.packer,
        print_house=order.print_house,
        note=order.note,
        state=order.state,
        requested_by=order.requested_by,
        requested_at=format_rfc3339(order.requested_at or 0),
        decided_by=order.decided_by,
        decided_at=format_rfc3339(order.decided_at),
        due_on=order.due_on,
        excess_reason=order.excess_reason,
        decision_reason=order.decision_reason,
    )


def describe_order_limits(limits: OrderLimits) -> OrderLimitsDocument:
    """The document of an order's limits."""
    areas = () if limits.crop is None else limits.crop.areas
    return OrderLimitsDocument(
        year=limits.year,
        count=limits.count,
        quota=limits.quota,
        quota_used=limits.used,
        quota_left=limits.left,
        ordered=limits.ordered,
        activated=limits.activated,
        crop=None if limits.crop is None else limits.crop.fruits,
        crop_left=limits.crop_left,
        fruit_kg=None if limits.crop is None else limits.crop.fruit_kg,
        areas=[CropAreaDocument(**asdict(area)) for area in areas],
        areas_left_out=limits.areas_left_out,
        is_above=limits.is_above,
    )


def describe_quota(quota: OrderQuota) -> QuotaDocument:
    """The document of a quota."""
    return QuotaDocument(
        organisation=quota.organisation,
        name=quota.name,
        year=quota.year,
        stamps=quota.stamps,
        used=quota.used,
        left=quota.left,
    )


def describe_batch(batch: Batch) -> BatchDocument:
    """The document of a batch."""
    return BatchDocument(**_batch_fields(batch))


def describe_batch_balance(batch: Batch, balance: MassBalance) -> BatchBalanceDocument:
    """The document of a batch with its balance."""
    return BatchBalanceDocument(**_batch_fields(batch), balance=describe_balance(balance))


def describe_batch_details(details: BatchDetails) -> BatchDetailsDocument:
    """The document of a batch with its balance and spans."""
    return BatchDetailsDocument(
        **_batch_fields(details.batch),
        balance=describe_balance(details.balance),
        spans=[describe_span(span) for span in details.spans],
    )


def describe_balance(balance: MassBalance) -> BalanceDocument:
    """The document of a mass balance."""
    return BalanceDocument(
        batch=balance.batch,
        issued=balance.issued,
        printed=balance.printed,
        activated=balance.activated,
        spoiled=sum(balance.void.values()),
        void=dict(balance.void),
        outstanding=balance.outstanding,
        not_printed=balance.states[State.ISSUED],
        states={str(state): count for state, count in balance.states.items()},
        balances=balance.balances,
        flaws=list(balance.flaws),
    )


def describe_span(span: Span) -> SpanDocument:
    """The document of a span."""
    return SpanDocument(
        range=serial_range.format_serial_range(span.batch, span.lo, span.hi),
        first=span.lo,
        last=span.hi - 1,
        state=span.state,
        lot=span.lot,
        reason=span.reason,
        activated_at=format_rfc3339(span.activated_at),
        changed_at=format_rfc3339(span.changed_at),
    )


def describe_transition(recorded: RecordedTransition) -> TransitionDocument:
    """The document of a recorded transition."""
    return TransitionDocument(
        seq=recorded.seq,
        batch=recorded.batch,
        range=serial_range.format_serial_range(recorded.batch, recorded.lo, recorded.hi),
        first=recorded.lo,
        last=recorded.hi - 1,
        transition=recorded.transition,
        reason=recorded.reason,
        lot=recorded.lot,
        actor=recorded.actor,
        at=format_rfc3339(recorded.at),
        acted_at=format_rfc3339(recorded.acted_at),
        hash=recorded.hash,
        repeated=recorded.repeated,
    )


def describe_stamps(details: StampDetails) -> StampsDocument:
    """The document of stamps that were looked up."""
    return StampsDocument(
        batch=details.target.batch.number,
        range=details.target.text,
        spans=[describe_span(span) for span in details.spans],
        transitions=[describe_transition(recorded) for recorded in details.transitions],
    )


def describe_report(applied: AppliedReport) -> AppliedReportDocument:
    """The document of a recorded print report."""
    return AppliedReportDocument(
        batch=applied.batch.number,
        printed=applied.printed,
        good=applied.good,
        spoiled=applied.spoiled,
        transitions=[describe_transition(recorded) for recorded in applied.transitions],
        balance=describe_balance(applied.balance),
    )


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


def describe_alert(alert: Alert) -> AlertDocument:
    """The document of an alert without its history."""
    return AlertDocument(**_alert_fields(alert))


def describe_case(case: AlertCase) -> AlertCaseDocument:
    """The document of an alert with its history and the scans of its stamp."""
    evidence = case.evidence
    return AlertCaseDocument(
        **_alert_fields(case.alert),
        history=[describe_alert_event(event) for event in case.alert.history],
        scans=[describe_scan(scan, scan.id in evidence) for scan in case.scans],
        packer=_describe_party(case.parties.packer if case.parties else None),
        print_house=_describe_party(case.parties.print_house if case.parties else None),
        stamps=[describe_alert_stamp(stamp) for stamp in case.stamps.items],
        next_stamps=case.stamps.next,
    )


def describe_reach(reach: RecallReach) -> RecallReachDocument:
    """The document of what a recall would reach."""
    return RecallReachDocument(
        stamps=reach.stamps,
        left=reach.left,
        lots=list(reach.lots),
        batches=list(reach.batches),
        scanned=reach.scanned,
        provinces=list(reach.provinces),
        is_partial=reach.is_partial,
    )


def describe_alert_stamp(stamp: tuple[int, int]) -> AlertStampDocument:
    """The document of a stamp that an alert lists."""
    batch, index = stamp
    target = serial_range.format_serial_range(batch, index, index + 1)
    return AlertStampDocument(batch=batch, index=index, range=target)


def _describe_party(party: Organisation | None) -> PartyDocument | None:
    return None if party is None else PartyDocument(id=party.id, name=party.name)


def _describe_counted(
    counted: BatchCount | CampaignCount | None,
) -> BatchCountDocument | CampaignCountDocument | None:
    match counted:
        case BatchCount():
            return BatchCountDocument(**asdict(counted))
        case CampaignCount():
            return CampaignCountDocument(
                networks=counted.networks,
                first_at=format_rfc3339(counted.first_at),
                last_at=format_rfc3339(counted.last_at),
            )
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


def describe_device(device: Device, now: int) -> DeviceDocument:
    """The document of a device as it is at `now` (ms)."""
    return DeviceDocument(**_device_fields(device, now))


def describe_added_device(added: AddedDevice, now: int) -> AddedDeviceDocument:
    """The document of a device that was just added."""
    return AddedDeviceDocument(
        **_device_fields(added.device, now),
        enrolment_code=format_enrolment_code(added.code),
        code_expires_at=format_rfc3339(added.device.code_expires_at),
    )


def describe_account(staff: Staff) -> AccountDocument:
    """The document of an account."""
    return AccountDocument(
        id=staff.id,
        name=staff.name,
        role=staff.role,
        organisation=staff.organisation,
        has_otp=staff.has_otp,
        disabled=staff.disabled,
        is_confirmed=staff.is_confirmed,
        added_at=format_rfc3339(staff.added_at),
    )


def describe_proposal(proposal: Proposal) -> ProposalDocument:
    """The document of a proposal."""
    return ProposalDocument(
        id=proposal.id,
        kind=proposal.kind,
        subject=proposal.subject,
        document=dict(proposal.document),
        reason=proposal.reason,
        state=proposal.state,
        requested_by=proposal.requested_by,
        requested_at=format_rfc3339(proposal.requested_at),
        decided_by=proposal.decided_by,
        decided_at=format_rfc3339(proposal.decided_at),
        used_at=format_rfc3339(proposal.used_at),
    )


def _device_fields(device: Device, now: int) -> dict[str, Any]:
    return {
        "id": device.id,
        "account": device.account,
        "kind": device.kind,
        "label": device.label,
        "state": device.get_state(now),
        "added_at": format_rfc3339(device.added_at),
        "enrolled_at": format_rfc3339(device.enrolled_at),
        "revoked_at": format_rfc3339(device.revoked_at),
    }


def _batch_fields(batch: Batch) -> dict[str, Any]:
    return {
        "number": batch.number,
        "order": batch.order,
        "count": batch.count,
        "range": serial_range.format_serial_range(batch.number, 0, batch.count),
        "grade": batch.grade,
        "epoch": batch.epoch,
        "host": batch.host,
        "gtin": batch.gtin,
        "product": batch.product,
        "has_pin": batch.has_pin,
        "issued_by": batch.actor,
        "issued_at": format_rfc3339(batch.at),
        "is_finished": batch.manifest is not None,
    }


def _alert_fields(alert: Alert) -> dict[str, Any]:
    return {
        "id": alert.id,
        "kind": alert.kind,
        "batch": alert.batch,
        "index": alert.index,
        "campaign": alert.campaign,
        "previous": alert.previous,
        "state": alert.state,
        "cause": alert.cause,
        "owner": alert.owner,
        "score": alert.score,
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
