"""Alert evidence: open alerts and add to them, many at a time in a few statements.

A recorder writes hundreds of scans in one flush, and in an attack most of them are suspicious.
Evidence is merged by stamp (or batch), then looked up, applied and written together. An alert knows
its evidence by scan id, so a flush that was cut off can be reported again, together with other
scans, and adds only what is new.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    bindparam,
    func,
    insert,
    literal,
    select,
    tuple_,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.sql.schema import Column

from ledger import schema
from ledger.alert_record import (
    NO_INDEX,
    Alert,
    AlertEvent,
    AlertKind,
    AlertState,
    alert_from_row,
    alert_to_row,
)
from ledger.slug_list import join_slugs
from stamps.lifecycle import State

_Key = tuple[AlertKind, int, int]


@dataclass(frozen=True, slots=True)
class AlertEvidence:
    """A suspicion of the detector against a stamp or, without an index, a batch."""

    kind: AlertKind
    batch: int
    index: int | None
    score: float
    reasons: tuple[str, ...]
    scans: tuple[bytes, ...] = ()
    """Ids of the scans that are its evidence; a repeated scan is no new evidence."""
    at: int | None = None
    """Milliseconds, UTC; None is now."""
    actor: str = "detector"

    def __post_init__(self) -> None:
        if (self.kind == "stamp") != (self.index is not None):
            raise ValueError("an alert about a stamp has an index, one about a batch has none")

    @property
    def key(self) -> _Key:
        """Identifies the alert that it belongs to."""
        return self.kind, self.batch, NO_INDEX if self.index is None else self.index


def merge_evidence(pieces: Iterable[AlertEvidence]) -> dict[_Key, AlertEvidence]:
    """Merge evidence by stamp or batch: highest score, all reasons, all scans, last time."""
    found: dict[_Key, AlertEvidence] = {}
    for one in pieces:
        before = found.get(one.key)
        if before is not None:
            one = replace(
                one,
                score=max(before.score, one.score),
                reasons=before.reasons + one.reasons,
                scans=before.scans + one.scans,
                at=max(before.at or 0, one.at or 0) or None,
            )
        found[one.key] = one
    return {
        key: replace(
            one, reasons=tuple(dict.fromkeys(one.reasons)), scans=tuple(dict.fromkeys(one.scans))
        )
        for key, one in found.items()
    }


@dataclass(slots=True)
class _Fold:
    """One piece of evidence and the alert that it is added to."""

    evidence: AlertEvidence
    at: int
    alert: Alert
    is_new: bool
    scans: tuple[bytes, ...] = ()
    """The scans that are new to the alert."""
    changed: bool = True

    def apply(self, seen: set[bytes], stake: int | None) -> None:
        """Add the evidence to the alert. `seen`: its known scans; `stake`: a batch's stamps."""
        known, evidence = self.alert, self.evidence
        self.scans = tuple(scan for scan in evidence.scans if scan not in seen)
        reasons = tuple(reason for reason in evidence.reasons if reason not in known.reasons)
        if not self.is_new and not self.scans and not reasons and evidence.score <= known.score:
            self.changed = False
            return
        reopened = known.state is AlertState.DISMISSED and bool(reasons)
        count = known.scans + len(self.scans)
        score = evidence.score if self.is_new else max(evidence.score, known.score)
        self.alert = replace(
            known,
            state=AlertState.OPEN if reopened else known.state,
            cause=None if reopened else known.cause,
            score=score,
            reasons=known.reasons + reasons,
            scans=count,
            expected_loss=max(score, 0.0) * max(count if stake is None else stake, 1),
            updated_at=self.at,
        )

    def to_event(self) -> AlertEvent:
        """Return the event for the alert's history."""
        return AlertEvent(
            at=self.at,
            actor=self.evidence.actor,
            what="evidence",
            state=self.alert.state,
            cause=None,
            note=None,
            score=self.evidence.score,
            reasons=self.evidence.reasons,
            scans=self.scans,
        )


async def apply_evidence(
    connection: AsyncConnection, pieces: Iterable[AlertEvidence], now: int
) -> list[Alert]:
    """Open alerts or add to those not closed, inside the writer's transaction.

    Returns one alert, without history, for each stamp or batch, in the order of first mention.
    """
    evidence = merge_evidence(pieces)
    if not evidence:
        return []
    known = await _select_open(connection, list(evidence))
    last = await connection.scalar(select(func.max(schema.alerts.c.id))) or 0
    folds = []
    for key, one in evidence.items():
        at = now if one.at is None else one.at
        alert = known.get(key)
        if alert is None:
            last += 1
            folds.append(_Fold(one, at, _new_alert(last, one, at), is_new=True))
        else:
            folds.append(_Fold(one, at, alert, is_new=False))
    seen = await _select_known_scans(connection, folds)
    stakes = await _count_in_use(
        connection, [fold.evidence.batch for fold in folds if _about_batch(fold)]
    )
    for fold in folds:
        stake = stakes.get(fold.evidence.batch, 0) if _about_batch(fold) else None
        fold.apply(seen.get(fold.alert.id, set()), stake)
    await _write_changes(connection, [fold for fold in folds if fold.changed])
    return [fold.alert for fold in folds]


def _about_batch(fold: _Fold) -> bool:
    return fold.evidence.kind == "batch"


