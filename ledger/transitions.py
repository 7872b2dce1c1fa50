"""Transitions: the append-only history of every stamp's life, and the spans that follow from it.

A transition acts on a run of stamps of one batch: it is appended to the chain and folded into the spans
in one transaction, by the law of `stamps.lifecycle`; all of the run transitions, or nothing does and
`TransitionConflict` names the runs in the way. The same idempotency key answers the first result again.

The order of history is `seq`, not `at`: clocks of packers and phones jump, and a transition that says
an earlier time than the one before is recorded as it was said.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import ColumnElement, RowMapping, delete, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from ledger import schema
from ledger.balance import Balance, weigh
from ledger.batches import find_batch
from ledger.chain import Field, digest
from ledger.errors import (
    KeyReused,
    LotIncomplete,
    LotNotTaken,
    LotRecalled,
    LotRequired,
    NothingToTransition,
    UnknownBatch,
)
from ledger.history import MOVE_FIELDS, extend, head
from ledger.lots import find_lot, mark_recalled
from ledger.scanning import note_activated
from ledger.store import Store, whole
from stamps.lifecycle import BINDS_LOT, State, Transition, check_reason
from stamps.spans import Change, Span, SpanOutOfRange, find_ranges, fold_transition


@dataclass(frozen=True, slots=True)
class RecordedTransition:
    """One recorded transition of the stamps `[lo, hi)` of a batch. `at` is milliseconds, UTC."""

    seq: int
    batch: int
    lo: int
    hi: int
    transition: Transition
    at: int
    actor: str
    reason: str | None
    lot: str | None
    key: str
    hash: str
    """SHA-256 over this row and the hash of the one before, 64 hexadecimal digits."""
    repeated: bool = False
    """True when the idempotency key had been used, and this is the first result again."""


@dataclass(frozen=True, slots=True)
class Step:
    """What is asked of the stamps `[lo, hi)` of one batch.

    `reason` is one of `stamps.lifecycle.REASONS[transition]`; `lot` is named by an activation and by no
    other transition.
    """

    batch: int
    lo: int
    hi: int
    transition: Transition
    reason: str | None = None
    lot: str | None = None


Found = Callable[[AsyncConnection], Awaitable[Sequence[Step]]]


class Transitions:
    """The transitions and spans of one ledger."""

    def __init__(self, store: Store, clock: Callable[[], int]) -> None:
        self._store = store
        self._clock = clock

    async def apply(
        self,
        batch: int,
        lo: int,
        hi: int,
        transition: Transition,
        *,
        actor: str,
        key: str,
        reason: str | None = None,
        lot: str | None = None,
        at: int | None = None,
    ) -> RecordedTransition:
        """Transition the stamps `[lo, hi)` of a batch, all or none.

        Raises `UnknownBatch`, `SpanOutOfRange`, `TransitionConflict`, `IllegalReason`, `LotRequired`,
        `LotNotTaken`, `UnknownLot`, `LotIncomplete`, `LotRecalled`, `KeyReused`.
        """
        step = Step(batch, lo, hi, transition, reason, lot)
        return (await self.apply_all([step], actor=actor, key=key, at=at))[0]

    async def apply_all(
        self, steps: Sequence[Step], *, actor: str, key: str, at: int | None = None
    ) -> list[RecordedTransition]:
        """Take several steps in their order, in one transaction: all of them, or none.

        A print house's report is such: what it printed, then what of it was spoiled. Raises as
        `apply` does, about the first step that can not be taken.
        """
        for step in steps:
            check_reason(step.transition, step.reason)
            if step.transition in BINDS_LOT and step.lot is None:
                raise LotRequired(transition=step.transition)
            if step.transition not in BINDS_LOT and step.lot is not None:
                raise LotNotTaken(transition=step.transition, lot=step.lot)

        async def asked(connection: AsyncConnection) -> Sequence[Step]:
            for lot in dict.fromkeys(step.lot for step in steps if step.lot is not None):
                bound = await find_lot(connection, lot)
                if bound.recalled_at is not None:
                    raise LotRecalled(lot=lot)
                if bound.missing:
                    raise LotIncomplete(lot=lot, items=list(bound.missing))
            return steps

        said = {"steps": [asdict(step) for step in steps]}
        return await self._move(asked, said, actor, key, at)

    async def recall_lot(
        self, lot: str, *, actor: str, reason: str, key: str, at: int | None = None
    ) -> list[RecordedTransition]:
        """Recall every stamp bound to a lot, in whatever batches, in one transaction.

        From then on no stamp can be bound to it. Stamps that are recalled already stay as they
        are; a lot with no other stamps answers no transitions. Raises `UnknownLot`, and `NothingToTransition`
        when the lot was recalled before and no stamp of it is left to recall.
        """
        check_reason(Transition.RECALL, reason)
        at = self._clock() if at is None else at

        async def asked(connection: AsyncConnection) -> Sequence[Step]:
            first = await mark_recalled(connection, lot, actor, at)
            bound = await _spans(connection, schema.spans.c.lot == lot)
            steps = _recalls(bound, reason)
            if not steps and not first:
                raise NothingToTransition(what=f"lot {lot}")
            return steps

        return await self._move(asked, {"recall_lot": lot, "reason": reason}, actor, key, at)

    async def recall_batch(
        self, batch: int, *, actor: str, reason: str, key: str, at: int | None = None
    ) -> list[RecordedTransition]:
        """Recall every stamp of a batch that is on produce; what is not yet can be made void.

        Raises `UnknownBatch`, `NothingToTransition`.
        """
        check_reason(Transition.RECALL, reason)

        async def asked(connection: AsyncConnection) -> Sequence[Step]:
            await find_batch(connection, batch)
            whole = await _spans(connection, schema.spans.c.batch == batch)
            steps = _recalls(whole, reason)
            if not steps:
                raise NothingToTransition(what=f"batch {batch}")
            return steps

        return await self._move(asked, {"recall_batch": batch, "reason": reason}, actor, key, at)

    async def spans(self, batch: int) -> list[Span]:
        """The spans of a batch in order; they partition `[0, count)`. Raises `UnknownBatch`."""
        async with self._store.read() as connection:
            found = await _spans(connection, schema.spans.c.batch == batch)
        if not found:
            raise UnknownBatch(batch=batch)
        return found

    async def span_of(self, batch: int, index: int) -> Span:
        """The span that a stamp is in. Raises `UnknownBatch`, `SpanOutOfRange`."""
        spans = schema.spans
        asked = (
            select(spans)
            .where(spans.c.batch == batch, spans.c.lo <= index)
            .order_by(spans.c.lo.desc())
            .limit(1)
        )
        async with self._store.read() as connection:
            cells = (await connection.execute(asked)).mappings().one_or_none()
            if cells is not None and index < cells["hi"]:
                return span_from(cells)
            count = (await find_batch(connection, batch)).count
        raise SpanOutOfRange(batch=batch, lo=index, hi=index + 1, count=count)

    async def since(self, seq: int, limit: int = 1000) -> list[RecordedTransition]:
        """The transitions after number `seq`, in order: the change stream."""
        transitions = schema.transitions
        asked = (
            select(transitions)
            .where(transitions.c.seq > seq)
            .order_by(transitions.c.seq)
            .limit(limit)
        )
        async with self._store.read() as connection:
            return [_moved(cells) for cells in (await connection.execute(asked)).mappings()]

    async def of(self, batch: int, index: int | None = None) -> list[RecordedTransition]:
        """The history of a batch, or of one stamp of it, in order."""
        transitions = schema.transitions
        asked = select(transitions).where(transitions.c.batch == batch).order_by(transitions.c.seq)
        if index is not None:
            asked = asked.where(transitions.c.lo <= index, index < transitions.c.hi)
        async with self._store.read() as connection:
            return [_moved(cells) for cells in (await connection.execute(asked)).mappings()]

    async def head(self) -> tuple[int, str]:
        """The number and hash of the last transition: write it down elsewhere, `verify` takes it."""
        async with self._store.read() as connection:
            return await head(connection, schema.transitions.name)

    async def balance(self, batch: int) -> Balance:
        """Where all the stamps of a batch are, and whether that agrees with the transitions."""
        async with self._store.read() as connection:
            count = (await find_batch(connection, batch)).count
            return await weigh(connection, batch, count)

    @whole
    async def _move(
        self,
        asked: Found,
        said: Mapping[str, Any],
        actor: str,
        key: str,
        at: int | None,
    ) -> list[RecordedTransition]:
        at = self._clock() if at is None else at
        request = digest({**said, "actor": actor})
        async with self._store.write() as connection:
            before = await _by_key(connection, key, request)
            if before:
                return before
            moved, activated = [], []
            for part, step in enumerate(await asked(connection)):
                change = Change(step.transition, step.lo, step.hi, at, step.lot, step.reason)
                await _fold(connection, step.batch, change)
                if step.transition is Transition.ACTIVATE:
                    activated.append((step.batch, step.hi - step.lo))
                values: dict[str, Field] = {
                    **asdict(step),
                    "transition": str(step.transition),
                    "actor": actor,
                    "at": at,
                    "key": key,
                    "part": part,
                    "request": request,
                }
                seq, sealed = await extend(connection, schema.transitions, MOVE_FIELDS, values)
                moved.append(
                    RecordedTransition(
                        seq=seq, **asdict(step), actor=actor, at=at, key=key, hash=sealed
                    )
                )
            await note_activated(connection, activated, at)
            return moved


async def _fold(connection: AsyncConnection, batch: int, change: Change) -> None:
    """Fold a change into the stored spans, touching only the rows that it alters."""
    spans = schema.spans
    # Neighbours too: they may merge with what was moved.
    touching = await _spans(
        connection,
        (spans.c.batch == batch) & (spans.c.lo <= change.hi) & (spans.c.hi >= change.lo),
    )
    covered = touching and touching[0].lo <= change.lo and change.hi <= touching[-1].hi
    if not (covered and 0 <= change.lo < change.hi):
        count = (await find_batch(connection, batch)).count
        raise SpanOutOfRange(batch=batch, lo=change.lo, hi=change.hi, count=count)
    following = fold_transition(touching, change)
    gone = [span.lo for span in touching if span not in following]
    new = [span for span in following if span not in touching]
    await connection.execute(delete(spans).where(spans.c.batch == batch, spans.c.lo.in_(gone)))
    await connection.execute(insert(spans), [_cells(span) for span in new])


async def _by_key(connection: AsyncConnection, key: str, request: str) -> list[RecordedTransition]:
    transitions = schema.transitions
    found = await connection.execute(
        select(transitions).where(transitions.c.key == key).order_by(transitions.c.part)
    )
    known = found.mappings().all()
    if any(cells["request"] != request for cells in known):
        raise KeyReused(key=key)
    return [_moved(cells, repeated=True) for cells in known]


async def _spans(connection: AsyncConnection, which: ColumnElement[bool]) -> list[Span]:
    spans = schema.spans
    asked = select(spans).where(which).order_by(spans.c.batch, spans.c.lo)
    return [span_from(cells) for cells in (await connection.execute(asked)).mappings()]


def _recalls(found: Sequence[Span], reason: str) -> list[Step]:
    """The steps that recall what can be of these spans."""
    return [Step(*run, Transition.RECALL, reason) for run in find_ranges(found, Transition.RECALL)]


def span_from(cells: RowMapping) -> Span:
    """The span that a row of `spans` says."""
    before = cells["before"]
    return Span(
        **{
            **cells,
            "state": State(cells["state"]),
            "before": None if before is None else State(before),
        }
    )


def _cells(span: Span) -> dict[str, Field]:
    return {
        "batch": span.batch,
        "lo": span.lo,
        "hi": span.hi,
        "state": str(span.state),
        "before": None if span.before is None else str(span.before),
        "lot": span.lot,
        "reason": span.reason,
        "activated_at": span.activated_at,
        "changed_at": span.changed_at,
    }


def _moved(cells: RowMapping, *, repeated: bool = False) -> RecordedTransition:
    return RecordedTransition(
        seq=cells["seq"],
        batch=cells["batch"],
        lo=cells["lo"],
        hi=cells["hi"],
        transition=Transition(cells["transition"]),
        at=cells["at"],
        actor=cells["actor"],
        reason=cells["reason"],
        lot=cells["lot"],
        key=cells["key"],
        hash=cells["hash"],
        repeated=repeated,
    )
