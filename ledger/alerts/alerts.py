"""Alerts: suspicions for people to judge, and their decisions.

A stamp, batch, campaign or registered code has at most one active alert of a kind; new evidence is
added to it. People decide:

    open → investigating → confirmed → closed
                         → dismissed → closed      a decision names its cause

The last decision on a subject is in force (`ledger.alerts.decisions`): it reaches the public page,
and only evidence that outweighs a dismissal opens another alert, which names the dismissed one
(`ledger.alerts.alert_evidence`). A decided or closed alert can be investigated again; until it is
decided again, the decision stays in force.

A campaign is many stamps that are scanned from the same few networks within minutes: one alert that
lists them. An alert about a batch lists the stamps that became anomalous by their own scans.

The queue is sorted by expected loss: the score (at least 0) times the stamps at stake. For a stamp
these are the scans that reported it, for a batch its activated stamps, for a campaign its stamps,
for a code the stamps that are suspicious under it.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import and_, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncConnection

from detection.rules import Rules
from ledger import schema
from ledger.alerts.alert_evidence import DETECTOR, AlertEvidence, apply_evidence
from ledger.alerts.alert_filter import AlertFilter
from ledger.alerts.alert_record import (
    CODE_ALERTS,
    NO_SUBJECT,
    Alert,
    AlertEvent,
    AlertKind,
    AlertState,
    alert_from_row,
    make_alert_key,
)
from ledger.alerts.alert_rows import append_events, select_active, select_alert
from ledger.alerts.decisions import DECIDE, describe_decision, put_decision, select_decisions
from ledger.alerts.hearings import tell_decision
from ledger.chains.chained_rows import record_audit
from ledger.cursor_pages import Key
from ledger.errors import IllegalAlertDecision
from ledger.scans.scan_days import fetch_by_index, list_scan_periods
from ledger.storage.store import Store, uncancellable

ALERT_TRANSITIONS: Final[Mapping[AlertState, frozenset[AlertState]]] = {
    AlertState.OPEN: frozenset({AlertState.INVESTIGATING}),
    AlertState.INVESTIGATING: frozenset({AlertState.CONFIRMED, AlertState.DISMISSED}),
    AlertState.CONFIRMED: frozenset({AlertState.INVESTIGATING, AlertState.CLOSED}),
    AlertState.DISMISSED: frozenset({AlertState.INVESTIGATING, AlertState.CLOSED}),
    AlertState.CLOSED: frozenset({AlertState.INVESTIGATING}),
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
"""The causes that a decision on stamps must name one of; other decisions name none."""

CODE_CAUSES: Final[Mapping[AlertState, tuple[str, ...]]] = {
    AlertState.CONFIRMED: (
        "lent-code",
        "sold-code",
        "used-after-withdrawal",
        "backdated",
        "false-records",
    ),
    AlertState.DISMISSED: (
        "outdated-figures",
        "good-harvest",
        "agreed-packing",
        "late-entry",
        "sold-before",
        "wrong-place",
        "other",
    ),
}
"""The causes of a decision on a registered code."""


def find_causes(kind: AlertKind, state: AlertState) -> tuple[str, ...]:
    """The causes of which a decision on an alert of a kind must name one; empty: it names none."""
    table = CODE_CAUSES if kind in CODE_ALERTS else ALERT_CAUSES
    return table.get(state, ())


_REOPEN_MARGIN: Final = Rules().reopen_margin


@dataclass(frozen=True, slots=True)
class StampStanding:
    """The active alert about a stamp, without its history, and whether a decision is in force."""

    active: Alert | None
    is_decided: bool


class Alerts:
    """The alerts of one ledger."""

    def __init__(self, store: Store, clock: Callable[[], int]) -> None:
        self._store = store
        self._clock = clock

    async def report(
        self,
        kind: AlertKind,
        batch: int,
        index: int | None,
        *,
        score: float,
        report_score: float = 0.0,
        reasons: Sequence[str],
        scans: Collection[bytes] = (),
        actor: str = DETECTOR,
        at: int | None = None,
    ) -> Alert:
        """Report evidence about a stamp or batch, as `report_all` does.

        Returns the alert without its history.
        """
        said = AlertEvidence(
            kind=kind,
            batch=batch,
            index=index,
            score=score,
            report_score=report_score,
            reasons=tuple(reasons),
            scans=tuple(scans),
            at=at,
            actor=actor,
        )
        return (await self.report_all([said]))[0]

    @uncancellable
    async def report_all(
        self, suspicions: Sequence[AlertEvidence], *, reopen_margin: float = _REOPEN_MARGIN
    ) -> "list[Alert]":
        """Report evidence in one transaction: open alerts, or add to the active ones.

        Returns one alert, without its history, for each stamp, batch or campaign that is named.
        Scans, stamps and reasons that it has already change nothing, so a recorder may report
        again after a crash. `reopen_margin` is that of `detection.rules`.
        """
        if not suspicions:
            return []
        async with self._store.write() as connection:
            return await apply_evidence(connection, suspicions, self._clock(), reopen_margin)

    @uncancellable
    async def decide(
        self,
        id_: int,
        state: AlertState,
        *,
        actor: str,
        cause: str | None = None,
        note: str | None = None,
        told: str = "",
        at: int | None = None,
    ) -> Alert:
        """Record a person's decision, in the audit log too.

        The parties that were heard are told the decision, its cause and the text `told`.

        Raises `UnknownAlert`, `IllegalAlertDecision`.
        """
        at = self._clock() if at is None else at
        async with self._store.write() as connection:
            known = await select_alert(connection, id_)
            if state not in ALERT_TRANSITIONS[known.state]:
                raise IllegalAlertDecision(state=known.state, wanted=state, why="")
            causes = find_causes(known.kind, state)
            if cause not in causes if causes else cause is not None:
                why = f" for the cause {cause}; allowed: {', '.join(causes) or 'none'}"
                raise IllegalAlertDecision(state=known.state, wanted=state, why=why)
            decided_at = known.decided_at if state is AlertState.CLOSED else at if causes else None
            owner = actor if state is AlertState.INVESTIGATING else known.owner
            # Closing keeps the cause of the decision before.
            kept = known.cause if state is AlertState.CLOSED else cause
            if state is AlertState.INVESTIGATING:
                await _check_no_other(connection, known)
            await _set(
                connection,
                id_,
                state=state,
                cause=kept,
                owner=owner,
                updated_at=at,
                due_at=None if state is AlertState.CLOSED else known.due_at,
                decided_at=decided_at,
                is_news=False,
            )
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
            seq = await record_audit(
                connection,
                at=at,
                actor=actor,
                action=DECIDE,
                subject=f"alerts:{id_}",
                details={"state": state, "cause": cause, "note": note}
                | (describe_decision(known) if causes else {}),
            )
            if causes:
                confirmed = state is AlertState.CONFIRMED
                await put_decision(connection, known, confirmed=confirmed, at=at, seq=seq)
            await tell_decision(connection, id_, state, cause=cause, text=told, actor=actor, at=at)
            return await select_alert(connection, id_)

    async def find_standing(self, batch: int, index: int) -> StampStanding:
        """Return the active alert about a stamp, and whether people have decided on it."""
        key = make_alert_key("stamp", batch, index, None)
        async with self._store.read() as connection:
            active = (await select_active(connection, [key])).get(key)
            return StampStanding(active, key in await select_decisions(connection, [key]))

    async def get(self, id_: int) -> Alert:
        """Return the alert with its history. Raises `UnknownAlert`."""
        async with self._store.read() as connection:
            return await select_alert(connection, id_)

    async def find_page(
        self, wanted: AlertFilter, *, after: Key | None = None, limit: int
    ) -> "list[Alert]":
        """At most `limit` alerts that match, by expected loss, without their history.

        `after` is the sort key, `(expected_loss, id)`, of the last row of the page before.
        """
        async with self._store.read() as connection:
            found = await connection.execute(wanted.select(after, limit))
            return [alert_from_row(row) for row in found.mappings()]

    async def find_stamps(
        self, alert: Alert, *, after: Key | None = None, limit: int
    ) -> "list[tuple[int, int]]":
        """At most `limit` stamps (batch, index) that an alert lists, in this order.

        Those of a campaign, or the stamps of a batch that became anomalous by their own scans. The
        alert of a stamp or of a code lists none. `after` is the last stamp of the page before.
        """
        if alert.kind == "stamp" or alert.code is not None:
            return []
        if alert.batch is not None:
            return await self._find_anomalous(alert.batch, after, limit)
        listed = schema.alert_stamps.c
        query = select(listed.batch, listed.idx).where(listed.alert == alert.id)
        if after is not None:
            query = query.where(tuple_(listed.batch, listed.idx) > tuple_(*after))
        query = query.order_by(listed.batch, listed.idx).limit(limit)
        async with self._store.read() as connection:
            return [(batch, idx) for batch, idx in await connection.execute(query)]

    async def _find_anomalous(
        self, batch: int, after: Key | None, limit: int
    ) -> "list[tuple[int, int]]":
        scans = schema.scans.c
        query = select(scans.batch, scans.idx).where(scans.batch == batch, scans.anomalous)
        if after is not None:
            query = query.where(scans.idx > after[1])
        async with self._store.read() as connection:
            periods = await list_scan_periods(connection, batch, anomalous=True)
            found = await fetch_by_index(
                connection, query.distinct(), periods, ("batch", "idx"), limit
            )
        return [(row["batch"], row["idx"]) for row in found]

    async def find_linked(self, alert: Alert, limit: int) -> "list[Alert]":
        """At most `limit` other alerts about the same stamp, batch or code, without their history.

        Earlier cases of the same subject come first, then others of the batch by expected loss.
        """
        alerts = schema.alerts.c
        # One condition with one index: for an OR of them SQLite reads the whole table.
        if alert.batch is not None:
            same = and_(alerts.batch == alert.batch, alerts.idx == alert.key[2])
        elif alert.code is not None:
            same = and_(alerts.subject == alert.code, alerts.subject != NO_SUBJECT)
        else:
            same = alerts.id == alert.previous
        earlier = select(schema.alerts).where(same, alerts.id != alert.id)
        queries = [earlier.order_by(alerts.id.desc())]
        if alert.batch is not None:
            others = select(schema.alerts).where(
                alerts.batch == alert.batch, alerts.idx != alert.key[2]
            )
            queries.append(others.order_by(alerts.expected_loss.desc(), alerts.id.desc()))
        found: dict[int, Alert] = {}
        async with self._store.read() as connection:
            for query in queries:
                for row in (await connection.execute(query.limit(limit))).mappings():
                    found.setdefault(row["id"], alert_from_row(row))
        return [*found.values()][:limit]

    async def find_of_code(self, code: str, limit: int) -> "list[Alert]":
        """At most `limit` alerts about a registered code, the newest first, without history."""
        alerts = schema.alerts
        query = (
            select(alerts)
            .where(alerts.c.subject == code, alerts.c.subject != NO_SUBJECT)
            .where(alerts.c.kind.in_(CODE_ALERTS))
            .order_by(alerts.c.id.desc())
            .limit(limit)
        )
        async with self._store.read() as connection:
            return [alert_from_row(row) for row in (await connection.execute(query)).mappings()]

    async def list(self, state: AlertState | None = None, limit: int = 1000) -> "list[Alert]":
        """Return the alerts not closed, or in one state, by expected loss, without history."""
        alerts = schema.alerts
        query = select(alerts).order_by(alerts.c.expected_loss.desc(), alerts.c.id).limit(limit)
        query = query.where(
            alerts.c.state != AlertState.CLOSED if state is None else alerts.c.state == state
        )
        async with self._store.read() as connection:
            return [alert_from_row(row) for row in (await connection.execute(query)).mappings()]


async def _check_no_other(connection: AsyncConnection, alert: Alert) -> None:
    """Raise `IllegalAlertDecision` if another alert about the same subject is active."""
    other = (await select_active(connection, [alert.key])).get(alert.key)
    if other is not None and other.id != alert.id:
        why = f": alert {other.id} about the same is {other.state}"
        raise IllegalAlertDecision(state=alert.state, wanted=AlertState.INVESTIGATING, why=why)


async def _set(connection: AsyncConnection, id_: int, **row: Any) -> None:
    await connection.execute(update(schema.alerts).where(schema.alerts.c.id == id_).values(**row))
