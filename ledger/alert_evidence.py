"""Evidence becoming alerts: many suspicions folded into the ledger by a handful of statements.

A recorder brings hundreds of scans in one flush, and in an attack most of them are suspicious. What
it reports is first gathered by stamp (or batch), then looked up, folded and written for all of them
together. Evidence that an alert has already is recognised by its scans, so a flush that was cut off
may be reported again, in other company, and adds only what is new.
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
from ledger.alert import (
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
    """What the judge shows to people about a stamp, or (without an index) about a batch."""

    kind: AlertKind
    batch: int
    index: int | None
    score: float
    reasons: tuple[str, ...]
    scans: tuple[bytes, ...] = ()
    """The scans that are its evidence; the same scan again is no evidence."""
    at: int | None = None
    """Milliseconds, UTC; None is now."""
    actor: str = "judge"

    def __post_init__(self) -> None:
        if (self.kind == "stamp") != (self.index is not None):
            raise ValueError("an alert about a stamp has an index, one about a batch has none")

    @property
    def key(self) -> _Key:
        """Which living alert it goes into."""
        return self.kind, self.batch, NO_INDEX if self.index is None else self.index


def merge_evidence(suspicions: Iterable[AlertEvidence]) -> dict[_Key, AlertEvidence]:
    """One suspicion a stamp or batch: the highest score, all reasons, all scans, the last time."""
    found: dict[_Key, AlertEvidence] = {}
    for one in suspicions:
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
    """One suspicion and the alert that it goes into."""

    said: AlertEvidence
    at: int
    alert: Alert
    is_new: bool
    scans: tuple[bytes, ...] = ()
    """Those of its scans that the alert did not know."""
    changed: bool = True

    def apply(self, seen: set[bytes], stake: int | None) -> None:
        """Put the evidence into the alert; `seen` are scans that it has, `stake` a batch's."""
        known, said = self.alert, self.said
        self.scans = tuple(scan for scan in said.scans if scan not in seen)
        reasons = tuple(reason for reason in said.reasons if reason not in known.reasons)
        if not self.is_new and not self.scans and not reasons and said.score <= known.score:
            self.changed = False
            return
        reopened = known.state is AlertState.DISMISSED and bool(reasons)
        count = known.scans + len(self.scans)
        score = said.score if self.is_new else max(said.score, known.score)
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

    def event(self) -> AlertEvent:
        """The line of the alert's history."""
        said = self.said
        return AlertEvent(
            *(self.at, said.actor, "evidence", self.alert.state, None, None),
            *(said.score, said.reasons, self.scans),
        )


async def apply_evidence(
    connection: AsyncConnection, suspicions: Iterable[AlertEvidence], now: int
) -> list[Alert]:
    """Open alerts and add to those that live, inside the writer's transaction.

    Answers one alert for each stamp or batch that was named, in the order of the first naming,
    without history.
    """
    said = merge_evidence(suspicions)
    if not said:
        return []
    living = await _living(connection, list(said))
    last = await connection.scalar(select(func.max(schema.alerts.c.id))) or 0
    folds = []
    for key, one in said.items():
        at = now if one.at is None else one.at
        alert = living.get(key)
        if alert is None:
            last += 1
            folds.append(_Fold(one, at, _opened(last, one, at), is_new=True))
        else:
            folds.append(_Fold(one, at, alert, is_new=False))
    seen = await _seen(connection, folds)
    stakes = await _stakes(connection, [fold.said.batch for fold in folds if _is_batch(fold)])
    for fold in folds:
        stake = stakes.get(fold.said.batch, 0) if _is_batch(fold) else None
        fold.apply(seen.get(fold.alert.id, set()), stake)
    await _write(connection, [fold for fold in folds if fold.changed])
    return [fold.alert for fold in folds]


def _is_batch(fold: _Fold) -> bool:
    return fold.said.kind == "batch"


def _opened(id_: int, said: AlertEvidence, at: int) -> Alert:
    return Alert(
        id=id_,
        kind=said.kind,
        batch=said.batch,
        index=said.index,
        state=AlertState.OPEN,
        cause=None,
        owner=None,
        score=said.score,
        reasons=(),
        scans=0,
        expected_loss=0.0,
        opened_at=at,
        updated_at=at,
    )


async def _living(connection: AsyncConnection, keys: Sequence[_Key]) -> dict[_Key, Alert]:
    alerts = schema.alerts
    found: dict[_Key, Alert] = {}
    for kind in ("stamp", "batch"):
        pairs = [(batch, idx) for this, batch, idx in keys if this == kind]
        if not pairs:
            continue
        asked = select(alerts).where(
            alerts.c.kind == kind,
            alerts.c.state != AlertState.CLOSED,
            _among(connection, alerts.c.batch, alerts.c.idx, pairs),
        )
        for cells in (await connection.execute(asked)).mappings():
            found[kind, cells["batch"], cells["idx"]] = alert_from_row(cells)
    return found


async def _seen(connection: AsyncConnection, folds: Sequence[_Fold]) -> dict[int, set[bytes]]:
    """The scans of these suspicions that their alerts know, by alert."""
    table = schema.alert_scans
    pairs = [(fold.alert.id, scan) for fold in folds if not fold.is_new for scan in fold.said.scans]
    found: dict[int, set[bytes]] = {}
    if pairs:
        asked = select(table).where(_among(connection, table.c.alert, table.c.scan, pairs))
        for alert, scan in await connection.execute(asked):
            found.setdefault(alert, set()).add(scan)
    return found


async def _stakes(connection: AsyncConnection, batches: Sequence[int]) -> dict[int, int]:
    """How many stamps of each batch are in use."""
    if not batches:
        return {}
    spans = schema.spans
    asked = (
        select(spans.c.batch, func.sum(spans.c.hi - spans.c.lo))
        .where(
            spans.c.batch.in_(batches),
            spans.c.state.in_([State.ACTIVATED, State.CLAIMED]),
        )
        .group_by(spans.c.batch)
    )
    return {batch: int(stamps) for batch, stamps in await connection.execute(asked)}


_CHANGE: Final = (
    update(schema.alerts)
    .where(schema.alerts.c.id == bindparam("which"))
    .values(
        {
            name: bindparam(f"new_{name}")
            for name in (
                *("state", "cause", "score", "reasons", "scans"),
                *("expected_loss", "updated_at"),
            )
        }
    )
)


async def _write(connection: AsyncConnection, folds: Sequence[_Fold]) -> None:
    """Keep what changed: alerts, the scans that they know, a line of history each."""
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
    await append_events(connection, [(fold.alert.id, fold.event()) for fold in folds])


async def append_events(
    connection: AsyncConnection, told: Sequence[tuple[int, AlertEvent]]
) -> None:
    """Append one line to the history of each of these alerts."""
    events = schema.alert_events
    asked = (
        select(events.c.alert, func.max(events.c.n))
        .where(events.c.alert.in_([alert for alert, _ in told]))
        .group_by(events.c.alert)
    )
    last = {alert: int(n) for alert, n in await connection.execute(asked)}
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
            for alert, event in told
        ],
    )


def _among(
    connection: AsyncConnection,
    left: Column[Any],
    right: Column[Any],
    pairs: Sequence[tuple[Any, Any]],
) -> ColumnElement[bool]:
    """`(left, right)` is one of the pairs.

    PostgreSQL takes a list of two thousand pairs as so many alternatives, and plans for six
    seconds; two arrays that are unnested side by side it joins in milliseconds.
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
