"""`/epcis/capture` and `POST /epcis/events`: events come in."""

from typing import Final, get_args
from urllib.parse import quote

from aiohttp import web

from desk.epcis.call import PREFIX, EpcisCall, NotAcceptable, answer_json
from desk.epcis.documents import describe_capture
from desk.epcis.paging import link_next, read_per_page, read_token
from ledger.record.epcis_captures import CaptureBehaviour
from services.paging import PageRequest
from services.record.event_captures import (
    MOST_BYTES,
    add_capture,
    check_room,
    get_capture,
    list_captures,
    parse_document,
)
from services.record.event_record import record_event
from web.aiohttp_server import read_body
from web.control_characters import check_json
from web.text_files import convert_to_utf8

_BEHAVIOUR: Final = "GS1-Capture-Error-Behaviour"
_EVENT_BYTES: Final = 1_000_000
_SECONDS_PER_MEGABYTE: Final = 8
"""A slow line of a packing house: one megabit a second."""


async def post_capture(call: EpcisCall) -> web.Response:
    """Take a document in, and answer where its job is."""
    behaviour = _read_behaviour(call)
    intake = call.runtime.capture_intake
    # Asked before the body is read: who may send nothing now sends nothing.
    organisation = await check_room(call.context)
    size = min(call.request.content_length or MOST_BYTES, MOST_BYTES)
    async with intake.admit(organisation, size):
        content = await _read(call, MOST_BYTES)
        async with intake.check_turn:
            capture = await add_capture(call.context, content, behaviour)
    call.runtime.captures.wake()
    headers = {"Location": f"{PREFIX}/capture/{capture.id}", _BEHAVIOUR: behaviour}
    return answer_json(call, describe_capture(capture), 202, headers)


async def show_captures(call: EpcisCall) -> web.Response:
    """The jobs of the organisation, the newest first."""
    request = PageRequest(read_per_page(call), read_token(call))
    page = await list_captures(call.context, request)
    found = [describe_capture(one) for one in page.items]
    return answer_json(call, found, headers=link_next(call, page.next))


async def show_capture(call: EpcisCall) -> web.Response:
    """One job."""
    return answer_json(call, describe_capture(await get_capture(call.context, call.path["id"])))


async def post_event(call: EpcisCall) -> web.Response:
    """Record one event, and answer where it is."""
    content = convert_to_utf8(await _read(call, _EVENT_BYTES))
    check_json(content)
    id_ = await record_event(call.context, parse_document(content))
    headers = {"Location": f"{PREFIX}/events/{quote(id_, safe='')}"}
    return answer_json(call, {"eventID": id_}, 201, headers)


def _read_behaviour(call: EpcisCall) -> CaptureBehaviour:
    told = call.request.headers.get(_BEHAVIOUR, "rollback")
    for one in get_args(CaptureBehaviour):
        if told == one:
            behaviour: CaptureBehaviour = one
            return behaviour
    raise NotAcceptable(header=_BEHAVIOUR, why="is rollback or proceed")


async def _read(call: EpcisCall, limit: int) -> bytes:
    least = call.runtime.dependencies.settings.body_seconds
    length = min(call.request.content_length or limit, limit)
    seconds = least + length / 1_000_000 * _SECONDS_PER_MEGABYTE
    return await read_body(call.request, limit=limit, seconds=seconds)
