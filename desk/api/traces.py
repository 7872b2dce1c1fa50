"""`/api/v1/trace`: what something was made of, and what was made of it."""

from typing import Annotated

from pydantic import Field

from desk.api.call import ApiCall
from desk.api.models import Query
from desk.api.routing import ApiRoutes
from ledger.errors import UnknownBatch
from services.documents.traces import TraceDocument, describe_trace
from services.errors import InvalidInput
from services.permissions import Permission
from services.traces.trace_starts import StartKind, parse_request
from services.traces.traces import find_step_answers, trace_item
from stamps.errors import MalformedCode, UnknownCode
from stamps.serial_range import MalformedRange
from stamps.spans import SpanOutOfRange
from traceability.trace import TraceDirection

routes = ApiRoutes("events")


class TraceQuery(Query):
    """What is traced."""

    item: Annotated[str, Field(max_length=500, examples=["L261121-KP-01"])]
    """A lot, a stamp, a serial range, an SSCC, a GTIN with a lot number, a place, an event id, a
    URI."""
    direction: TraceDirection
    kind: StartKind | None = None
    """What `item` is, where it is not to be recognised; `input` is a farm input, `NAME; BATCH`."""
    since: str = ""
    """Of a place, only what was there from this day on: 2026-11-27, in Vietnam's time."""
    until: str = ""
    """The last day."""


@routes.add(
    "GET",
    "trace",
    permissions=(Permission.EVENT_SEE,),
    errors=(
        InvalidInput,
        MalformedCode,
        MalformedRange,
        SpanOutOfRange,
        UnknownBatch,
        UnknownCode,
    ),
)
async def show_trace(call: ApiCall, query: TraceQuery) -> TraceDocument:
    """Trace something back to what it was made of, or forward to what was made of it."""
    asked = parse_request(query.item, query.kind, query.since, query.until)
    found = await trace_item(call.context, asked, query.direction)
    return describe_trace(found, await find_step_answers(call.context, found))
