"""Decisions in force: what people last decided about a stamp, batch, campaign or code.

`Alerts.decide` writes the decision in its own transaction, with the number of its audit entry, so
that `Changes` finds what was decided after an entry, and `Audit.verify` compares the two. A new
decision on the same subject replaces it. The resolver reads these and not the cases, which have
owners and notes.
"""

import json
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import RowMapping, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from ledger import schema
from ledger.alerts.alert_record import Alert, AlertKey, AlertState
from ledger.alerts.alert_subjects import match_subjects
from ledger.storage.slug_list import join_slugs, split_slugs
from ledger.storage.store import Store

_REOPENING_FACTOR: Final = 2
"""A dismissed batch, campaign or code is reported again when it has this many times the stamps."""

DECIDE: Final = "alert.decide"
"""The action in the audit log."""


@dataclass(frozen=True, slots=True)
class DecisionRow:
    """The decision in force on one subject, and the evidence that was decided on."""

    key: AlertKey
    alert: int
    """The case that was decided."""
    confirmed: bool
    """Whether the suspicion was confirmed; otherwise it was dismissed."""
    score: float
    reasons: tuple[str, ...]
    stamps: int
    """Number of stamps that the case listed."""
    at: int
    seq: int
    """Number of the audit entry."""

    @property
    def index(self) -> int:
        """Index of the stamp that was decided on; `NO_INDEX` for a batch or campaign."""
        return self.key[2]

    def dismisses(self, stamps: int) -> bool:
        """Whether it still dismisses a batch or campaign that has `stamps` stamps now."""
        return not self.confirmed and stamps < _REOPENING_FACTOR * max(self.stamps, 1)


class Decisions:
    """The decisions in force of one ledger."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def list_of_batch(self, batch: int) -> list[DecisionRow]:
        """Return the decisions on a batch and on single stamps of it."""
        decisions = schema.decisions
        query = select(decisions).where(
            decisions.c.kind.in_(("stamp", "batch")), decisions.c.batch == batch
        )
        async with self._store.read() as connection:
            return [decision_from_row(row) for row in (await connection.execute(query)).mappings()]


def describe_decision(alert: Alert) -> dict[str, Any]:
    """Return what is decided on, for the audit log; `put_decision` stores the same."""
    return {
        "about": list(alert.key),
        "score": alert.scan_score,
        "reasons": list(alert.reasons),
        "stamps": alert.stamps,
    }


async def put_decision(
    connection: AsyncConnection, alert: Alert, *, confirmed: bool, at: int, seq: int
) -> None:
    """Record what was decided about the subject of an alert, inside the writer's transaction."""
    decisions, key = schema.decisions, alert.key
    values = {
        "alert": alert.id,
        "confirmed": confirmed,
        "score": alert.scan_score,
        "reasons": join_slugs(alert.reasons),
        "stamps": alert.stamps,
        "at": at,
        "seq": seq,
    }
    columns = [decisions.c[name] for name in ("kind", "batch", "idx", "subject")]
    this = [column == value for column, value in zip(columns, key, strict=True)]
    if not (await connection.execute(update(decisions).where(*this).values(values))).rowcount:
        kind, batch, idx, subject = key
        await connection.execute(
            insert(decisions).values(kind=kind, batch=batch, idx=idx, subject=subject, **values)
        )


async def select_decisions(
    connection: AsyncConnection, keys: Collection[AlertKey]
) -> dict[AlertKey, DecisionRow]:
    """Return the decisions in force on these subjects."""
    decisions = schema.decisions
    found: dict[AlertKey, DecisionRow] = {}
    for kind in sorted({kind for kind, *_ in keys}):
        these = [key for key in keys if key[0] == kind]
        query = select(decisions).where(match_subjects(connection, decisions, kind, these))
        for row in (await connection.execute(query)).mappings():
            decision = decision_from_row(row)
            found[decision.key] = decision
    return found


def decision_from_row(row: RowMapping) -> DecisionRow:
    """Return the decision in a row of the table `decisions`."""
    return DecisionRow(
        key=(row["kind"], row["batch"], row["idx"], row["subject"]),
        alert=row["alert"],
        confirmed=row["confirmed"],
        score=row["score"],
        reasons=split_slugs(row["reasons"]),
        stamps=row["stamps"],
        at=row["at"],
        seq=row["seq"],
    )


def parse_decision(entry: RowMapping) -> DecisionRow | None:
    """Return the decision that an audit entry records; None for another step or an edited entry."""
    try:
        details: dict[str, Any] = json.loads(entry["details"])
        kind, batch, idx, subject = details["about"]
        return DecisionRow(
            key=(kind, batch, idx, subject),
            alert=int(entry["subject"].partition(":")[2]),
            confirmed=details["state"] == AlertState.CONFIRMED,
            score=details["score"],
            reasons=tuple(details["reasons"]),
            stamps=details["stamps"],
            at=entry["at"],
            seq=entry["seq"],
        )
    except (ValueError, KeyError, TypeError):
        return None
