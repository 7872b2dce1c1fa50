"""Queries over the record of events in the language of EPCIS 2.0, and queries with a name.

At most `MOST_CANDIDATES` events are looked at for a page, whatever is stored. So a page may have
fewer events than were asked for, or none, and a cursor all the same. The last page has no cursor.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from ledger.cursor_pages import Key
from ledger.record.epcis_events import EventRow
from ledger.record.epcis_queries import NamedQuery
from ledger.record.event_windows import Candidate, EventWindow
from services.context import ServiceContext
from services.errors import InvalidInput
from services.paging import decode_cursor, encode_cursor
from services.permissions import Permission, require_permission
from services.scope import lot_scope
from stamps.errors import VeritemError
from traceability.epcis.event_conditions import EventLead
from traceability.epcis.event_query import EpcisQuery

DEFAULT_EVENTS: Final = 30
MOST_EVENTS: Final = 1000
"""Events of one page."""
MOST_CANDIDATES: Final = 2000
"""Events that are looked at for one page."""
_AT_ONCE: Final = 500
_NAME: Final = re.compile(r"[\w.-]{1,100}")


class QueryTooLarge(VeritemError):
    """The answer has more events than the query allows."""

    code = "query-too-large"
    message = "more than {most} events match"


class QueryTooComplex(VeritemError):
    """The answer cannot be found with a bounded effort."""

    code = "query-too-complex"
    message = "{why}"


@dataclass(frozen=True, slots=True)
class EventPage:
    """Events of one page, and the cursor of the page that follows."""

    rows: Sequence[EventRow]
    next: str | None


async def find_events(
    context: ServiceContext,
    parameters: Mapping[str, Any],
    *,
    limit: int = DEFAULT_EVENTS,
    after: str | None = None,
) -> EventPage:
    """The events in the actor's scope that match the parameters of the standard.

    Raises `Forbidden`, `UnclearQuery`, `InvalidInput` for a page, `QueryTooLarge`,
    `QueryTooComplex`.
    """
    require_permission(context, Permission.EVENT_SEE)
    query = EpcisQuery.read(parameters)
    if not 1 <= limit <= MOST_EVENTS:
        raise InvalidInput(field="perPage", why=f"must be from 1 to {MOST_EVENTS}")
    left = query.limit
    key: Key | None = None
    if after is not None:
        *place, still = decode_cursor(after, (int, str, str, int), "nextPageToken")
        key = place
        left = None if left is None else int(still)
    wanted = limit if query.most is None else query.most + 1
    wanted = wanted if left is None else min(wanted, left)
    rows, key = await _collect(context, query, key, wanted)
    if query.most is not None:
        if len(rows) > query.most:
            raise QueryTooLarge(most=query.most)
        if key is not None:
            raise QueryTooComplex(why="too many events are to be looked at; narrow the query")
        return EventPage(rows, None)
    if left is not None:
        left -= len(rows)
        if left <= 0:
            key = None
    return EventPage(rows, None if key is None else encode_cursor((*key, left or 0)))


async def _collect(
    context: ServiceContext, query: EpcisQuery, key: Key | None, wanted: int
) -> tuple[list[EventRow], Key | None]:
    """At most `wanted` events after a key, and the key after which the search goes on, if any."""
    window, rows, looked_at = _make_window(context, query), [], 0
    while looked_at < MOST_CANDIDATES:
        found: list[Candidate] = await context.ledger.event_windows.read(
            window, after=key, limit=_AT_ONCE
        )
        for one in found:
            key = one.key
            if query.matches(one.row):
                rows.append(one.row)
                if len(rows) == wanted:
                    return rows, key
        if len(found) < _AT_ONCE:
            return rows, None
        looked_at += len(found)
    return rows, key


def _make_window(context: ServiceContext, query: EpcisQuery) -> EventWindow:
    scope = lot_scope(context.actor)
    window = EventWindow(
        organisation=scope.organisation,
        province=scope.province,
        sort=query.sort,
        is_descending=query.is_descending,
        since=query.bounds.get(f"{query.sort}_since"),
        until=query.bounds.get(f"{query.sort}_until"),
    )
    if query.sort == "recorded_at" or not query.leads:
        return window
    lead = min(query.leads, key=_rank)
    return replace(window, lead=lead.kind, values=lead.values, parts=lead.parts)


def _rank(lead: EventLead) -> tuple[int, int]:
    """The lead that finds the fewest events is the least: an id, then a thing or place, a step."""
    return ("id", "key", "step").index(lead.kind), len(lead.values)


async def add_query(context: ServiceContext, name: str, query: Mapping[str, Any]) -> NamedQuery:
    """Keep a query under a name of its owner: the actor's organisation, or the account.

    Raises `Forbidden`, `InvalidInput`, `UnclearQuery`, `AlreadyExists`, `QueriesFull`.
    """
    require_permission(context, Permission.EVENT_SEE)
    if not _NAME.fullmatch(name):
        raise InvalidInput(field="name", why="has letters, digits, dots, hyphens and underscores")
    EpcisQuery.read(query)
    return await context.ledger.epcis_queries.add(
        _get_owner(context), name, query, actor=context.actor.id
    )


async def list_queries(context: ServiceContext) -> list[NamedQuery]:
    """The named queries of the actor's organisation. Raises `Forbidden`."""
    require_permission(context, Permission.EVENT_SEE)
    return await context.ledger.epcis_queries.list(_get_owner(context))


async def get_query(context: ServiceContext, name: str) -> NamedQuery:
    """A named query of the actor's organisation. Raises `Forbidden`, `UnknownRow`."""
    require_permission(context, Permission.EVENT_SEE)
    return await context.ledger.epcis_queries.get(_get_owner(context), name)


async def remove_query(context: ServiceContext, name: str) -> None:
    """Remove a named query of the actor's organisation. Raises `Forbidden`, `UnknownRow`."""
    require_permission(context, Permission.EVENT_SEE)
    await context.ledger.epcis_queries.remove(_get_owner(context), name, actor=context.actor.id)


def _get_owner(context: ServiceContext) -> str:
    actor = context.actor
    return actor.organisation or f"account:{actor.id}"
