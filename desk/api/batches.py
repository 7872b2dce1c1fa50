"""`/api/v1/batches`: issue batches, and show them with their mass balance."""

from typing import Annotated, Any, Literal

from pydantic import Field

from desk.api.call import ApiCall
from desk.api.models import Body, PageQuery, SortedListDocument, SortedPageQuery, Text
from desk.api.routing import ApiRoutes
from issuer import NoTradeItem
from ledger.batches.batches import MAX_COUNT
from ledger.errors import (
    KeyReused,
    OrderExceeded,
    OrderNotOpen,
    UnknownBatch,
    UnknownOrder,
)
from ledger.lists.records import read_batch
from services.batches import batches
from services.batches.batches import BatchRequest
from services.documents import (
    BatchBalanceDocument,
    BatchDocument,
    describe_batch,
    describe_batch_balance,
)
from services.documents.models import Document
from services.errors import InvalidInput
from services.lists.find import find_list_page
from services.lists.orders import BATCHES
from services.permissions import Permission
from services.record import batch_events
from stamps.errors import OutOfRange
from traceability.epcis.transition_events import build_document

routes = ApiRoutes("batches")


class BatchBody(Body):
    """A batch of an approved order; what is left of the order when `count` is absent."""

    order: Text
    count: Annotated[int, Field(ge=1, le=MAX_COUNT)] | None = None
    gs1: bool = False
    """Print GS1 Digital Link addresses."""


class BatchQuery(SortedPageQuery):
    """Which batches are listed; sorted by `-at`, when they were issued, or by `due_on`."""

    stage: Literal["to_print", "to_activate"] | None = None
    """Only batches with stamps that are to be printed, or to be activated."""
    order: Text | None = None
    product: Text | None = None
    packer: Text | None = None
    print_house: Text | None = None


class BatchListDocument(SortedListDocument):
    """Batches, newest first."""

    batches: list[BatchDocument]


class BatchEventsDocument(Document):
    """Events of a batch."""

    document: dict[str, Any]
    """An EPCIS 2.0 document in JSON-LD."""
    next: str | None
    """`after` of the next page."""


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


@routes.add("GET", "batches", permissions=(Permission.BATCH_SEE,), errors=(InvalidInput,))
async def list_batches(call: ApiCall, query: BatchQuery) -> BatchListDocument:
    """Search, filter and sort the batches in the caller's scope."""
    asked = query.to_request("stage", "order", "product", "packer", "print_house")
    page = await find_list_page(call.context, BATCHES, asked)
    return BatchListDocument(
        batches=[describe_batch(read_batch(row)) for row in page.rows],
        next=page.next,
        previous=page.previous,
    )


@routes.add("GET", "batches/{batch}", permissions=(Permission.BATCH_SEE,), errors=(UnknownBatch,))
async def show_batch(call: ApiCall, batch: int) -> BatchBalanceDocument:
    """Show a batch with its mass balance."""
    details = await batches.get_batch_details(call.context, batch)
    return describe_batch_balance(details.batch, details.balance)


@routes.add(
    "GET",
    "batches/{batch}/events",
    permissions=(Permission.STAMP_SEE,),
    errors=(UnknownBatch, InvalidInput),
)
async def list_batch_events(call: ApiCall, batch: int, query: PageQuery) -> BatchEventsDocument:
    """Show what happened to the stamps of a batch as EPCIS 2.0 events, in the order of record."""
    page = await batch_events.list_batch_events(
        call.context, batch, limit=query.limit, after=query.after
    )
    document = build_document(page.items, call.runtime.dependencies.clock())
    return BatchEventsDocument(document=document, next=page.next)
