"""Alerts and their events, as values and as rows."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, Literal

from sqlalchemy import RowMapping

from ledger import schema
from ledger.slug_list import join_slugs, split_slugs

AlertKind = Literal["stamp", "batch"]


class AlertState(StrEnum):
    """The state of an alert."""

    OPEN = "open"
    INVESTIGATING = "investigating"
    CONFIRMED = "confirmed"
    DISMISSED = "dismissed"
    CLOSED = "closed"


NO_INDEX: Final = -1
"""The value of the column `idx` for an alert about a batch."""


@dataclass(frozen=True, slots=True)
class AlertEvent:
    """One event in an alert's history: new evidence, or a decision."""

    at: int
    actor: str
    what: Literal["evidence", "decision"]
    state: AlertState
    cause: str | None
    note: str | None
    score: float
    reasons: tuple[str, ...]
    scans: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Alert:
    """An alert. Times are milliseconds, UTC; only `Alerts.get` fills `history`."""

    id: int
    kind: AlertKind
    batch: int
    index: int | None
    state: AlertState
    cause: str | None
    owner: str | None
    """Who started to investigate it."""
    score: float
    """The highest score reported."""
    reasons: tuple[str, ...]
    """All reasons reported, in the order of their first appearance."""
    scans: int
    """How many distinct scans are its evidence."""
    expected_loss: float
    opened_at: int
    updated_at: int
    history: tuple[AlertEvent, ...] = ()


def alert_to_row(alert: Alert) -> dict[str, Any]:
    """Return the row of the table `alerts` for an alert."""
    names = [column.name for column in schema.alerts.columns if column.name != "idx"]
    return {
        **{name: getattr(alert, name) for name in names},
        "idx": NO_INDEX if alert.index is None else alert.index,
        "reasons": join_slugs(alert.reasons),
    }


def alert_from_row(row: RowMapping, history: tuple[AlertEvent, ...] = ()) -> Alert:
    """Return the alert in a row of the table `alerts`."""
    values = dict(row)
    idx = values.pop("idx")
    return Alert(
        **{
            **values,
            "index": None if idx == NO_INDEX else idx,
            "state": AlertState(values["state"]),
            "reasons": split_slugs(values["reasons"]),
            "history": history,
        }
    )
