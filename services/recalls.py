"""Recalls of produce: every stamp of a lot or of a batch, for good."""

from ledger import RecordedTransition
from services import scope
from services.context import ServiceContext
from services.permissions import Permission, require_permission


async def recall_lot(
    context: ServiceContext, code: str, reason: str, key: str
) -> list[RecordedTransition]:
    """Recall every stamp bound to a lot; no stamp can be bound to it afterwards.

    Raises `Forbidden`, `KeyRequired`, `UnknownLot`, `IllegalReason`, `NothingToRecall`.
    """
    require_permission(context, Permission.RECALL)
    scoped_key = context.scope_key(key)
    await scope.find_lot(context, code)
    return await context.ledger.transitions.recall_lot(
        code, actor=context.actor.id, reason=reason, key=scoped_key, at=context.clock()
    )


async def recall_batch(
    context: ServiceContext, number: int, reason: str, key: str
) -> list[RecordedTransition]:
    """Recall every activated, claimed or suspended stamp of a batch.

    Raises `Forbidden`, `KeyRequired`, `UnknownBatch`, `IllegalReason`, `NothingToRecall`.
    """
    require_permission(context, Permission.RECALL)
    scoped_key = context.scope_key(key)
    await scope.find_batch(context, number)
    return await context.ledger.transitions.recall_batch(
        number, actor=context.actor.id, reason=reason, key=scoped_key, at=context.clock()
    )
