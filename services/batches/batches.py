"""Batches: issue an approved order, finish an interrupted issue, show batches and balances."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from ledger import Batch, BatchFilter, MassBalance
from ledger.orders.order_numbers import OrderNumber
from services import scope
from services.context import ServiceContext
from services.paging import DEFAULT_LIMIT, Page, PageRequest
from services.permissions import Permission, require_permission
from stamps.spans import Span

Progress = Callable[[int, int], None]
"""Called with the codes hashed so far and their total, from another thread."""


@dataclass(frozen=True, slots=True)
class BatchRequest:
    """A request to issue a batch of an approved order."""

    order: str
    host: str
    """Host that the symbols name, `VERITEM.VN`."""
    count: int | None = None
    """Number of stamps; what is left of the order when None."""
    gs1: bool = False
    """Whether to print GS1 Digital Link addresses."""


@dataclass(frozen=True, slots=True)
class BatchBalance:
    """A batch with its mass balance."""

    batch: Batch
    balance: MassBalance


@dataclass(frozen=True, slots=True)
class BatchDetails:
    """A batch with its spans and mass balance, and the number of its order."""

    batch: Batch
    spans: list[Span]
    balance: MassBalance
    order_number: OrderNumber | None = None


async def issue_batch(
    context: ServiceContext, request: BatchRequest, key: str, progress: Progress | None = None
) -> Batch:
    """Issue a batch with its signed manifest; the same key twice answers the same batch.

    Raises `Forbidden`, `KeyRequired`, `UnknownOrder`, and as `issuer.Issuer.issue` does.
    """
    require_permission(context, Permission.BATCH_ISSUE)
    scoped_key = context.scope_key(key)
    await scope.find_order(context, request.order)
    return await context.require_issuer().issue(
        request.order,
        host=request.host,
        actor=context.actor.id,
        key=scoped_key,
        count=request.count,
        gs1=request.gs1,
        progress=progress,
    )


async def finish_batch(
    context: ServiceContext, number: int, progress: Progress | None = None
) -> Batch:
    """Complete a batch whose issue was interrupted. Raises `Forbidden`, `UnknownBatch` …"""
    require_permission(context, Permission.BATCH_ISSUE)
    await scope.find_batch(context, number)
    return await context.require_issuer().finish(number, progress=progress)


async def get_batch(context: ServiceContext, number: int) -> Batch:
    """One batch. Raises `Forbidden`, `UnknownBatch`."""
    require_permission(context, Permission.BATCH_SEE)
    return await scope.find_batch(context, number)


async def get_batch_details(context: ServiceContext, number: int) -> BatchDetails:
    """One batch with its spans and balance. Raises `Forbidden`, `UnknownBatch`."""
    batch = await get_batch(context, number)
    transitions = context.ledger.transitions
    return BatchDetails(
        batch=batch,
        spans=await transitions.list_spans(number),
        balance=await transitions.compute_balance(number),
        order_number=(await context.ledger.orders.get(batch.order)).number,
    )


async def get_balance(context: ServiceContext, number: int) -> MassBalance:
    """The mass balance of a batch. Raises `Forbidden`, `UnknownBatch`."""
    await get_batch(context, number)
    return await context.ledger.transitions.compute_balance(number)


async def list_batches(
    context: ServiceContext,
    *,
    order: str | None = None,
    limit: int = DEFAULT_LIMIT,
    after: str | None = None,
) -> Page[Batch]:
    """The batches in scope, newest first; those of one order if `order` names it.

    Raises `Forbidden`, `InvalidInput`.
    """
    require_permission(context, Permission.BATCH_SEE)
    request = PageRequest(limit, after)
    wanted = BatchFilter(order=replace(scope.order_scope(context.actor), id=order))
    rows = await context.ledger.batches.find_page(wanted, after=request.key(int), limit=limit + 1)
    return request.make_page(rows, lambda batch: (batch.number,))


async def list_balances(
    context: ServiceContext, *, limit: int = DEFAULT_LIMIT, after: str | None = None
) -> Page[BatchBalance]:
    """The batches in scope with their mass balances, newest first. Raises `Forbidden`."""
    page = await list_batches(context, limit=limit, after=after)
    balance_of = context.ledger.transitions.compute_balance
    rows = [BatchBalance(batch, await balance_of(batch.number)) for batch in page.items]
    return Page(rows, page.next)
