"""Lifecycle events: the transitions of a batch as EPCIS 2.0 events."""

from collections.abc import AsyncIterator
from typing import Any, Final

from ledger import Batch, RecordedTransition
from services.batches.batches import get_batch
from services.context import ServiceContext
from services.paging import DEFAULT_LIMIT, MAX_LIMIT, Page, PageRequest
from services.permissions import Permission, require_permission
from stamps.lifecycle import Transition
from traceability.epcis.transition_events import MEANINGS, StampAct, build_event

_AT_PACKING_HOUSE: Final = (Transition.ACTIVATE, Transition.REBIND)
"""Transitions that are done where the lot is packed."""


async def list_batch_events(
    context: ServiceContext,
    number: int,
    *,
    limit: int = DEFAULT_LIMIT,
    after: str | None = None,
) -> Page[dict[str, Any]]:
    """The events of a batch in the order in which they were recorded.

    Raises `Forbidden`, `UnknownBatch`, `InvalidInput`.
    """
    require_permission(context, Permission.STAMP_SEE)  # a print house does not see lots
    batch = await get_batch(context, number)
    request = PageRequest(limit, after)
    start = request.key(int)
    recorded = await context.ledger.transitions.list_batch_page(
        number, MEANINGS, after=0 if start is None else int(start[0]), limit=limit + 1
    )
    page = request.make_page(recorded, lambda one: (one.seq,))
    address = f"https://{batch.host.lower()}"
    acts = [await _describe_act(context, one, batch) for one in page.items]
    return Page([build_event(act, address) for act in acts], page.next)


async def iterate_batch_events(
    context: ServiceContext, number: int
) -> AsyncIterator[dict[str, Any]]:
    """All events of a batch, read in pages. Raises as `list_batch_events` does."""
    after: str | None = None
    while True:
        page = await list_batch_events(context, number, limit=MAX_LIMIT, after=after)
        for event in page.items:
            yield event
        after = page.next
        if after is None:
            return


async def _describe_act(context: ServiceContext, one: RecordedTransition, batch: Batch) -> StampAct:
    """What an event tells of a transition: only what no later change of the registry alters, so
    that its id stays the same."""
    location = None
    if one.lot is not None and one.transition in _AT_PACKING_HOUSE:
        location = await context.ledger.lots.find_packing_house(one.lot, one.at)
    return StampAct(
        batch=one.batch,
        lo=one.lo,
        hi=one.hi,
        transition=one.transition,
        at=one.at,
        acted_at=one.acted_at,
        reason=one.reason,
        lot=one.lot,
        gtin=batch.gtin,
        location=location,
    )
