"""Recalls of produce: every stamp of a lot or batch, or of serial ranges. Final.

A recall is proposed by one person and happens when another approves it. What one inspector does at
once is to suspend (`services.transitions`): the emergency brake, which is released or followed by a
recall.
"""

from collections.abc import Collection, Sequence

from ledger import Proposal, RecallReach, RecallTarget
from ledger.recall_notices import RecallNotice
from services import scope
from services.context import ServiceContext
from services.errors import InvalidInput
from services.permissions import Permission, require_permission
from services.proposal_kinds import RECALL
from services.proposals import propose
from services.ranges import parse_range
from stamps.lifecycle import Transition, check_reason


async def preview_recall(
    context: ServiceContext,
    *,
    lot: str | None = None,
    batch: int | None = None,
    ranges: Sequence[str] = (),
) -> RecallReach:
    """Return the reach of a recall of a lot, a batch or serial ranges; nothing changes.

    Raises `Forbidden`, `InvalidInput`, `UnknownLot`, `UnknownBatch`, `MalformedRange`.
    """
    require_permission(context, Permission.RECALL)
    target, _ = await _find_target(context, lot, batch, ranges)
    return await context.ledger.recall_reaches.measure(target)


async def preview_proposal(context: ServiceContext, proposal: Proposal) -> RecallReach:
    """Return the present reach of an open proposal to recall. Raises `Forbidden`."""
    require_permission(context, Permission.RECALL)
    return await context.ledger.recall_reaches.measure(
        RecallTarget.from_document(proposal.document)
    )


async def find_recalls(context: ServiceContext, lots: Collection[str]) -> dict[str, RecallNotice]:
    """The recalls of lots that the caller has seen in scope, by lot. Raises `Forbidden`."""
    require_permission(context, Permission.LOT_SEE)
    return await context.ledger.recall_notices.find(lots)


async def find_recalls_of_batch(context: ServiceContext, number: int) -> list[RecallNotice]:
    """The recalls of lots to which stamps of a batch are bound, the newest first.

    Raises `Forbidden`, `UnknownBatch`.
    """
    require_permission(context, Permission.BATCH_SEE)
    await scope.find_batch(context, number)
    spans = await context.ledger.transitions.list_spans(number)
    found = await context.ledger.recall_notices.find({span.lot for span in spans if span.lot})
    return sorted(found.values(), key=lambda notice: notice.at, reverse=True)


async def propose_recall(
    context: ServiceContext,
    *,
    lot: str | None = None,
    batch: int | None = None,
    ranges: Sequence[str] = (),
    reason: str | None,
    key: str,
) -> Proposal:
    """Propose to recall a lot, a batch or serial ranges, one of the three.

    Once it is approved, no stamp can be bound to a lot that is recalled. Raises `Forbidden`,
    `KeyRequired`, `InvalidInput`, `UnknownLot`, `UnknownBatch`, `MalformedRange`, `IllegalReason`,
    `AccountRequired`, `AlreadyProposed`, `KeyReused`.
    """
    require_permission(context, Permission.RECALL)
    check_reason(Transition.RECALL, reason)
    target, subject = await _find_target(context, lot, batch, ranges)
    return await propose(context, RECALL, subject, target.to_document(), reason, key)


async def _find_target(
    context: ServiceContext, lot: str | None, batch: int | None, ranges: Sequence[str]
) -> tuple[RecallTarget, str]:
    """The target that one of the three names, and the subject of its proposal."""
    if sum((lot is not None, batch is not None, bool(ranges))) != 1:
        raise InvalidInput(field="range", why="name one of: a serial range, a batch, a lot")
    if lot is not None:
        await scope.find_lot(context, lot)
        return RecallTarget(lot=lot), f"lot:{lot}"
    if batch is not None:
        await scope.find_batch(context, batch)
        return RecallTarget(batch=batch), f"batch:{batch}"
    parsed = [await parse_range(context, text) for text in ranges]
    target = RecallTarget(ranges=tuple((one.batch.number, one.lo, one.hi) for one in parsed))
    return target, "range:" + ",".join(one.text for one in parsed)
