"""Transitions: the append-only record of each lifecycle step, and the spans that follow from it.

A transition takes a serial range of one batch. It is appended to the hash chain and folded into the
spans in one transaction, by the table of `stamps.lifecycle`: all of the range changes, or nothing
does and `TransitionConflict` names the parts in the way. The same idempotency key again returns the
first result.

Order is `seq`, not `at`: clocks of packers and phones jump, and a transition that says an earlier
time than the one before is recorded as it was said.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from ledger import schema
from ledger.batches.batches import find_batch
from ledger.batches.mass_balance import (
    MassBalance,
    compute_mass_balance,
    count_lot_states,
    count_states,
)
from ledger.batches.product_days import count_activated
from ledger.chains.chained_rows import (
    read_head,
)
from ledger.errors import LotNotAllowed, LotRequired, UnknownBatch
from ledger.lots.lots import check_binding
from ledger.stamps.carton_contents import refuse_packed
from ledger.stamps.recalls import RecallTarget, recall
from ledger.stamps.reversals import LIMITS, check_reversal
from ledger.stamps.span_changes import select_spans, span_from_row
from ledger.stamps.transition_rows import Plan, RecordedTransition, apply_plan, read_transition
from ledger.storage.store import Store, uncancellable
from stamps.lifecycle import BINDS_LOT, State, Transition, check_reason
from stamps.spans import (
    RangeTransition,
    Span,
    SpanOutOfRange,
)
from stamps.stamp_ranges import StampRange


def claim_key(batch: int, index: int) -> str:
    """Return the idempotency key of a stamp's claim: a stamp is claimed once."""
    return f"claim:{batch}:{index}"


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
        acted_at: int | None = None,
    ) -> RecordedTransition:
        """Apply a transition to the stamps `[lo, hi)` of a batch, to all or none.

        `acted_at` is when an activation was done, if it is recorded later (ms, UTC). Raises
        `UnknownBatch`, `SpanOutOfRange`, `TransitionConflict`, `IllegalReason`,
        `LotRequired`, `LotNotAllowed`, `UnknownLot`, `LotIncomplete`, `LotRecalled`,
        `LotProductMismatch`, `LotOwnerMismatch`, `CodeNotUsable`, `KeyReused`, and what
        `ledger.stamps.reversals.check_reversal` does for a deactivation or rebinding.
        """
        requested = RangeTransition(
            batch, lo, hi, transition, reason=reason, lot=lot, acted_at=acted_at
        )
        return (await self.apply_all([requested], actor=actor, key=key, at=at))[0]

    async def apply_all(
        self,
        requested: Sequence[RangeTransition],
        *,
        actor: str,
        key: str,
        at: int | None = None,
    ) -> list[RecordedTransition]:
        """Apply several transitions in their order, in one transaction: all of them or none.

        A print house's report is an example: what it printed, then what of it was spoiled. Raises
        as `apply` does, for the first transition that is refused.
        """
        at = self._clock() if at is None else at
        for one in requested:
            check_reason(one.transition, one.reason)
            if one.transition in BINDS_LOT and one.lot is None:
                raise LotRequired(transition=one.transition)
            if one.transition not in BINDS_LOT and one.lot is not None:
                raise LotNotAllowed(transition=one.transition, lot=one.lot)

        async def plan(connection: AsyncConnection) -> Sequence[RangeTransition]:
            bindings = (
                (one.batch, one.lot, at if one.acted_at is None else one.acted_at)
                for one in requested
                if one.lot is not None
            )
            for batch, code, acted_at in dict.fromkeys(bindings):
                await check_binding(connection, code, batch, acted_at)
            for one in requested:
                if one.transition in LIMITS:
                    await _reverse(connection, one, at)
            return requested

        return await self._apply(plan, _describe_request(requested), actor, key, at)

    async def recall_lot(
        self, lot: str, *, actor: str, reason: str, key: str, at: int | None = None
    ) -> list[RecordedTransition]:
        """Recall all stamps bound to a lot, in every batch, in one transaction.

        From then on no stamp can be bound to the lot. Stamps that are recalled already stay as
        they are; a lot without other stamps returns no transitions, and the same key again none
        either. Raises `UnknownLot`, and
        `NothingToRecall` when the lot was recalled before and none of its stamps is left.
        """
        return await self._recall(RecallTarget(lot=lot), actor, reason, key, at)

    async def recall_batch(
        self, batch: int, *, actor: str, reason: str, key: str, at: int | None = None
    ) -> list[RecordedTransition]:
        """Recall all stamps of a batch that are on produce; the others can be made void.

        Raises `UnknownBatch`, `NothingToRecall`.
        """
        return await self._recall(RecallTarget(batch=batch), actor, reason, key, at)

    @uncancellable
    async def _recall(
        self, target: RecallTarget, actor: str, reason: str, key: str, at: int | None
    ) -> list[RecordedTransition]:
        at = self._clock() if at is None else at
        async with self._store.write() as connection:
            return await recall(connection, target, reason, actor=actor, key=key, at=at)

    async def is_recorded(self, key: str) -> bool:
        """Whether a request with this idempotency key recorded transitions."""
        rows = schema.transitions
        async with self._store.read() as connection:
            query = select(rows.c.seq).where(rows.c.key == key).limit(1)
            return await connection.scalar(query) is not None

    async def list_spans(self, batch: int) -> list[Span]:
        """Return the spans of a batch in order; they partition `[0, count)`.

        Raises `UnknownBatch`.
        """
        async with self._store.read() as connection:
            spans = await select_spans(connection, schema.spans.c.batch == batch)
        if not spans:
            raise UnknownBatch(batch=batch)
        return spans

    async def get_span(self, batch: int, index: int) -> Span:
        """Return the span that a stamp is in. Raises `UnknownBatch`, `SpanOutOfRange`."""
        spans = schema.spans
        query = (
            select(spans)
            .where(spans.c.batch == batch, spans.c.lo <= index)
            .order_by(spans.c.lo.desc())
            .limit(1)
        )
        async with self._store.read() as connection:
            row = (await connection.execute(query)).mappings().one_or_none()
            if row is not None and index < row["hi"]:
                return span_from_row(row)
            count = (await find_batch(connection, batch)).count
        raise SpanOutOfRange(batch=batch, lo=index, hi=index + 1, count=count)

    async def get_claimed_at(self, batch: int, index: int) -> int | None:
        """Return when a stamp was claimed (ms, UTC); None if it was not."""
        transitions = schema.transitions
        query = select(transitions.c.at).where(transitions.c.key == claim_key(batch, index))
        async with self._store.read() as connection:
            return await connection.scalar(query)

    async def list_after(self, seq: int, limit: int = 1000) -> list[RecordedTransition]:
        """Return the transitions after number `seq`, in order: the change stream."""
        transitions = schema.transitions
        query = (
            select(transitions)
            .where(transitions.c.seq > seq)
            .order_by(transitions.c.seq)
            .limit(limit)
        )
        async with self._store.read() as connection:
            return [read_transition(row) for row in (await connection.execute(query)).mappings()]

    async def list_history(self, batch: int, index: int | None = None) -> list[RecordedTransition]:
        """Return the transitions of a batch, or of one stamp of it, in order."""
        transitions = schema.transitions
        query = select(transitions).where(transitions.c.batch == batch).order_by(transitions.c.seq)
        if index is not None:
            query = query.where(transitions.c.lo <= index, index < transitions.c.hi)
        async with self._store.read() as connection:
            return [read_transition(row) for row in (await connection.execute(query)).mappings()]

    async def list_batch_page(
        self, batch: int, kinds: Iterable[Transition], *, after: int, limit: int
    ) -> list[RecordedTransition]:
        """Return the transitions of a batch of some kinds behind number `after`, in order."""
        transitions = schema.transitions
        query = (
            select(transitions)
            .where(
                transitions.c.batch == batch,
                transitions.c.seq > after,
                transitions.c.transition.in_(list(kinds)),
            )
            .order_by(transitions.c.seq)
            .limit(limit)
        )
        async with self._store.read() as connection:
            return [read_transition(row) for row in (await connection.execute(query)).mappings()]

    async def get_head(self) -> tuple[int, str]:
        """Return the number and hash of the last transition, for a note outside of the ledger.

        `Audit.verify` takes it.
        """
        async with self._store.read() as connection:
            return await read_head(connection, schema.transitions.name)

    async def compute_balance(self, batch: int) -> MassBalance:
        """Count the stamps of a batch by state and by what happened. Raises `UnknownBatch`."""
        async with self._store.read() as connection:
            count = (await find_batch(connection, batch)).count
            return await compute_mass_balance(connection, batch, count)

    async def count_states(self, batches: Sequence[int]) -> dict[int, dict[State, int]]:
        """Count the stamps of each of a page of batches by state."""
        async with self._store.read() as connection:
            return await count_states(connection, batches)

    async def count_lot_states(self, lot: str) -> dict[State, int]:
        """Count the stamps that are bound to a lot by state."""
        async with self._store.read() as connection:
            return await count_lot_states(connection, lot)

    @uncancellable
    async def _apply(
        self,
        plan: Plan,
        request: Mapping[str, Any],
        actor: str,
        key: str,
        at: int | None,
    ) -> list[RecordedTransition]:
        at = self._clock() if at is None else at
        async with self._store.write() as connection:
            return await apply_plan(connection, plan, request, actor=actor, key=key, at=at)


async def _reverse(connection: AsyncConnection, requested: RangeTransition, at: int) -> None:
    """Check a reversal; a deactivation also takes its stamps from the counts of their day."""
    activations = await check_reversal(connection, requested, at)
    await refuse_packed(connection, StampRange(requested.batch, requested.lo, requested.hi))
    if requested.transition is Transition.DEACTIVATE:
        for one in activations:
            await count_activated(connection, [(one.batch, one.lo - one.hi)], one.at)


def _describe_request(requested: Sequence[RangeTransition]) -> dict[str, Any]:
    """Return the content of a request: whoever uses its idempotency key again asks for the same.

    The time of the act is left out: how it is recorded depends on when the request arrives, and a
    phone sends a request again later that it has no answer to.
    """
    described = [asdict(one) for one in requested]
    for one in described:
        del one["acted_at"]
    return {"transitions": described}
