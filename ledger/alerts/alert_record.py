"""Alerts and their events, as values and as rows."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any, Final, Literal, get_args

from sqlalchemy import RowMapping

from ledger import schema
from ledger.chains.hash_chain import to_canonical_json
from ledger.storage.slug_list import join_slugs, split_slugs

AlertKind = Literal["stamp", "batch", "campaign", "withdrawn_code", "lent_code"]
CodeAlertKind = Literal["withdrawn_code", "lent_code"]
CODE_ALERTS: Final[tuple[CodeAlertKind, ...]] = get_args(CodeAlertKind)
"""The kinds of alert about a registered code."""
AlertEventKind = Literal["evidence", "decision", "note", "handover"]


class AlertState(StrEnum):
    """The state of an alert."""

    OPEN = "open"
    INVESTIGATING = "investigating"
    CONFIRMED = "confirmed"
    DISMISSED = "dismissed"
    CLOSED = "closed"


NO_INDEX: Final = -1
"""The value of the column `idx` for an alert that is not about one stamp."""
NO_BATCH: Final = -1
"""The value of the column `batch` for an alert about a campaign or a registered code."""
NO_SUBJECT: Final = ""

_OWN_CELLS: Final = ("idx", "product", "packer")
"""Cells of a row that are no fields of an alert: lists are filtered by the last two."""

AlertKey = tuple[AlertKind, int, int, str]
"""Subject of an alert: the columns `kind`, `batch`, `idx` and `subject`."""


@dataclass(frozen=True, slots=True)
class BatchCount:
    """Counts of a batch that looks leaked; old counts decay."""

    scanned: float
    """Number of its stamps that were scanned."""
    anomalous: float
    """Number of these that became anomalous by their own scans."""
    usual_share: float
    """The share of scanned stamps that become anomalous in a usual batch."""


@dataclass(frozen=True, slots=True)
class CampaignCount:
    """Counts of a campaign: many stamps scanned from the same few networks.

    Times are milliseconds, UTC. How many stamps it has is `Alert.stamps`.
    """

    networks: int
    first_at: int
    last_at: int


@dataclass(frozen=True, slots=True)
class CodeCount:
    """Counts of a registered code in a season, a year of Vietnam, in stamps."""

    year: int
    activated: int
    crop: int | None
    """Fruits of the season; None where a figure is not registered."""
    places: int
    """Packing houses of a growing area, or growing areas of a packing house."""
    farthest_km: int | None
    """The farthest of these; None where a place is not known."""
    late: int
    """Stamps that were recorded after the code was suspended or revoked, or out of its days."""


Counted = BatchCount | CampaignCount | CodeCount


@dataclass(frozen=True, slots=True)
class AlertEvent:
    """One event in an alert's history: new evidence, a decision, a note or a hand-over."""

    at: int
    actor: str
    what: AlertEventKind
    state: AlertState
    cause: str | None
    note: str | None
    score: float
    reasons: tuple[str, ...]
    scans: tuple[bytes, ...]
    owner: str | None = None
    """New owner, by a hand-over."""
    due_at: int | None = None
    """Time by which it should be decided, by a hand-over."""
    photos: int = 0
    """Photos of a note."""


@dataclass(frozen=True, slots=True)
class Alert:
    """An alert. Times are milliseconds, UTC; only `Alerts.get` fills `history`."""

    id: int
    kind: AlertKind
    batch: int | None
    """None for a campaign or a registered code."""
    index: int | None
    """None unless the alert is about one stamp."""
    subject: str | None
    """The registered code, or the name that its finder gave a campaign; else None."""
    previous: int | None
    """The dismissed case that this one reopens."""
    state: AlertState
    cause: str | None
    owner: str | None
    """Owner: the person who started to investigate it, or to whom it was handed over."""
    score: float
    """The highest score reported, with what consumers' reports add to it."""
    reasons: tuple[str, ...]
    """All reasons reported, in the order of their first appearance."""
    scans: int
    """Number of distinct scans that are its evidence."""
    stamps: int
    """How many stamps it is about: those of a campaign, the anomalous ones of a batch, the
    suspicious ones under a code."""
    counted: Counted | None
    """Counts at the last report; None for a stamp."""
    expected_loss: float
    opened_at: int
    updated_at: int
    due_at: int | None = None
    """Time by which it should be decided."""
    province: str | None = None
    """Two-digit code of the province of the first scan that is evidence and gave a place."""
    decided_at: int | None = None
    """When people decided it; None while it waits, or is investigated again."""
    is_news: bool = False
    """Whether evidence came since a person last handled it."""
    report_score: float = 0.0
    """What consumers' reports add to the score, in nats."""
    history: tuple[AlertEvent, ...] = ()

    @property
    def scan_score(self) -> float:
        """The score without what consumers' reports add: decisions are measured by it."""
        return self.score - self.report_score

    @property
    def stamp(self) -> tuple[int, int] | None:
        """Batch and index of the stamp that it is about; None for a batch or campaign."""
        if self.batch is None or self.index is None:
            return None
        return self.batch, self.index

    @property
    def campaign(self) -> str | None:
        """Name of the campaign that it is about; None for another kind."""
        return self.subject if self.kind == "campaign" else None

    @property
    def code(self) -> str | None:
        """The registered code that it is about; None for another kind."""
        return self.subject if self.kind in CODE_ALERTS else None

    @property
    def key(self) -> AlertKey:
        """The alert's subject, as the columns of its row."""
        return make_alert_key(self.kind, self.batch, self.index, self.subject)


def make_alert_key(
    kind: AlertKind, batch: int | None, index: int | None, subject: str | None
) -> AlertKey:
    """Return what an alert is about, as the columns of its row."""
    return (
        kind,
        NO_BATCH if batch is None else batch,
        NO_INDEX if index is None else index,
        NO_SUBJECT if subject is None else subject,
    )


def alert_to_row(alert: Alert) -> dict[str, Any]:
    """Return the row of the table `alerts` for an alert."""
    names = [column.name for column in schema.alerts.columns if column.name not in _OWN_CELLS]
    kind, batch, idx, subject = alert.key
    return {
        **{name: getattr(alert, name) for name in names},
        "kind": kind,
        "batch": batch,
        "idx": idx,
        "subject": subject,
        "reasons": join_slugs(alert.reasons),
        "counted": None if alert.counted is None else to_canonical_json(asdict(alert.counted)),
    }


def alert_from_row(
    row: RowMapping | Mapping[str, Any], history: tuple[AlertEvent, ...] = ()
) -> Alert:
    """Return the alert in a row of the table `alerts`."""
    values = dict(row)
    for name in _OWN_CELLS:
        values.pop(name)
    idx, batch = row["idx"], values["batch"]
    return Alert(
        **{
            **values,
            "batch": None if batch == NO_BATCH else batch,
            "index": None if idx == NO_INDEX else idx,
            "subject": values["subject"] or None,
            "state": AlertState(values["state"]),
            "reasons": split_slugs(values["reasons"]),
            "counted": _parse_counted(values["kind"], values["counted"]),
            "history": history,
        }
    )


def _parse_counted(kind: AlertKind, text: str | None) -> Counted | None:
    if text is None:
        return None
    counted: dict[str, Any] = json.loads(text)
    if kind in CODE_ALERTS:
        return CodeCount(**counted)
    return BatchCount(**counted) if kind == "batch" else CampaignCount(**counted)
