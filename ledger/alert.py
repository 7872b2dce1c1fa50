"""An alert and the lines of its history, as values and as rows of the ledger."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, Literal

from sqlalchemy import RowMapping

from ledger import schema
from ledger.slug_list import join_slugs, split_slugs

AlertKind = Literal["stamp", "batch"]


class AlertState(StrEnum):
    """Where an alert stands."""

    OPEN = "open"
    INVESTIGATING = "investigating"
    CONFIRMED = "confirmed"
    DISMISSED = "dismissed"
    CLOSED = "closed"


NO_INDEX: Final = -1
"""What the column `idx` says of an alert about a batch."""


@dataclass(frozen=True, slots=True)
class AlertEvent:
    """One line of an alert's history: evidence that came in, or a decision."""

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
    """An alert as it stands. Times are milliseconds, UTC; `history` comes with `Alerts.get`."""

    id: int
    kind: AlertKind
    batch: int
    index: int | None
    state: AlertState
    cause: str | None
    owner: str | None
    """Who took it up: the one that moved it to investigating."""
    score: float
    """The highest that was reported."""
    reasons: tuple[str, ...]
    """All that were reported, in the order of their first appearance."""
    scans: int
    """How many scans are its evidence, as reported."""
    expected_loss: float
    opened_at: int
    updated_at: int
    history: tuple[AlertEvent, ...] = ()


def alert_to_row(alert: Alert) -> dict[str, Any]:
    """The row of `alerts` that says an alert."""
    names = [column.name for column in schema.alerts.columns if column.name != "idx"]
    return {
        **{name: getattr(alert, name) for name in names},
        "idx": NO_INDEX if alert.index is None else alert.index,
        "reasons": join_slugs(alert.reasons),
    }


def alert_from_row(cells: RowMapping, history: tuple[AlertEvent, ...] = ()) -> Alert:
    """The alert that a row of `alerts` says."""
    values = dict(cells)
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
