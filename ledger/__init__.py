"""The ledger: durable facts on SQLite or PostgreSQL, by one schema.

    async with await open_ledger("sqlite:///var/ledger.db") as ledger:
        await ledger.migrate()
        batch = await ledger.batches.add(order="o1", count=10_000_000, …)
        await ledger.transitions.apply(batch.number, 0, 5000, Transition.PRINT, actor=…, key=…)

History (transitions, audit, scans) is append-only, and its hash chains can be verified. Every
refusal is a `stamps.errors.VeritemError`; a refused or failed call changes nothing. Both engines
pass the same tests (`tests/ledger/`).
"""

from ledger.accounts.account_rows import ROLES, NewAccount, Role, Staff
from ledger.accounts.devices import DEVICE_KINDS, Device, DeviceKind
from ledger.accounts.staff_tokens import Token
from ledger.alerts.alert_evidence import AlertEvidence
from ledger.alerts.alert_filter import AlertFilter
from ledger.alerts.alert_labels import LabelledStamp, StampHistory
from ledger.alerts.alert_record import (
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
from ledger.alerts.alerts import ALERT_CAUSES, ALERT_TRANSITIONS, CODE_CAUSES, find_causes
from ledger.alerts.decisions import DecisionRow
from ledger.alerts.detection_reviews import DetectionReview
from ledger.alerts.hearing_record import CaseParty, Hearing, HearingMessage, HearingState
from ledger.audit.audit import AuditEntry
from ledger.audit.audit_problem import AuditProblem
from ledger.audit.audit_verification import AuditReport
from ledger.backups.backup import back_up
from ledger.backups.restores import restore
from ledger.batches.batch_filter import BatchFilter
from ledger.batches.batches import Batch
from ledger.batches.mass_balance import MassBalance
from ledger.batches.print_proofs import PrintProof
from ledger.batches.product_days import ProductDay
from ledger.changes import ChainHeads, ChangeListener, ChangeSet
from ledger.codes.code_filter import CodeFilter
from ledger.codes.registered_code import (
    CODE_STATUSES,
    CodeCondition,
    CodeStatus,
    PublicSite,
    RegisteredCode,
)
from ledger.codes.registered_codes import CodePlan
from ledger.cursor_pages import Key
from ledger.ledger import Ledger, open_ledger
from ledger.links.key_owners import KeyOwner
from ledger.links.link_sets import LinkSetRow, PublishedLinks
from ledger.lots.lot_changes import LotChange
from ledger.lots.lot_drafts import LotDraft, SeenDraft
from ledger.lots.lot_filter import LotFilter
from ledger.lots.lot_submission import (
    Publication,
    ReviewAct,
    ReviewRule,
    ReviewStep,
    Submission,
    SubmissionState,
)
from ledger.lots.lot_versions import Correction, LotVersion, VersionNote
from ledger.lots.lots import LotReview, LotRow
from ledger.orders.crop import CropArea, CropEstimate
from ledger.orders.order_filter import OrderFilter
from ledger.orders.order_limits import LimitedOrder, OrderLimits
from ledger.orders.order_quotas import OrderQuota
from ledger.orders.order_states import OrderState
from ledger.orders.orders import Grade, Order
from ledger.organisations.registry import Organisation, OrganisationKind, PlaceRow, ProductRow
from ledger.proposals.proposal import Act, Approval, Proposal, ProposalFilter, ProposalState
from ledger.reports.consumer_reports import NO_STAMP, REPORT_KINDS, ReportKind, ReportRow, SentPhoto
from ledger.reports.report_groups import ReportEvent, ReportGroup
from ledger.reports.report_states import REPORT_STEPS, ReportState
from ledger.scans.scan_row import ScanRow
from ledger.scans.scans import BatchDay, ScanCount
from ledger.scans.stamp_scans import NO_SCANS, StampScans
from ledger.stamps.pin_attempts import Claimant, OtherClaims, PinAttempts
from ledger.stamps.recall_reach import RecallReach
from ledger.stamps.recalls import RecallTarget
from ledger.stamps.transition_rows import RecordedTransition

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
    "KeyOwner",
    "LabelledStamp",
    "Ledger",
    "LimitedOrder",
    "LinkSetRow",
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
    "Publication",
    "PublishedLinks",
    "RecallReach",
    "RecallTarget",
    "RecordedTransition",
    "RegisteredCode",
    "ReportEvent",
    "ReportGroup",
    "ReportKind",
    "ReportRow",
    "ReportState",
    "ReviewAct",
    "ReviewRule",
    "ReviewStep",
    "Role",
    "ScanCount",
    "ScanRow",
    "SeenDraft",
    "SentPhoto",
    "Staff",
    "StampHistory",
    "StampScans",
    "Submission",
    "SubmissionState",
    "Token",
    "VersionNote",
    "back_up",
    "find_causes",
    "open_ledger",
    "restore",
]
