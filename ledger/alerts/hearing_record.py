"""Hearings of parties and their messages, as values and as rows."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, Literal

from sqlalchemy import RowMapping

from ledger.alerts.alert_record import AlertState

HearingPart = Literal["packer", "place", "lot"]
"""Why an organisation is a party: its order had the stamps made; a registered place of the lot is
its own (growing area, packing house); the lot is its own."""
MessageKind = Literal["question", "answer", "decision"]

SHOWN_STAMPS: Final = 100
"""A party is told the hundred that a suspected stamp is in, not its number: ADR 0088."""


class HearingState(StrEnum):
    """Whose turn it is."""

    ASKED = "asked"
    ANSWERED = "answered"
    DECIDED = "decided"


@dataclass(frozen=True, slots=True)
class CaseParty:
    """An organisation with stamps in a case, and which of its stamps it is told about."""

    organisation: str
    part: HearingPart
    batch: int | None
    """None where the stamps are of several batches."""
    lo: int | None
    hi: int | None
    """The hundred in which the stamp is; None for a batch or campaign."""
    lot: str | None
    stamps: int
    """How many of its stamps the case is about."""


@dataclass(frozen=True, slots=True)
class Hearing:
    """What one party of a case is told, and whether it answered. Times are ms, UTC."""

    id: str
    alert: int
    organisation: str
    part: HearingPart
    batch: int | None
    lo: int | None
    hi: int | None
    lot: str | None
    stamps: int
    state: HearingState
    told_at: int
    updated_at: int
    due_at: int | None
    """Until when the party is asked to answer."""


@dataclass(frozen=True, slots=True)
class HearingMessage:
    """One question, answer or decision of a hearing."""

    n: int
    at: int
    actor: str
    what: MessageKind
    text: str
    due_at: int | None = None
    state: AlertState | None = None
    """Of a decision."""
    cause: str | None = None
    photos: int = 0


def hearing_from_row(row: RowMapping | Mapping[str, Any]) -> Hearing:
    """The hearing in a row of `hearings`."""
    return Hearing(**{**row, "state": HearingState(row["state"])})


def find_hundred(index: int, count: int) -> tuple[int, int]:
    """The hundred `[lo, hi)` of a batch of `count` stamps that a stamp is in.

    >>> find_hundred(1204, 50_000), find_hundred(7, 40)
    ((1200, 1300), (0, 40))
    """
    lo = index - index % SHOWN_STAMPS
    return lo, min(lo + SHOWN_STAMPS, count)