def _new_alert(id_: int, evidence: AlertEvidence, at: int) -> Alert:
    return Alert(
        id=id_,
        kind=evidence.kind,
        batch=evidence.batch,
        index=evidence.index,
        state=AlertState.OPEN,
        cause=None,
        owner=None,
        score=evidence.score,
        reasons=(),
        scans=0,
        expected_loss=0.0,
        opened_at=at,
        updated_at=at,
    )


async def _select_open(connection: AsyncConnection, keys: Sequence[_Key]) -> dict[_Key, Alert]:
    alerts = schema.alerts
    found: dict[_Key, Alert] = {}
    for kind in ("stamp", "batch"):
        pairs = [(batch, idx) for this, batch, idx in keys if this == kind]
        if not pairs:
            continue
        query = select(alerts).where(
            alerts.c.kind == kind,
            alerts.c.state != AlertState.CLOSED,
            _is_one_of(connection, alerts.c.batch, alerts.c.idx, pairs),
        )
        for row in (await connection.execute(query)).mappings():
            found[kind, row["batch"], row["idx"]] = alert_from_row(row)
    return found


async def _select_known_scans(
    connection: AsyncConnection, folds: Sequence[_Fold]
) -> dict[int, set[bytes]]:
    """Return the scans of this evidence that its alert has already, by alert."""
    table = schema.alert_scans
    pairs = [
        (fold.alert.id, scan) for fold in folds if not fold.is_new for scan in fold.evidence.scans
    ]
    found: dict[int, set[bytes]] = {}
    if pairs:
        query = select(table).where(_is_one_of(connection, table.c.alert, table.c.scan, pairs))
        for alert, scan in await connection.execute(query):
            found.setdefault(alert, set()).add(scan)
    return found


async def _count_in_use(connection: AsyncConnection, batches: Sequence[int]) -> dict[int, int]:
    """Return how many stamps of each batch are activated or claimed."""
    if not batches:
        return {}
    spans = schema.spans
    query = (
        select(spans.c.batch, func.sum(spans.c.hi - spans.c.lo))
        .where(
            spans.c.batch.in_(batches),
            spans.c.state.in_([State.ACTIVATED, State.CLAIMED]),
        )
        .group_by(spans.c.batch)
    )
    return {batch: int(stamps) for batch, stamps in await connection.execute(query)}


_CHANGE: Final = (
    update(schema.alerts)
    .where(schema.alerts.c.id == bindparam("which"))
    .values(
        {
            name: bindparam(f"new_{name}")
            for name in (
                "state",
                "cause",
                "score",
                "reasons",
                "scans",
                "expected_loss",
                "updated_at",
            )
        }
    )
)


async def _write_changes(connection: AsyncConnection, folds: Sequence[_Fold]) -> None:
    """Write changed alerts, the scans that they have, and one event each."""
    if not folds:
        return
    new = [alert_to_row(fold.alert) for fold in folds if fold.is_new]
    if new:
        await connection.execute(insert(schema.alerts), new)
    known = [fold.alert for fold in folds if not fold.is_new]
    if known:
        await connection.execute(
            _CHANGE,
            [
                {"which": alert.id}
                | {f"new_{name}": cell for name, cell in alert_to_row(alert).items()}
                for alert in known
            ],
        )
    scans = [{"alert": fold.alert.id, "scan": scan} for fold in folds for scan in fold.scans]
    if scans:
        await connection.execute(insert(schema.alert_scans), scans)
    await append_events(connection, [(fold.alert.id, fold.to_event()) for fold in folds])


async def append_events(
    connection: AsyncConnection, entries: Sequence[tuple[int, AlertEvent]]
) -> None:
    """Append one event to the history of each of these alerts."""
    events = schema.alert_events
    query = (
        select(events.c.alert, func.max(events.c.n))
        .where(events.c.alert.in_([alert for alert, _ in entries]))
        .group_by(events.c.alert)
    )
    last = {alert: int(n) for alert, n in await connection.execute(query)}
    await connection.execute(
        insert(events),
        [
            {
                "alert": alert,
                "n": last.get(alert, 0) + 1,
                "at": event.at,
                "actor": event.actor,
                "what": event.what,
                "state": str(event.state),
                "cause": event.cause,
                "note": event.note,
                "score": event.score,
                "reasons": join_slugs(event.reasons),
                "scans": join_slugs(tuple(scan.hex() for scan in event.scans)),
            }
            for alert, event in entries
        ],
    )


def _is_one_of(
    connection: AsyncConnection,
    left: Column[Any],
    right: Column[Any],
    pairs: Sequence[tuple[Any, Any]],
) -> ColumnElement[bool]:
    """Return the condition that `(left, right)` is one of the pairs.

    PostgreSQL plans a list of two thousand pairs for six seconds, as so many alternatives; a join
    with two unnested arrays takes milliseconds.
    """
    if connection.dialect.name == "sqlite":
        return tuple_(left, right).in_(pairs)
    each = (
        func.unnest(
            literal([one for one, _ in pairs], ARRAY(left.type)),
            literal([other for _, other in pairs], ARRAY(right.type)),
        )
        .table_valued("one", "other")
        .render_derived()
    )
    return tuple_(left, right).in_(select(each.c.one, each.c.other))
