"""Alerts: what the judge shows to people, and what they made of it.

One living alert a stamp (or a batch): more evidence goes into it, with its history, and not into a
second one. People move it:

    open → investigating → confirmed → closed
                         → dismissed → closed      a dismissal names its cause

A dismissed alert that meets a reason it did not have before is open again; the same reasons again
only add to its history. A closed alert is over: later evidence opens a new one.

The queue is ranked by expected loss: the score (the judge's, at least 0) times the stamps at
stake: for a stamp the scans that reported it, for a batch its activated stamps.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, Literal

from sqlalchemy import RowMapping, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from ledger import schema
from ledger.errors import AlertStep, UnknownAlert
from ledger.history import record
from ledger.store import Store, whole
from stamps.lifecycle import State

AlertKind = Literal["stamp", "batch"]


class AlertState(StrEnum):
    """Where an alert stands."""

    OPEN = "open"
    INVESTIGATING = "investigating"
    CONFIRMED = "confirmed"
    DISMISSED = "dismissed"
    CLOSED = "closed"


STEPS: Final[Mapping[AlertState, frozenset[AlertState]]] = {
    AlertState.OPEN: frozenset({AlertState.INVESTIGATING}),
    AlertState.INVESTIGATING: frozenset({AlertState.CONFIRMED, AlertState.DISMISSED}),
    AlertState.CONFIRMED: frozenset({AlertState.CLOSED}),
    AlertState.DISMISSED: frozenset({AlertState.CLOSED}),
    AlertState.CLOSED: frozenset(),
}
"""The steps that people can take."""

CAUSES: Final[Mapping[AlertState, tuple[str, ...]]] = {
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
"""The causes that a decision must name; other steps name none."""

_NO_INDEX: Final = -1


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


class Alerts:
    """The alerts of one ledger."""

    def __init__(self, store: Store, clock: Callable[[], int]) -> None:
        self._store = store
        self._clock = clock

    @whole
    async def report(
        self,
        kind: AlertKind,
        batch: int,
        index: int | None,
        *,
        score: float,
        reasons: Sequence[str],
        scans: Collection[bytes] = (),
        actor: str = "judge",
        at: int | None = None,
    ) -> Alert:
        """Evidence: opens the alert of this stamp or batch, or adds to the one that lives.

        Answers the alert without its history. Many scans of one stamp are best reported at once,
        each call is a transaction. Reporting scans that are all known to it already, with nothing
        new beside them, changes nothing: a recorder may report again after a crash.
        """
        if (kind == "stamp") != (index is not None):
            raise ValueError("an alert about a stamp has an index, one about a batch has none")
        at = self._clock() if at is None else at
        idx = _NO_INDEX if index is None else index
        async with self._store.write() as connection:
            known = await _living(connection, kind, batch, idx)
            if known is None:
                last = await connection.scalar(select(func.max(schema.alerts.c.id)))
                known = Alert(
                    id=(last or 0) + 1,
                    kind=kind,
                    batch=batch,
                    index=index,
                    state=AlertState.OPEN,
                    cause=None,
                    owner=None,
                    score=score,
                    reasons=(),
                    scans=0,
                    expected_loss=0.0,
                    opened_at=at,
                    updated_at=at,
                )
                await connection.execute(insert(schema.alerts).values(_cells(known)))
            new_scans = await _unseen(connection, known.id, scans)
            new_reasons = tuple(r for r in dict.fromkeys(reasons) if r not in known.reasons)
            if known.reasons and not new_scans and not new_reasons and score <= known.score:
                return known
            reopened = known.state is AlertState.DISMISSED and bool(new_reasons)
            state = AlertState.OPEN if reopened else known.state
            count = known.scans + len(new_scans)
            highest = max(score, known.score)
            stake = await _at_stake(connection, kind, batch, count)
            await _set(
                connection,
                known.id,
                state=state,
                cause=None if reopened else known.cause,
                score=highest,
                reasons=_joined(known.reasons + new_reasons),
                scans=count,
                expected_loss=max(highest, 0.0) * stake,
                updated_at=at,
            )
            await _tell(
                connection,
                known.id,
                AlertEvent(
                    at, actor, "evidence", state, None, None, score, tuple(reasons), new_scans
                ),
            )
            found = await connection.execute(
                select(schema.alerts).where(schema.alerts.c.id == known.id)
            )
            return _alert(found.mappings().one())

    @whole
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
        """A person moves the alert. Raises `UnknownAlert`, `AlertStep`. Kept in the audit log."""
        at = self._clock() if at is None else at
        async with self._store.write() as connection:
            known = await _get(connection, id_)
            if state not in STEPS[known.state]:
                raise AlertStep(state=known.state, wanted=state, why="")
            causes = CAUSES.get(state, ())
            if cause not in causes if causes else cause is not None:
                why = f" for the cause {cause}; allowed: {', '.join(causes) or 'none'}"
                raise AlertStep(state=known.state, wanted=state, why=why)
            owner = actor if state is AlertState.INVESTIGATING else known.owner
            kept = cause or known.cause  # closing keeps the cause of the decision before
            await _set(connection, id_, state=state, cause=kept, owner=owner, updated_at=at)
            await _tell(
                connection,
                id_,
                AlertEvent(at, actor, "decision", state, cause, note, known.score, (), ()),
            )
            await record(
                connection,
                at=at,
                actor=actor,
                action="alert.decide",
                subject=f"alerts:{id_}",
                details={"state": state, "cause": cause, "note": note},
            )
            return await _get(connection, id_)

    async def get(self, id_: int) -> Alert:
        """The alert with its history. Raises `UnknownAlert`."""
        async with self._store.read() as connection:
            return await _get(connection, id_)

    async def list(self, state: AlertState | None = None, limit: int = 1000) -> "list[Alert]":
        """The living alerts, or those in one state, by expected loss; without their history."""
        alerts = schema.alerts
        asked = select(alerts).order_by(alerts.c.expected_loss.desc(), alerts.c.id).limit(limit)
        asked = asked.where(
            alerts.c.state != AlertState.CLOSED if state is None else alerts.c.state == state
        )
        async with self._store.read() as connection:
            return [_alert(cells) for cells in (await connection.execute(asked)).mappings()]


async def _living(connection: AsyncConnection, kind: str, batch: int, idx: int) -> Alert | None:
    alerts = schema.alerts
    found = await connection.execute(
        select(alerts).where(
            alerts.c.kind == kind,
            alerts.c.batch == batch,
            alerts.c.idx == idx,
            alerts.c.state != AlertState.CLOSED,
        )
    )
    cells = found.mappings().one_or_none()
    return None if cells is None else _alert(cells)


async def _get(connection: AsyncConnection, id_: int) -> Alert:
    alerts = schema.alerts
    found = await connection.execute(select(alerts).where(alerts.c.id == id_))
    cells = found.mappings().one_or_none()
    if cells is None:
        raise UnknownAlert(alert=id_)
    return _alert(cells, await _history(connection, id_))


async def _unseen(
    connection: AsyncConnection, id_: int, scans: Collection[bytes]
) -> tuple[bytes, ...]:
    """Those of the scans that were not reported to this alert before; they are now."""
    table = schema.alert_scans
    found = await connection.execute(
        select(table.c.scan).where(table.c.alert == id_, table.c.scan.in_(list(scans)))
    )
    seen = set(found.scalars())
    new = tuple(scan for scan in dict.fromkeys(scans) if scan not in seen)
    if new:
        await connection.execute(insert(table), [{"alert": id_, "scan": scan} for scan in new])
    return new


async def _history(connection: AsyncConnection, id_: int) -> tuple[AlertEvent, ...]:
    events = schema.alert_events
    found = await connection.execute(
        select(events).where(events.c.alert == id_).order_by(events.c.n)
    )
    return tuple(
        AlertEvent(
            at=cells["at"],
            actor=cells["actor"],
            what=cells["what"],
            state=AlertState(cells["state"]),
            cause=cells["cause"],
            note=cells["note"],
            score=cells["score"],
            reasons=_split(cells["reasons"]),
            scans=tuple(bytes.fromhex(scan) for scan in _split(cells["scans"])),
        )
        for cells in found.mappings()
    )


async def _at_stake(connection: AsyncConnection, kind: str, batch: int, scans: int) -> int:
    if kind == "stamp":
        return max(scans, 1)
    spans = schema.spans
    living = await connection.scalar(
        select(func.sum(spans.c.hi - spans.c.lo)).where(
            spans.c.batch == batch, spans.c.state.in_([State.ACTIVATED, State.CLAIMED])
        )
    )
    return max(int(living or 0), 1)


async def _set(connection: AsyncConnection, id_: int, **cells: Any) -> None:
    await connection.execute(update(schema.alerts).where(schema.alerts.c.id == id_).values(**cells))


async def _tell(connection: AsyncConnection, id_: int, event: AlertEvent) -> None:
    events = schema.alert_events
    told = await connection.scalar(select(func.max(events.c.n)).where(events.c.alert == id_))
    await connection.execute(
        insert(events).values(
            alert=id_,
            n=(told or 0) + 1,
            at=event.at,
            actor=event.actor,
            what=event.what,
            state=str(event.state),
            cause=event.cause,
            note=event.note,
            score=event.score,
            reasons=_joined(event.reasons),
            scans=_joined(tuple(scan.hex() for scan in event.scans)),
        )
    )


def _cells(alert: Alert) -> dict[str, Any]:
    names = [column.name for column in schema.alerts.columns if column.name != "idx"]
    return {
        **{name: getattr(alert, name) for name in names},
        "idx": _NO_INDEX if alert.index is None else alert.index,
        "reasons": _joined(alert.reasons),
    }


def _alert(cells: RowMapping, history: tuple[AlertEvent, ...] = ()) -> Alert:
    values = dict(cells)
    idx = values.pop("idx")
    return Alert(
        **{
            **values,
            "index": None if idx == _NO_INDEX else idx,
            "state": AlertState(values["state"]),
            "reasons": _split(values["reasons"]),
            "history": history,
        }
    )


def _joined(words: tuple[str, ...]) -> str:
    return ",".join(words)


def _split(text: str) -> tuple[str, ...]:
    return tuple(filter(None, text.split(",")))
