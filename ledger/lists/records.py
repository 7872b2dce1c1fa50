"""Rows of lists as the records that the rest of the ledger returns."""

import json
from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from ledger import schema
from ledger.alert_record import Alert, alert_from_row
from ledger.batches import Batch
from ledger.lots import LotRow
from ledger.order_numbers import OrderNumber
from ledger.orders import Order, OrderState
from ledger.proposals import Proposal, proposal_from_row

Row = Mapping[str, Any]


def read_order(row: Row) -> Order:
    """The order in a row of `tables.ORDERS`."""
    cells = {name: row[name] for name in schema.orders.c.keys()}  # noqa: SIM118 - columns
    number = None if row["serial"] is None else OrderNumber(row["year"], row["serial"])
    return Order(**{**cells, "state": OrderState(row["state"]), "number": number})


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
    return alert_from_row(row)


def read_proposal(row: Row) -> Proposal:
    """The proposal in a row of `tables.PROPOSALS`."""
    return proposal_from_row(row)
