"""Alerts: suspicions for people to judge, and their decisions.

A stamp (or a batch) has at most one alert that is not closed; new evidence is added to it. People
decide:

    open → investigating → confirmed → closed
                         → dismissed → closed      a dismissal names its cause

A dismissed alert reopens on a reason that it did not have before; known reasons only add to its
history. After an alert is closed, later evidence opens a new one.

The queue is sorted by expected loss: the score (at least 0) times the stamps at stake. For a stamp
these are the scans that reported it, for a batch its activated stamps.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, Final

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from ledger import schema
from ledger.alert_evidence import AlertEvidence, append_events, apply_evidence
from ledger.alert_record import Alert, AlertEvent, AlertKind, AlertState, alert_from_row
from ledger.chained_rows import record_audit
from ledger.errors import IllegalAlertDecision, UnknownAlert
from ledger.filters import AlertFilter, Key
from ledger.slug_list import split_slugs
from ledger.store import Store, uncancellable

ALERT_TRANSITIONS: Final[Mapping[AlertState, frozenset[AlertState]]] = {
    AlertState.OPEN: frozenset({AlertState.INVESTIGATING}),
    AlertState.INVESTIGATING: frozenset({AlertState.CONFIRMED, AlertState.DISMISSED}),
    AlertState.CONFIRMED: frozenset({AlertState.CLOSED}),
    AlertState.DISMISSED: frozenset({AlertState.CLOSED}),
    AlertState.CLOSED: frozenset(),
}
"""The decisions that people can take, by state."""

ALERT_CAUSES: Final[Mapping[AlertState, tuple[str, ...]]] = {
    AlertState.CONFIRMED: ("copied", "stolen", "reused", "leaked", "insider"),
    AlertState.DISMISSED: (
        "sample-on-show",
        "gift",
        "viral-photo",
        "test-scan",
        "crawler",
        "wrong-place",
        "shared-network",
        "poisoned",
        "other",
    ),
}
"""The causes that a decision must name one of; other decisions name none."""


class Alerts:
    """The alerts of one ledger."""

    def __init__(self, store: Store, clock: Callable[[], int]) -> None:
        self._store = store
        self._clock = clock

    @uncancellable
    async def report(
        self,
        kind: AlertKind,
        batch: int,
        index: int | None,
        *,
        score: float,
        reasons: Sequence[str],
        scans: Collection[bytes] = (),
        actor: str = "detector",
        at: int | None = None,
    ) -> Alert:
        """Report evidence: open an alert for this stamp or batch, or add to the one not closed.

        Returns the alert without its history. Scans and reasons that it has already change
        nothing, so a recorder may report again after a crash.
        """
        said = AlertEvidence(
            kind=kind,
            batch=batch,
            index=index,
            score=score,
            reasons=tuple(reasons),
            scans=tuple(scans),
            at=at,
            actor=actor,
        )
        async with self._store.write() as connection:
            return (await apply_evidence(connection, [said], self._clock()))[0]

    @uncancellable
    async def report_all(self, suspicions: Sequence[AlertEvidence]) -> "list[Alert]":
        """Report several pieces of evidence in one transaction, as `report` does.

        Returns one alert for each stamp or batch that is named.
        """
        if not suspicions:
            return []
        async with self._store.write() as connection:
            return await apply_evidence(connection, suspicions, self._clock())

    @uncancellable
    async def decide(
        self,
        id_: int,
        state: AlertState,
        *,
        actor: str,
        cause: str | None = None,
        note: str | None = None,
        at: int | None = None,
    ) -> Alert:
        """Record a person's decision, in the audit log too.

        Raises `UnknownAlert`, `IllegalAlertDecision`.
        """
        at = self._clock() if at is None else at
        async with self._store.write() as connection:
            known = await _get(connection, id_)
            if state not in ALERT_TRANSITIONS[known.state]:
                raise IllegalAlertDecision(state=known.state, wanted=state, why="")
            causes = ALERT_CAUSES.get(state, ())
            if cause not in causes if causes else cause is not None:
                why = f" for the cause {cause}; allowed: {', '.join(causes) or 'none'}"
                raise IllegalAlertDecision(state=known.state, wanted=state, why=why)
            owner = actor if state is AlertState.INVESTIGATING else known.owner
            kept = cause or known.cause  # closing keeps the cause of the decision before
            await _set(connection, id_, state=state, cause=kept, owner=owner, updated_at=at)
            event = AlertEvent(
                at=at,
                actor=actor,
                what="decision",
                state=state,
                cause=cause,
                note=note,
                score=known.score,
                reasons=(),
                scans=(),
            )
            await append_events(connection, [(id_, event)])
            await record_audit(
                connection,
                at=at,
                actor=actor,
                action="alert.decide",
                subject=f"alerts:{id_}",
                details={"state": state, "cause": cause, "note": note},
            )
            return await _get(connection, id_)

    async def get(self, id_: int) -> Alert:
        """Return the alert with its history. Raises `UnknownAlert`."""
        async with self._store.read() as connection:
            return await _get(connection, id_)

    async def find_page(
        self, wanted: AlertFilter, *, after: Key | None = None, limit: int
    ) -> "list[Alert]":
        """At most `limit` alerts that match, by expected loss, without their history.

        `after` is the sort key, `(expected_loss, id)`, of the last row of the page before.
        """
        async with self._store.read() as connection:
            found = await connection.execute(wanted.select(after, limit))
            return [alert_from_row(row) for row in found.mappings()]

    async def list(self, state: AlertState | None = None, limit: int = 1000) -> "list[Alert]":
        """Return the alerts not closed, or in one state, by expected loss, without history."""
        alerts = schema.alerts
        query = select(alerts).order_by(alerts.c.expected_loss.desc(), alerts.c.id).limit(limit)
        query = query.where(
            alerts.c.state != AlertState.CLOSED if state is None else alerts.c.state == state
        )
        async with self._store.read() as connection:
            return [alert_from_row(row) for row in (await connection.execute(query)).mappings()]


async def _get(connection: AsyncConnection, id_: int) -> Alert:
    alerts = schema.alerts
    found = await connection.execute(select(alerts).where(alerts.c.id == id_))
    row = found.mappings().one_or_none()
    if row is None:
        raise UnknownAlert(alert=id_)
    return alert_from_row(row, await _history(connection, id_))


async def _history(connection: AsyncConnection, id_: int) -> tuple[AlertEvent, ...]:
    events = schema.alert_events
    found = await connection.execute(
        select(events).where(events.c.alert == id_).order_by(events.c.n)
    )
    return tuple(
        AlertEvent(
            at=row["at"],
            actor=row["actor"],
            what=row["what"],
            state=AlertState(row["state"]),
            cause=row["cause"],
            note=row["note"],
            score=row["score"],
            reasons=split_slugs(row["reasons"]),
            scans=tuple(bytes.fromhex(scan) for scan in split_slugs(row["scans"])),
        )
        for row in found.mappings()
    )


async def _set(connection: AsyncConnection, id_: int, **row: Any) -> None:
    await connection.execute(update(schema.alerts).where(schema.alerts.c.id == id_).values(**row))
