"""Recalls: stamps of a lot, batch, code, carton, trace or ranges. Final.

A recall is the act of an approved proposal (`ledger.proposals.proposals`): its idempotency key
names the proposal, and on PostgreSQL a trigger refuses a recall whose key names none.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from ledger import schema
from ledger.batches.batches import find_batch
from ledger.errors import NothingToRecall
from ledger.lots.lots import mark_recalled
from ledger.proposals.proposal import Proposal
from ledger.stamps.carton_contents import clip_spans, select_spans_of
from ledger.stamps.span_changes import select_spans
from ledger.stamps.transition_rows import RecordedTransition, apply_plan
from stamps.lifecycle import Transition, check_reason
from stamps.spans import RangeTransition, Span, plan_transition
from stamps.stamp_ranges import StampRange


@dataclass(frozen=True, slots=True)
class RecallTarget:
    """Target of a recall: every stamp of a lot, of a batch, of lots that name a registered code, of
    a carton or pallet, what a trace reached, or serial ranges `[lo, hi)`.

    The lots of a code, the stamps of a carton, and the lots and stamps of a trace are those of the
    time when the recall was proposed: what two people decide is what happens. A lot that names the
    code later, and a stamp that is packed later, is another recall; a stamp that was unpacked since
    is recalled.
    """

    lot: str | None = None
    batch: int | None = None
    ranges: tuple[tuple[int, int, int], ...] = ()
    code: str | None = None
    """The growing area or packing house that the lots name."""
    lots: tuple[str, ...] = ()
    since: str | None = None
    """The first day of packing, an ISO date of Vietnam; None: from the first lot on."""
    until: str | None = None
    """The last day of packing."""
    carton: str | None = None
    """The id of the carton or pallet, which had `ranges` in it."""
    traced: str | None = None
    """What was traced forward to `lots`, and to the stamps in `ranges` without their lot."""
    is_cut: bool = False
    """Whether the trace was cut, so that there may be more."""

    @property
    def is_exact(self) -> bool:
        """Whether all stamps of the ranges are recalled or none; else those that can be."""
        return bool(self.ranges) and self.carton is None and self.traced is None

    def to_document(self) -> dict[str, Any]:
        """The target as the document of a proposal; `from_document` reads it."""
        if self.lot is not None:
            return {"lot": self.lot}
        if self.batch is not None:
            return {"batch": self.batch}
        if self.code is not None:
            return {
                "code": self.code,
                "lots": list(self.lots),
                "since": self.since,
                "until": self.until,
            }
        ranges: dict[str, Any] = {"ranges": [list(one) for one in self.ranges]}
        if self.traced is not None:
            lots = {"lots": list(self.lots), "is_cut": self.is_cut}
            return {"traced": self.traced, **lots, **ranges}
        return ranges if self.carton is None else {"carton": self.carton, **ranges}

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> "RecallTarget":
        """The target in the document of a proposal."""
        ranges = tuple((batch, lo, hi) for batch, lo, hi in document.get("ranges", ()))
        return cls(
            lot=document.get("lot"),
            batch=document.get("batch"),
            ranges=ranges,
            code=document.get("code"),
            lots=tuple(document.get("lots", ())),
            since=document.get("since"),
            until=document.get("until"),
            carton=document.get("carton"),
            traced=document.get("traced"),
            is_cut=document.get("is_cut", False),
        )

    def list_lots(self) -> tuple[str, ...]:
        """The lots that are recalled as wholes."""
        return self.lots if self.lot is None else (self.lot,)


def plan_recall(
    target: RecallTarget, spans: Sequence[Span], reason: str | None = None
) -> list[RangeTransition]:
    """The transitions of a recall over the spans that it may touch.

    No transition is of two lots: the database compares each with what was decided.
    """
    lots = target.list_lots()
    parts = [[span for span in spans if span.lot == lot] for lot in lots]
    if target.ranges:
        rest = [span for span in spans if span.lot not in lots]
        parts.append(clip_spans(rest, [StampRange(*one) for one in target.ranges]))
    elif target.batch is not None:
        parts.append(list(spans))
    return [one for part in parts for one in plan_transition(part, Transition.RECALL, reason)]


async def select_recalled_spans(connection: AsyncConnection, target: RecallTarget) -> list[Span]:
    """Return the spans of a target, cut to its ranges, each stamp once."""
    spans = schema.spans.c
    if target.batch is not None:
        return await select_spans(connection, spans.batch == target.batch)
    lots = target.list_lots()
    found = await select_spans(connection, spans.lot.in_(lots)) if lots else []
    some = await select_spans_of(connection, [StampRange(*one) for one in target.ranges])
    return found + [span for span in some if span.lot not in lots]


async def recall(
    connection: AsyncConnection,
    target: RecallTarget,
    reason: str | None,
    *,
    actor: str,
    key: str,
    at: int,
) -> list[RecordedTransition]:
    """Recall stamps inside the writer's transaction; raises as the methods of `Transitions` do."""
    check_reason(Transition.RECALL, reason)

    async def plan(connection: AsyncConnection) -> Sequence[RangeTransition]:
        if target.is_exact:
            return [
                RangeTransition(batch, lo, hi, Transition.RECALL, reason=reason)
                for batch, lo, hi in target.ranges
            ]
        if target.batch is not None:
            await find_batch(connection, target.batch)
        first = [await mark_recalled(connection, lot, actor, at) for lot in target.list_lots()]
        spans = await select_recalled_spans(connection, target)
        planned = plan_recall(target, spans, reason)
        if not planned and not any(first):
            raise NothingToRecall(what=_name_target(target))
        return planned

    request = {"recall": target.to_document(), "reason": reason}
    return await apply_plan(connection, plan, request, actor=actor, key=key, at=at)


def _name_target(target: RecallTarget) -> str:
    if target.traced is not None:
        return f"the trace of {target.traced}"
    if target.carton is not None:
        return f"carton {target.carton}"
    if target.batch is not None:
        return f"batch {target.batch}"
    return f"lot {target.lot}" if target.code is None else f"lots of {target.code}"


async def carry_out_recall(
    connection: AsyncConnection, proposal: Proposal
) -> list[RecordedTransition]:
    """The act of a proposal to recall: the person who approves is the actor."""
    return await recall(
        connection,
        RecallTarget.from_document(proposal.document),
        proposal.reason,
        actor=proposal.decided_by or "",
        key=proposal.act_key,
        at=proposal.decided_at or 0,
    )
