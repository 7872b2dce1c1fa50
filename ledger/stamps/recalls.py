"""Recalls: stamps of a lot, batch, code, carton or ranges are taken off the market. Final.

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
from ledger.stamps.carton_contents import select_spans_of
from ledger.stamps.span_changes import select_spans
from ledger.stamps.transition_rows import RecordedTransition, apply_plan
from stamps.lifecycle import Transition, check_reason
from stamps.spans import RangeTransition, plan_transition
from stamps.stamp_ranges import StampRange


@dataclass(frozen=True, slots=True)
class RecallTarget:
    """Target of a recall: every stamp of a lot, of a batch, of lots that name a registered code, of
    a carton or pallet, or serial ranges `[lo, hi)`.

    The lots of a code and the stamps of a carton are those of the time when the recall was
    proposed: what two people decide is what happens. A lot that names the code later, and a stamp
    that is packed later, is another recall; a stamp that was unpacked since is recalled.
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
        ranges = {"ranges": [list(one) for one in self.ranges]}
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
        )

    def list_lots(self) -> tuple[str, ...]:
        """The lots that are recalled as wholes."""
        return self.lots if self.lot is None else (self.lot,)


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
        lots = target.list_lots()
        if lots:
            first = [await mark_recalled(connection, lot, actor, at) for lot in lots]
            bound = await select_spans(connection, schema.spans.c.lot.in_(lots))
            planned = plan_transition(bound, Transition.RECALL, reason)
            if not planned and not any(first):
                what = f"lot {target.lot}" if target.code is None else f"lots of {target.code}"
                raise NothingToRecall(what=what)
            return planned
        if target.batch is not None:
            await find_batch(connection, target.batch)
            spans = await select_spans(connection, schema.spans.c.batch == target.batch)
            planned = plan_transition(spans, Transition.RECALL, reason)
            if not planned:
                raise NothingToRecall(what=f"batch {target.batch}")
            return planned
        if target.carton is not None:
            packed = [StampRange(*one) for one in target.ranges]
            planned = plan_transition(
                await select_spans_of(connection, packed), Transition.RECALL, reason
            )
            if not planned:
                raise NothingToRecall(what=f"carton {target.carton}")
            return planned
        return [
            RangeTransition(batch, lo, hi, Transition.RECALL, reason=reason)
            for batch, lo, hi in target.ranges
        ]

    request = {"recall": target.to_document(), "reason": reason}
    return await apply_plan(connection, plan, request, actor=actor, key=key, at=at)


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
