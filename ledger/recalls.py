"""Recalls: every stamp of a lot or batch, or of serial ranges, is taken off the market. Final.

A recall is the act of an approved proposal (`ledger.proposals`): its idempotency key names the
proposal, and on PostgreSQL a trigger refuses a recall whose key names none.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from ledger import schema
from ledger.batches import find_batch
from ledger.errors import NothingToRecall
from ledger.lots import mark_recalled
from ledger.proposals import Proposal
from ledger.span_changes import select_spans
from ledger.transition_rows import RecordedTransition, apply_plan
from stamps.lifecycle import Transition, check_reason
from stamps.spans import RangeTransition, plan_transition


@dataclass(frozen=True, slots=True)
class RecallTarget:
    """Target of a recall: every stamp of a lot, or of a batch, or serial ranges `[lo, hi)`."""

    lot: str | None = None
    batch: int | None = None
    ranges: tuple[tuple[int, int, int], ...] = ()

    def to_document(self) -> dict[str, Any]:
        """The target as the document of a proposal; `from_document` reads it."""
        if self.lot is not None:
            return {"lot": self.lot}
        if self.batch is not None:
            return {"batch": self.batch}
        return {"ranges": [list(one) for one in self.ranges]}

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> "RecallTarget":
        """The target in the document of a proposal."""
        ranges = tuple((batch, lo, hi) for batch, lo, hi in document.get("ranges", ()))
        return cls(document.get("lot"), document.get("batch"), ranges)


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
        if target.lot is not None:
            is_first = await mark_recalled(connection, target.lot, actor, at)
            bound = await select_spans(connection, schema.spans.c.lot == target.lot)
            planned = plan_transition(bound, Transition.RECALL, reason)
            if not planned and not is_first:
                raise NothingToRecall(what=f"lot {target.lot}")
            return planned
        if target.batch is not None:
            await find_batch(connection, target.batch)
            spans = await select_spans(connection, schema.spans.c.batch == target.batch)
            planned = plan_transition(spans, Transition.RECALL, reason)
            if not planned:
                raise NothingToRecall(what=f"batch {target.batch}")
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
