"""`/api/v1/events`: the record of EPCIS 2.0 events of organisations."""

from collections.abc import Sequence
from typing import Annotated, Any, Literal

from pydantic import Field

from desk.api.call import ApiCall
from desk.api.models import Body, ListDocument, PageQuery
from desk.api.routing import ApiRoutes
from ledger.errors import UnknownRow
from ledger.record.epcis_events import EventRow
from services.documents.events import (
    EventDocument,
    RecordedEventsDocument,
    describe_event,
    describe_recorded,
)
from services.errors import InvalidInput
from services.permissions import Permission
from services.record import event_record
from services.record.mentions import find_answers
from stamps.timestamps import MalformedTimestamp, parse_rfc3339
from traceability.epcis.event_reader import MalformedEvent

routes = ApiRoutes("events")

MAX_DOCUMENT_BYTES = 1_000_000

Identifier = Annotated[str, Field(max_length=500)]


class EventsBody(Body):
    """An EPCIS 2.0 document in JSON-LD, with at most 500 events."""

    context: list[Any] | dict[str, Any] | str | None = Field(None, alias="@context")
    type: Annotated[Literal["EPCISDocument"], Field(examples=["EPCISDocument"])] = "EPCISDocument"
    id: str | None = None
    schemaVersion: str | None = None  # noqa: N815 - names of the standard
    creationDate: str | None = None  # noqa: N815
    epcisHeader: dict[str, Any] | None = None  # noqa: N815
    epcisBody: dict[str, Any]  # noqa: N815
    """`eventList`, a list of events."""


class EventQuery(PageQuery):
    """Which events are listed."""

    item: Identifier = ""
    """A thing, class or lot that they name: a Digital Link, an EPC URI, any URI."""
    place: Identifier = ""
    """A business location or read point that they name."""
    since: str = ""
    """The earliest time of the event, RFC 3339."""
    until: str = ""
    """The time that it happened before."""


class EventListDocument(ListDocument):
    """Events, newest first."""

    events: list[EventDocument]


@routes.add(
    "POST",
    "events",
    permissions=(Permission.EVENT_RECORD,),
    errors=(InvalidInput, MalformedEvent),
    limit=MAX_DOCUMENT_BYTES,
)
async def record_events(call: ApiCall, body: EventsBody) -> RecordedEventsDocument:
    """Record the events of an EPCIS document, all or none; an event that is known adds nothing."""
    document = {"@context": body.context or (), "epcisBody": body.epcisBody}
    return describe_recorded(await event_record.record_events(call.context, document))


@routes.add("GET", "events", permissions=(Permission.EVENT_SEE,), errors=(InvalidInput,))
async def list_events(call: ApiCall, query: EventQuery) -> EventListDocument:
    """List the events in the caller's scope, newest first."""
    page = await event_record.list_events(
        call.context,
        item=query.item,
        place=query.place,
        since=_read_time("since", query.since),
        until=_read_time("until", query.until),
        limit=query.limit,
        after=query.after,
    )
    return EventListDocument(events=await _describe(call, page.items), next=page.next)


@routes.add("GET", "events/{event}", permissions=(Permission.EVENT_SEE,), errors=(UnknownRow,))
async def show_event(call: ApiCall, event: str) -> EventListDocument:
    """Show an event by its hash as each organisation recorded it."""
    found = await event_record.find_event(call.context, event)
    return EventListDocument(events=await _describe(call, found), next=None)


async def _describe(call: ApiCall, rows: Sequence[EventRow]) -> list[EventDocument]:
    answers = await find_answers(call.context, rows)
    return [describe_event(one, answers.get((one.organisation, one.id), ())) for one in rows]


def _read_time(field: str, text: str) -> int | None:
    if not text:
        return None
    try:
        return parse_rfc3339(text)
    except MalformedTimestamp as error:
        raise InvalidInput(field=field, why=str(error)) from None
