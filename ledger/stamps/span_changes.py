"""Span changes: the spans that follow from the transitions of one request, written at once.

Spans are read once for each batch, folded in memory and written where they differ. A print report
has thousands of transitions, and all writers wait for the one transaction that it is.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence

from sqlalchemy import ColumnElement, RowMapping, bindparam, delete, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from ledger import schema
from ledger.batches.batches import find_batch
from ledger.chains.hash_chain import Field
from stamps.lifecycle import State
from stamps.spans import RangeTransition, Span, SpanOutOfRange, fold_transition


async def fold_into_spans(
    connection: AsyncConnection, requested: Sequence[RangeTransition], at: int
) -> None:
    """Fold transitions, in their order, into the stored spans, and write the rows that differ.

    Raises `TransitionConflict`, `UnknownBatch` and `SpanOutOfRange` for the first that is refused.
    """
    for batch in dict.fromkeys(one.batch for one in requested):
        steps = [one for one in requested if one.batch == batch]
        lo, hi = min(one.lo for one in steps), max(one.hi for one in steps)
        spans = schema.spans
        # With both neighbours: they may merge with what changes.
        before = await select_spans(
            connection, (spans.c.batch == batch) & (spans.c.lo <= hi) & (spans.c.hi >= lo)
        )
        after = list(before)
        for one in steps:
            await _fold(connection, after, one, at)
        await _write_changes(connection, batch, before, after)


async def _fold(
    connection: AsyncConnection, spans: list[Span], requested: RangeTransition, at: int
) -> None:
    """Replace the spans that a transition touches by those that follow from it."""
    first = bisect_left(spans, requested.lo, key=lambda span: span.hi)
    last = bisect_right(spans, requested.hi, key=lambda span: span.lo)
    touching = spans[first:last]
    covered = touching and touching[0].lo <= requested.lo and requested.hi <= touching[-1].hi
    if not (covered and 0 <= requested.lo < requested.hi):
        count = (await find_batch(connection, requested.batch)).count
        raise SpanOutOfRange(batch=requested.batch, lo=requested.lo, hi=requested.hi, count=count)
    spans[first:last] = fold_transition(touching, requested, at)


async def _write_changes(
    connection: AsyncConnection, batch: int, before: Sequence[Span], after: Sequence[Span]
) -> None:
    spans = schema.spans
    old, new = {span.lo: span for span in before}, {span.lo: span for span in after}
    gone = [{"gone": lo} for lo, span in old.items() if new.get(lo) != span]
    added = [_span_to_row(span) for lo, span in new.items() if old.get(lo) != span]
    if gone:
        await connection.execute(
            delete(spans).where(spans.c.batch == batch, spans.c.lo == bindparam("gone")), gone
        )
    if added:
        await connection.execute(insert(spans), added)


async def select_spans(connection: AsyncConnection, condition: ColumnElement[bool]) -> list[Span]:
    """Return the spans that a condition selects, by batch and index."""
    spans = schema.spans
    query = select(spans).where(condition).order_by(spans.c.batch, spans.c.lo)
    return [span_from_row(row) for row in (await connection.execute(query)).mappings()]


def span_from_row(row: RowMapping) -> Span:
    """Return the span that a row of the table `spans` holds."""
    suspended_from = row["suspended_from"]
    return Span(
        **{
            **row,
            "state": State(row["state"]),
            "suspended_from": None if suspended_from is None else State(suspended_from),
        }
    )


def _span_to_row(span: Span) -> dict[str, Field]:
    return {
        "batch": span.batch,
        "lo": span.lo,
        "hi": span.hi,
        "state": str(span.state),
        "suspended_from": None if span.suspended_from is None else str(span.suspended_from),
        "lot": span.lot,
        "reason": span.reason,
        "activated_at": span.activated_at,
        "changed_at": span.changed_at,
    }
