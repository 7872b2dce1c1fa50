"""The ledger: durable facts on SQLite or PostgreSQL, by one schema.

    async with await open_ledger("sqlite:///var/ledger.db") as ledger:
        await ledger.migrate()
        batch = await ledger.batches.add(order="o1", count=10_000_000, …)
        await ledger.transitions.apply(batch.number, 0, 5000, Transition.PRINT, actor="press-1", key="…")

History (transitions, audit, scans) is append-only and its chains can be verified; every refusal is a
`stamps.errors.VeritemError`, and a refused or failed call leaves nothing of itself behind.
"""

from ledger.alert import Alert, AlertEvent, AlertState
from ledger.alerts import CAUSES, STEPS
from ledger.audit import AuditEntry
from ledger.backup import back_up, restore
from ledger.balance import Balance
from ledger.batches import Batch
from ledger.changes import Changed, Heads, Listener
from ledger.claims import Attempts, Lockout
from ledger.ledger import Ledger, open_ledger
from ledger.lots import LotRow
from ledger.orders import Grade, Order, OrderState
from ledger.registry import Organisation, OrganisationKind, PlaceRow, Product
from ledger.reports import ReportRow
from ledger.scanning import ScanningDay
from ledger.scans import BatchDay, ScanCount, ScanRow
from ledger.staff import ROLES, Role, Staff, Token
from ledger.suspicion import Suspicion
from ledger.transitions import RecordedTransition, Step
from ledger.verify import AuditReport, Problem

__all__ = [
    "CAUSES",
    "ROLES",
    "STEPS",
    "Alert",
    "AlertEvent",
    "AlertState",
    "Attempts",
    "AuditEntry",
    "AuditReport",
    "Balance",
    "Batch",
    "BatchDay",
    "Changed",
    "Grade",
    "Heads",
    "Ledger",
    "Listener",
    "Lockout",
    "LotRow",
    "Order",
    "OrderState",
    "Organisation",
    "OrganisationKind",
    "PlaceRow",
    "Problem",
    "Product",
    "RecordedTransition",
    "ReportRow",
    "Role",
    "ScanCount",
    "ScanRow",
    "ScanningDay",
    "Staff",
    "Step",
    "Suspicion",
    "Token",
    "back_up",
    "open_ledger",
    "restore",
]
