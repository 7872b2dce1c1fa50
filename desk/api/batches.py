"""`/api/v1/batches` and `/api/v1/stamps`: issue, show with their balance, look stamps up."""

from typing import Final

from aiohttp import web

from desk import documents, reply, scope, work
from desk.call import Call
from desk.roles import Permission
from desk.routes import Route
from stamps import serial_range

_MOST_SPANS: Final = 1000


async def issue(call: Call) -> web.StreamResponse:
    """Issue a batch; the same key twice answers the same batch."""
    body = await call.json()
    order, count, gs1 = body.text("order"), body.maybe_number("count"), body.flag("gs1")
    body.done()
    batch = await work.issue(call, order, call.key, count, gs1)
    headers = {"Location": f"/api/v1/batches/{batch.number}"}
    return reply.document(documents.batch(batch), 201, headers)


async def listed(call: Call) -> web.StreamResponse:
    """The batches that are the caller's business."""
    found = await scope.batches_for(call.ledger, call.staff)
    return reply.document({"batches": [documents.batch(batch) for batch in found]})


async def show(call: Call) -> web.StreamResponse:
    """One batch with its mass balance."""
    batch = await scope.batch_for(call.ledger, call.staff, call.number("batch"))
    balance = await call.ledger.transitions.balance(batch.number)
    return reply.document({**documents.batch(batch), "balance": documents.balance(balance)})


async def stamps(call: Call) -> web.StreamResponse:
    """Stamps by roll number or code, and the last of what happened to them."""
    looked = await work.look_up(call, call.text("stamps"))
    number, lo, hi = looked.batch.number, looked.lo, looked.hi
    spans = [s for s in await call.ledger.transitions.spans(number) if s.lo < hi and lo < s.hi]
    transitions = [m for m in await call.ledger.transitions.of(number) if m.lo < hi and lo < m.hi]
    return reply.document(
        {
            "batch": number,
            "roll": serial_range.format_serial_range(number, lo, hi),
            "spans": [documents.span(span) for span in spans[:_MOST_SPANS]],
            "transitions": [
                documents.moved(transition) for transition in transitions[-_MOST_SPANS:]
            ],
        }
    )


_SEE: Final = (Permission.BATCH_SEE,)

ROUTES: Final = (
    Route(
        *("POST", "/api/v1/batches", issue, "Issue a batch", (Permission.BATCH_ISSUE,)),
        answers={201: "Batch"},
        body="BatchRequest",
        key=True,
        refusals=(
            *("malformed-body", "unknown-order", "order-state", "order-exceeded", "out-of-range"),
            *("no-trade-item", "key-reused"),
        ),
    ),
    Route(
        *("GET", "/api/v1/batches", listed, "List batches", _SEE),
        answers={200: "Batches"},
    ),
    Route(
        *("GET", "/api/v1/batches/{batch:int}", show, "Show a batch with its balance", _SEE),
        answers={200: "BatchBalance"},
        refusals=("unknown-batch",),
    ),
    Route(
        *("GET", "/api/v1/stamps/{stamps}", stamps, "Look stamps up by roll number or code"),
        (Permission.STAMP_SEE,),
        answers={200: "Stamps"},
        refusals=("unknown-batch", "unknown-code", "malformed-range", "span-out-of-range"),
    ),
)
