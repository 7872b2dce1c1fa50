"""Proposals as values and as rows: an act that waits for a second person, or was decided."""

import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Generic, TypeVar

from sqlalchemy import RowMapping
from sqlalchemy.ext.asyncio import AsyncConnection

T = TypeVar("T")


class ProposalState(StrEnum):
    """The state of a proposal."""

    OPEN = "open"
    APPROVED = "approved"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class Proposal:
    """An act that waits for a second person, or was decided. Times are milliseconds, UTC."""

    id: int
    kind: str
    subject: str
    """Subject of the act, `lot:L1`; a subject has one open proposal of a kind."""
    document: Mapping[str, Any]
    """Everything that the act needs, so that what is approved is what is done."""
    reason: str | None
    key: str
    """Idempotency key of the request."""
    requested_by: str
    requested_at: int
    requested_system_user: str | None
    """The operating system's user, at the command line."""
    state: ProposalState
    decided_by: str | None
    decided_at: int | None
    decided_system_user: str | None
    used_at: int | None
    """When the act was done."""
    province: str | None
    """The province of all packers that it concerns; None if there is no such province."""

    @property
    def act_key(self) -> str:
        """The idempotency key of the act: a proposal is carried out once."""
        return f"proposal:{self.id}"


Act = Callable[[AsyncConnection, Proposal], Awaitable[T]]
"""An act inside the transaction of its approval; a refusal of it undoes the approval."""


@dataclass(frozen=True, slots=True)
class Approval(Generic[T]):
    """An approved proposal and what its act answered."""

    proposal: Proposal
    result: T | None
    """None for an act outside of the ledger, and for an approval that was repeated."""


@dataclass(frozen=True, slots=True)
class ProposalFilter:
    """Which proposals are listed; None for all."""

    kinds: Sequence[str] | None = None
    state: ProposalState | None = None
    is_decided: bool = False
    """Only those that do not wait any more."""
    lots_of: str | None = None
    """Limits proposals to change a lot to those about lots of this organisation."""
    province: str | None = None


def proposal_from_row(row: RowMapping | Mapping[str, Any]) -> Proposal:
    """Return the proposal that a row of the table holds."""
    return Proposal(
        **{
            **row,
            "document": json.loads(row["document"]),
            "state": ProposalState(row["state"]),
        }
    )
