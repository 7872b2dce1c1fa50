"""The ledger: durable facts on SQLite or PostgreSQL, by one schema.

    async with await open_ledger("sqlite:///var/ledger.db") as ledger:
        await ledger.migrate()
        batch = await ledger.batches.add(order="o1", count=10_000_000, …)
        await ledger.transitions.apply(batch.number, 0, 5000, Transition.PRINT, actor=…, key=…)

History (transitions, audit, scans) is append-only, and its hash chains can be verified. Every
refusal is a `stamps.errors.VeritemError`; a refused or failed call changes nothing. Both engines
pass the same tests (`tests/ledger/`).
"""

from ledger.account_rows import ROLES, NewAccount, Role, Staff
from ledger.alert_evidence import AlertEvidence
from ledger.alert_filter import AlertFilter
from ledger.alert_labels import LabelledStamp, StampHistory
from ledger.alert_record import (
    CODE_ALERTS,
    NO_INDEX,
    Alert,
    AlertEvent,
    AlertEventKind,
    AlertState,
    BatchCount,
    CampaignCount,
    CodeCount,
)
from ledger.alerts import ALERT_CAUSES, ALERT_TRANSITIONS, CODE_CAUSES, find_causes
from ledger.audit import AuditEntry
from ledger.audit_problem import AuditProblem
from ledger.audit_verification import AuditReport
from ledger.backup import back_up
from ledger.batch_filter import BatchFilter
from ledger.batches import Batch
from ledger.changes import ChainHeads, ChangeListener, ChangeSet
from ledger.code_filter import CodeFilter
from ledger.consumer_reports import NO_STAMP, REPORT_KINDS, ReportKind, ReportRow, SentPhoto
from ledger.crop import CropArea, CropEstimate
from ledger.cursor_pages import Key
from ledger.decisions import DecisionRow
from ledger.detection_reviews import DetectionReview
from ledger.devices import DEVICE_KINDS, Device, DeviceKind
from ledger.hearing_record import CaseParty, Hearing, HearingMessage, HearingState
from ledger.ledger import Ledger, open_ledger
from ledger.lot_changes import LotChange
from ledger.lot_drafts import LotDraft, SeenDraft
from ledger.lot_filter import LotFilter
from ledger.lot_versions import Correction, LotVersion, VersionNote
from ledger.lots import LotReview, LotRow
from ledger.mass_balance import MassBalance
from ledger.order_filter import OrderFilter
from ledger.order_limits import LimitedOrder, OrderLimits
from ledger.order_quotas import OrderQuota
from ledger.order_states import OrderState
from ledger.orders import Grade, Order
from ledger.pin_attempts import Claimant, OtherClaims, PinAttempts
from ledger.print_proofs import PrintProof
from ledger.product_days import ProductDay
from ledger.proposals import Act, Approval, Proposal, ProposalFilter, ProposalState
from ledger.recall_reach import RecallReach
from ledger.recalls import RecallTarget
from ledger.registered_code import (
    CODE_STATUSES,
    CodeCondition,
    CodeStatus,
    PublicSite,
    RegisteredCode,
)
from ledger.registered_codes import CodePlan
from ledger.registry import Organisation, OrganisationKind, PlaceRow, ProductRow
from ledger.report_groups import REPORT_STEPS, ReportEvent, ReportGroup, ReportState
from ledger.restores import restore
from ledger.scans import BatchDay, ScanCount, ScanRow
from ledger.staff_tokens import Token
from ledger.stamp_scans import NO_SCANS, StampScans
from ledger.transition_rows import RecordedTransition

__all__ = [
    "ALERT_CAUSES",
    "ALERT_TRANSITIONS",
    "CODE_ALERTS",
    "CODE_CAUSES",
    "CODE_STATUSES",
    "DEVICE_KINDS",
    "NO_INDEX",
    "NO_SCANS",
    "NO_STAMP",
    "REPORT_KINDS",
    "REPORT_STEPS",
    "ROLES",
    "Act",
    "Alert",
    "AlertEvent",
    "AlertEventKind",
    "AlertEvidence",
    "AlertFilter",
    "AlertState",
    "Approval",
    "AuditEntry",
    "AuditProblem",
    "AuditReport",
    "Batch",
    "BatchCount",
    "BatchDay",
    "BatchFilter",
    "CampaignCount",
    "CaseParty",
    "ChainHeads",
    "ChangeListener",
    "ChangeSet",
    "Claimant",
    "CodeCondition",
    "CodeCount",
    "CodeFilter",
    "CodePlan",
    "CodeStatus",
    "Correction",
    "CropArea",
    "CropEstimate",
    "DecisionRow",
    "DetectionReview",
    "Device",
    "DeviceKind",
    "Grade",
    "Hearing",
    "HearingMessage",
    "HearingState",
    "Key",
    "LabelledStamp",
    "Ledger",
    "LimitedOrder",
    "LotChange",
    "LotDraft",
    "LotFilter",
    "LotReview",
    "LotRow",
    "LotVersion",
    "MassBalance",
    "NewAccount",
    "Order",
    "OrderFilter",
    "OrderLimits",
    "OrderQuota",
    "OrderState",
    "Organisation",
    "OrganisationKind",
    "OtherClaims",
    "PinAttempts",
    "PlaceRow",
    "PrintProof",
    "ProductDay",
    "ProductRow",
    "Proposal",
    "ProposalFilter",
    "ProposalState",
    "PublicSite",
    "RecallReach",
    "RecallTarget",
    "RecordedTransition",
    "RegisteredCode",
    "ReportEvent",
    "ReportGroup",
    "ReportKind",
    "ReportRow",
    "ReportState",
    "Role",
    "ScanCount",
    "ScanRow",
    "SeenDraft",
    "SentPhoto",
    "Staff",
    "StampHistory",
    "StampScans",
    "Token",
    "VersionNote",
    "back_up",
    "find_causes",
    "open_ledger",
    "restore",
]
