"""The record of events: what organisations tell happened to produce, as EPCIS 2.0 events.

Each organisation tells its own part, and an event is a statement of the organisation that recorded
it. Inspectors and the ministry see the events of all; an organisation sees its own. The authority
of a province sees those of its packers, growers and other actors.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ledger.errors import UnknownRow
from ledger.record.epcis_events import EventFilter, EventRow, NewEvent, RecordedEvents
from services.context import ServiceContext
from services.errors import InvalidInput
from services.paging import DEFAULT_LIMIT, Page, PageRequest
from services.permissions import Permission, require_permission
from services.scope import own_scope
from traceability.epcis.event_reader import (
    ITEM_PARTS,
    PLACE_PARTS,
    EventReader,
    ReadEvent,
    format_event_id,
    normalize_key,
    parse_event_id,
    read_events,
)
from traceability.lot_rules import CLOCK_TOLERANCE_MS


async def record_events(context: ServiceContext, document: Mapping[str, Any]) -> RecordedEvents:
    """Record the events of an EPCIS document for the actor's organisation, all or none.

    An event that is recorded already adds nothing, so a document can be sent again. Raises
    `Forbidden`, `MalformedEvent`, and `InvalidInput` for an actor without an organisation.
    """
    organisation = require_organisation(context)
    latest = context.clock() + CLOCK_TOLERANCE_MS
    # Half a second of a processor for the largest document: other requests are answered meanwhile.
    read = await asyncio.to_thread(read_events, document, latest)
    return await context.ledger.epcis_events.record(
        organisation, [make_new_event(one) for one in read], actor=context.actor.id
    )


async def record_event(context: ServiceContext, event: Mapping[str, Any]) -> str:
    """Record one event for the actor's organisation, and return the id by which it is found.

    Any id that the event states is taken. Raises as `record_events`.
    """
    organisation = require_organisation(context)
    latest = context.clock() + CLOCK_TOLERANCE_MS
    reader = EventReader.open(event, latest, takes_any_id=True)
    read = reader.read(1, event)
    await context.ledger.epcis_events.record(
        organisation, [make_new_event(read)], actor=context.actor.id
    )
    return format_event_id(read.id)


def require_organisation(context: ServiceContext) -> str:
    """The organisation whose events an actor tells. Raises `Forbidden`, `InvalidInput`."""
    require_permission(context, Permission.EVENT_RECORD)
    if context.actor.organisation is None:
        raise InvalidInput(
            field="organisation", why="an event is told by an organisation, and you are of none"
        )
    return context.actor.organisation


async def list_events(
    context: ServiceContext,
    *,
    item: str | None = None,
    place: str | None = None,
    since: int | None = None,
    until: int | None = None,
    limit: int = DEFAULT_LIMIT,
    after: str | None = None,
) -> Page[EventRow]:
    """The events in the actor's scope, newest first.

    `item` is an identifier of a thing, class or lot, `place` one of a business location or read
    point; in any form of GS1. `since` and `until` bound when they happened (ms; `until` is not
    included). Raises `Forbidden`, `InvalidInput`.
    """
    require_permission(context, Permission.EVENT_SEE)
    if item and place:
        raise InvalidInput(field="place", why="ask for an item or for a place")
    wanted = replace(_make_scope(context), since=since, until=until)
    if item:
        wanted = replace(wanted, key=normalize_key(item), parts=ITEM_PARTS)
    elif place:
        wanted = replace(wanted, key=normalize_key(place), parts=PLACE_PARTS)
    request = PageRequest(limit, after)
    key = request.key(int, str, str)
    rows = await context.ledger.epcis_events.find_page(wanted, after=key, limit=limit + 1)
    return request.make_page(rows, lambda one: (one.at, one.id, one.organisation))


async def find_event(context: ServiceContext, id_: str) -> list[EventRow]:
    """An event in the actor's scope as each organisation told it, given by its id or its 64 digits.

    Raises `Forbidden`, `UnknownRow`.
    """
    require_permission(context, Permission.EVENT_SEE)
    digits = parse_event_id(id_)
    wanted = replace(_make_scope(context), id=digits)
    rows = [] if digits is None else await context.ledger.epcis_events.find_page(wanted, limit=100)
    if not rows:
        raise UnknownRow(kind="event", id=id_)
    return rows


def _make_scope(context: ServiceContext) -> EventFilter:
    actor = context.actor
    return EventFilter(organisation=own_scope(actor), province=actor.province)


def make_new_event(event: ReadEvent) -> NewEvent:
    """An event that was read, as the ledger records it."""
    return NewEvent(
        id=event.id,
        type=event.type,
        at=event.at,
        step=event.step,
        body=event.body,
        prefixes=event.prefixes,
        keys=sorted((str(part), key) for part, key in event.keys),
        error=event.error,
        stated_id=event.stated_id,
    )
