"""Rows of lists as the records that the rest of the ledger returns."""

import json
from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from ledger import schema
from ledger.accounts.account_rows import DEMO_FOUNDER, Staff
from ledger.alerts.alert_record import Alert, alert_from_row
from ledger.audit.audit import AuditEntry
from ledger.batches.batches import Batch
from ledger.lots.lot_submission import Submission, SubmissionState
from ledger.lots.lots import LotRow
from ledger.orders.order_numbers import OrderNumber
from ledger.orders.order_states import OrderState
from ledger.orders.orders import Order
from ledger.organisations.registry import Organisation, PlaceRow
from ledger.proposals.deciding_account import is_confirmed
from ledger.proposals.proposal import Proposal, proposal_from_row

Row = Mapping[str, Any]


def read_order(row: Row) -> Order:
    """The order in a row of `tables.ORDERS`."""
    cells = {name: row[name] for name in schema.orders.c.keys()}  # noqa: SIM118 - columns
    number = None if row["serial"] is None else OrderNumber(row["year"], row["serial"])
    return Order(**{**cells, "state": OrderState(row["state"]), "number": number})


def read_submission(row: Row) -> Submission:
    """The submission in a row of `reviews.SUBMISSIONS`."""
    cells = {**row, "record": json.loads(row["record"]), "state": SubmissionState(row["state"])}
    return Submission(**cells)


def read_batch(row: Row) -> Batch:
    """The batch in a row of `tables.BATCHES`."""
    names = {one.name for one in fields(Batch)} - {"number"}
    return Batch(number=row["id"], **{name: row[name] for name in names})


def read_lot(row: Row) -> LotRow:
    """The lot in a row of `tables.LOTS`."""
    names = {one.name for one in fields(LotRow)} - {"code", "document", "missing"}
    return LotRow(
        code=row["id"],
        document=json.loads(row["document"]),
        missing=json.loads(row["missing"]),
        **{name: row[name] for name in names},
    )


def read_alert(row: Row) -> Alert:
    """The alert in a row of `tables.ALERTS`, without its history."""
    names = schema.alerts.c.keys()
    return alert_from_row({name: row[name] for name in names})


def read_proposal(row: Row) -> Proposal:
    """The proposal in a row of `tables.PROPOSALS`; a list may have added names to the row."""
    return proposal_from_row({one.name: row[one.name] for one in fields(Proposal)})


def read_staff(row: Row) -> Staff:
    """The account in a row of `administration.STAFF`."""
    names = (
        *("id", "name", "role", "organisation", "has_otp", "disabled", "generation", "added_at"),
        *("is_invited", "is_organisation_disabled"),
    )
    return Staff(
        **{name: row[name] for name in names},
        is_confirmed=is_confirmed(row["added_by"], row["confirmed_by"]),
        is_demo=row["added_by"] == DEMO_FOUNDER,
    )


def read_organisation(row: Row) -> Organisation:
    """The organisation in a row of `administration.ORGANISATIONS`."""
    return Organisation(**{one.name: row[one.name] for one in fields(Organisation)})


def read_place(row: Row) -> PlaceRow:
    """The place in a row of `administration.PLACES`."""
    return PlaceRow(**{one.name: row[one.name] for one in fields(PlaceRow)})


def read_audit_entry(row: Row) -> AuditEntry:
    """The entry in a row of `administration.AUDIT`."""
    cells = {one.name: row[one.name] for one in fields(AuditEntry)}
    return AuditEntry(**{**cells, "details": json.loads(row["details"])})
