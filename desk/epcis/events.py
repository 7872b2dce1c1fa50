"""`/epcis/events`, named queries, and the events of one step, place, thing or type."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field

from desk.epcis.call import PREFIX, EpcisCall, answer_json
from desk.epcis.documents import describe_collection, describe_query, describe_query_document
from desk.epcis.paging import PAGE_PARAMETERS, link_next, read_per_page, read_token
from desk.validation import validate_json
from ledger.errors import UnknownRow
from services.record.event_queries import (
    EventPage,
    add_query,
    find_events,
    get_query,
    list_queries,
    remove_query,
)
from stamps.errors import VeritemError
from traceability.epcis.event_conditions import UnclearQuery
from traceability.epcis.event_model import ALLOWED
from traceability.epcis.vocabulary import BUSINESS_STEPS, DISPOSITIONS
from web.aiohttp_server import read_body

_UNNAMED: Final = "SimpleEventQuery"
RESOURCES: Final = (
    *("capture", "events", "queries", "eventTypes", "epcs"),
    *("bizSteps", "bizLocations", "readPoints", "dispositions"),
)
"""The top-level resources of the standard."""
_PARAMETER: Final[Mapping[str, str]] = {
    "eventTypes": "eventType",
    "epcs": "MATCH_anyEPC",
    "bizSteps": "EQ_bizStep",
    "bizLocations": "EQ_bizLocation",
    "readPoints": "EQ_readPoint",
    "dispositions": "EQ_disposition",
}
"""The parameter that each sub-resource stands for."""
_WORDS: Final[Mapping[str, Sequence[str]]] = {
    "eventTypes": tuple(ALLOWED),
    "bizSteps": sorted(BUSINESS_STEPS.words),
    "dispositions": sorted(DISPOSITIONS.words),
}
_FIELDS: Final[Mapping[str, Sequence[str]]] = {
    "epcs": ("epcList", "childEPCs", "parentID", "inputEPCList", "outputEPCList"),
    "bizLocations": ("bizLocation",),
    "readPoints": ("readPoint",),
}
_QUERY_BYTES: Final = 50_000


class NotOffered(VeritemError):
    """A part of the standard that is not offered here."""

    code = "not-offered"
    message = "{what} is not offered here; {instead}"


class NamedQueryBody(BaseModel):
    """A query to keep under a name."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(min_length=1, max_length=100)
    query: dict[str, Any]


async def show_top(call: EpcisCall) -> web.Response:
    """The top-level resources."""
    return answer_json(call, describe_collection(RESOURCES))


async def show_events(call: EpcisCall) -> web.Response:
    """The events that match the parameters of the address."""
    return await _answer(call, _read_parameters(call))


async def show_event(call: EpcisCall) -> web.Response:
    """One event by its id."""
    id_ = call.path["event"]
    page = await find_events(call.context, {"EQ_eventID": id_}, limit=1)
    if not page.rows:
        raise UnknownRow(kind="event", id=id_)
    return _render(call, page, _UNNAMED)


async def show_part(call: EpcisCall) -> web.Response:
    """What is below one type, thing, step or place: its events."""
    return answer_json(call, describe_collection(["events"]))


async def show_events_of_part(call: EpcisCall) -> web.Response:
    """The events of one type, thing, step or place."""
    name = _PARAMETER[call.path["resource"]]
    return await _answer(call, {**_read_parameters(call), name: call.path["value"]})


async def show_names(call: EpcisCall) -> web.Response:
    """The words of a vocabulary; the things or places that events name, event by event.

    A page has what the events of one page name, each once; another page may name it again.
    """
    resource = call.path["resource"]
    if resource in _WORDS:
        return answer_json(call, describe_collection(_WORDS[resource]))
    page = await find_events(call.context, {}, limit=read_per_page(call), after=read_token(call))
    names: dict[str, None] = {}
    for row in page.rows:
        for field in _FIELDS[resource]:
            value = row.body.get(field) or ()
            texts = [value["id"]] if isinstance(value, Mapping) else value
            names.update(dict.fromkeys([texts] if isinstance(texts, str) else texts))
    return answer_json(call, describe_collection(names), headers=link_next(call, page.next))


async def post_query(call: EpcisCall) -> web.Response:
    """Keep a query under a name."""
    seconds = call.runtime.dependencies.settings.body_seconds
    content = await read_body(call.request, limit=_QUERY_BYTES, seconds=seconds)
    body = validate_json(NamedQueryBody, content)
    found = await add_query(call.context, body.name, body.query)
    headers = {"Location": f"{PREFIX}/queries/{found.name}"}
    return answer_json(call, describe_query(found), 201, headers)


async def show_queries(call: EpcisCall) -> web.Response:
    """The named queries of the organisation; there are few, so one page has all."""
    return answer_json(call, [describe_query(one) for one in await list_queries(call.context)])


async def show_query(call: EpcisCall) -> web.Response:
    """One named query."""
    return answer_json(call, describe_query(await get_query(call.context, call.path["name"])))


async def delete_query(call: EpcisCall) -> web.Response:
    """Remove a named query."""
    await remove_query(call.context, call.path["name"])
    return web.Response(status=204)


async def show_events_of_query(call: EpcisCall) -> web.Response:
    """The events that match a named query."""
    found = await get_query(call.context, call.path["name"])
    if told := _read_parameters(call):
        raise UnclearQuery(parameter=min(told), why="a named query takes perPage alone")
    return await _answer(call, found.query, found.name)


async def refuse_subscription(_: EpcisCall) -> web.Response:
    """Subscriptions are not offered: webhooks tell what happened."""
    raise NotOffered(what="a subscription", instead="ask with GE_recordTime, or use a webhook")


def _read_parameters(call: EpcisCall) -> dict[str, list[str]]:
    """The parameters of the address; the values of one are repeated or separated by `|`."""
    query = call.request.query
    return {
        name: [one for text in query.getall(name) for one in text.split("|") if one]
        for name in query
        if name not in PAGE_PARAMETERS
    }


async def _answer(
    call: EpcisCall, parameters: Mapping[str, Any], name: str = _UNNAMED
) -> web.Response:
    page = await find_events(
        call.context, parameters, limit=read_per_page(call), after=read_token(call)
    )
    return _render(call, page, name)


def _render(call: EpcisCall, page: EventPage, name: str) -> web.Response:
    document = describe_query_document(page.rows, query=name, created_at=call.context.clock())
    return answer_json(call, document, headers=link_next(call, page.next))
