"""`/api/v1/batches`: issue batches, and show them with their mass balance."""

from typing import Annotated

from pydantic import Field

from desk.api.call import ApiCall
from desk.api.models import Body, ListDocument, PageQuery, Text
from desk.api.routing import ApiRoutes
from issuer import NoTradeItem
from ledger.batches import MAX_COUNT
from ledger.errors import KeyReused, OrderExceeded, OrderNotOpen, UnknownBatch, UnknownOrder
from services import batches
from services.batches import BatchRequest
from services.documents import (
    BatchBalanceDocument,
    BatchDocument,
    describe_batch,
    describe_batch_balance,
)
from services.permissions import Permission
from stamps.errors import OutOfRange

routes = ApiRoutes("batches")


class BatchBody(Body):
    """A batch of an approved order; what is left of the order when `count` is absent."""

    order: Text
    count: Annotated[int, Field(ge=1, le=MAX_COUNT)] | None = None
    gs1: bool = False
    """Print GS1 Digital Link addresses."""


class BatchQuery(PageQuery):
    """Which batches are listed."""

    order: str | None = None


class BatchListDocument(ListDocument):
    """Batches, newest first."""

    batches: list[BatchDocument]


@routes.add(
    "POST",
    "batches",
    permissions=(Permission.BATCH_ISSUE,),
    status=201,
    has_key=True,
    errors=(UnknownOrder, OrderNotOpen, OrderExceeded, OutOfRange, NoTradeItem, KeyReused),
)
async def issue_batch(call: ApiCall, body: BatchBody) -> BatchDocument:
    """Issue a batch; the same key twice answers the same batch."""
    request = BatchRequest(
        order=body.order,
        host=call.runtime.dependencies.stamp_host,
        count=body.count,
        gs1=body.gs1,
    )
    batch = await batches.issue_batch(call.context, request, call.key)
    call.headers["Location"] = f"/api/v1/batches/{batch.number}"
    return describe_batch(batch)


@routes.add("GET", "batches", permissions=(Permission.BATCH_SEE,))
async def list_batches(call: ApiCall, query: BatchQuery) -> BatchListDocument:
    """List the batches in the caller's scope."""
    page = await batches.list_batches(
        call.context, order=query.order, limit=query.limit, after=query.after
    )
    return BatchListDocument(
        batches=[describe_batch(batch) for batch in page.items], next=page.next
    )


@routes.add("GET", "batches/{batch}", permissions=(Permission.BATCH_SEE,), errors=(UnknownBatch,))
async def show_batch(call: ApiCall, batch: int) -> BatchBalanceDocument:
    """Show a batch with its mass balance."""
    details = await batches.get_batch_details(call.context, batch)
    return describe_batch_balance(details.batch, details.balance)
