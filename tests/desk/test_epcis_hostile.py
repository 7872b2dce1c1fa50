"""Hostile use of `/epcis`: many and slow bodies, odd documents, odd header fields."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import pytest

from ledger.errors import CapturesFull
from services.record.capture_intake import MOST_BYTES, MOST_OF_ONE, CaptureIntake
from tests.desk.running_desk import RunningDesk
from tests.desk.test_epcis import ask, capture, find, past
from tests.traceability.epcis.standard_examples import CONTEXT, make_document
from web.errors import ServiceBusy

JSON = {"Content-Type": "application/json"}


def nest(left: str, right: str, depth: int) -> Any:
    return json.loads(left * depth + "1" + right * depth)


def with_context(context: Any) -> dict[str, Any]:
    return {**make_document({**past(1), "example:myField": None}), "@context": context}


ODD: dict[str, bytes | dict[str, Any]] = {
    "a million brackets": b"[" * 1_000_000,
    "a number of a thousand digits": json.dumps(make_document(past(1)))
    .replace("200", "9" * 1000, 1)
    .encode(),
    "a nested event": make_document(past(1, **{"example:x": nest("[", "]", 900)})),
    "a nested context": with_context([CONTEXT, nest('{"a":', "}", 900)]),
    "a hundred thousand prefixes": with_context(
        [CONTEXT, {f"p{n}": "http://x.example/" for n in range(100_000)}]
    ),
    "a hundred thousand contexts": with_context([CONTEXT, *["http://x.example/"] * 100_000]),
    "a name of a million letters": make_document(past(1, **{"a" * 1_000_000 + ":b": 1})),
    "a field of a million letters": make_document(past(1, **{"a" * 1_000_000: 1})),
    "half a letter": b'{"epcisBody": {"eventList": ["\\ud800"]}}',
    "no object": b"[1]",
    "XML": b"<epcis:EPCISDocument/>",
}


async def test_odd_documents_are_refused_in_few_words_and_stop_nothing(desk: RunningDesk) -> None:
    for name, document in ODD.items():
        body = document if isinstance(document, bytes) else json.dumps(document).encode()
        taken = await ask(desk, "mai", "POST", "/capture", body, **JSON)
        if taken.status == 202:
            path = taken.headers["Location"].removeprefix("/epcis")
            for _ in range(400):
                answer = await ask(desk, "mai", "GET", path)
                if not (await answer.json())["running"]:
                    break
                await asyncio.sleep(0.02)
            job = await answer.json()
            assert (job["running"], job["captured"]) == (False, 0), name
            assert job["refused"], name
        else:
            answer = taken
            assert taken.status == 400, name
        assert len(await answer.read()) < 3_000, name
    assert (await capture(desk, "mai", make_document(past(1))))["captured"] == 1


async def test_the_address_of_a_context_is_never_fetched(desk: RunningDesk) -> None:
    asked: list[str] = []

    async def note(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append((await reader.readline()).decode())
        writer.close()

    server = await asyncio.start_server(note, "127.0.0.1", 0)
    address = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/context.jsonld"
    event = {name: value for name, value in past(1).items() if ":" not in name}
    document = {**make_document(event), "@context": [CONTEXT, address]}
    assert (await capture(desk, "mai", document))["captured"] == 1
    document = {**document, "@context": address}
    assert (await capture(desk, "mai", document))["known"] == 1
    server.close()
    assert asked == []


async def test_one_event_twice_is_one_and_an_id_for_two_is_refused(desk: RunningDesk) -> None:
    id_ = "urn:uuid:404d95fc-9457-4a51-bd6a-0bba133845a8"
    job = await capture(desk, "mai", make_document(past(1, eventID=id_), past(1, eventID=id_)))
    assert (job["captured"], job["known"], job["errors"]) == (1, 1, [])
    job = await capture(desk, "mai", make_document(past(2, eventID=id_), past(3, eventID=id_)))
    assert job["captured"] == 0
    [error] = job["errors"]
    assert error["path"] == "/epcisBody/eventList/1/eventID"
    assert "that of event 0, which differs" in error["title"]
    assert len(await find(desk, "mai", "/events")) == 1


@asynccontextmanager
async def slow_body(desk: RunningDesk, who: str) -> AsyncIterator[None]:
    """A request whose body does not come."""
    host, port = desk.url.removeprefix("http://").split(":")
    _, writer = await asyncio.open_connection(host, int(port))
    writer.write(
        f"POST /epcis/capture HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\n"
        f"Authorization: Bearer {desk.tokens[who]}\r\nContent-Length: 9000000\r\n\r\n{{".encode()
    )
    await writer.drain()
    yield
    writer.close()


async def test_slow_bodies_take_the_room_of_their_own_organisation_alone(
    desk: RunningDesk,
) -> None:
    document = make_document(past(1))
    async with AsyncExitStack() as stack:
        for _ in range(MOST_OF_ONE):
            await stack.enter_async_context(slow_body(desk, "mai"))
        for _ in range(200):
            refused = await ask(desk, "mai", "POST", "/capture", document)
            if refused.status == 429:
                break
            await asyncio.sleep(0.02)
        problem = await refused.json()
        assert problem["type"] == "epcisException:CaptureLimitExceededException"
        assert int(refused.headers["Retry-After"]) > 0
        assert (await ask(desk, "lan", "POST", "/capture", document)).status == 202
        assert (await ask(desk, "mai", "GET", "/events")).status == 200
    for _ in range(200):
        taken = await ask(desk, "mai", "POST", "/capture", document)
        if taken.status == 202:
            break
        await asyncio.sleep(0.02)
    assert taken.status == 202


async def test_all_documents_that_are_taken_in_have_a_bounded_size() -> None:
    intake = CaptureIntake()
    async with AsyncExitStack() as stack:
        for n in range(10):
            await stack.enter_async_context(intake.admit(f"o{n}", MOST_BYTES // 10))
        with pytest.raises(ServiceBusy):
            await stack.enter_async_context(intake.admit("more", 1))
    async with intake.admit("o1", MOST_BYTES // 2), intake.admit("o1", MOST_BYTES // 2):
        with pytest.raises(CapturesFull):
            await intake.admit("o1", 0).__aenter__()


ABUSE: list[tuple[dict[str, str], int]] = [
    ({"GS1-EPCIS-Min": "9" * 1000}, 406),
    ({"GS1-EPCIS-Version": "2.0.0.0.0.0"}, 406),
    ({"GS1-CBV-Max": "-1"}, 406),
    ({"GS1-Capture-Error-Behaviour": "rollback, proceed"}, 406),
    ({"GS1-Capture-Error-Behaviour": "x" * 4000}, 406),
    ({"GS1-EPC-Format": "é"}, 406),
    ({"Accept": "," * 4000}, 406),
    ({"Content-Type": "application/json" + ";a=b" * 500}, 202),
    ({"Content-Type": "application/xml"}, 415),
    ({"Content-Type": "x" * 4000}, 415),
    ({"Content-Encoding": "gzip"}, 415),
    ({"Accept-Language": "vi;q=9999,*;q=x" * 200}, 202),
    ({"If-Match": '"' * 2000}, 202),
]


async def test_odd_header_fields_are_refused_or_ignored(desk: RunningDesk) -> None:
    for headers, status in ABUSE:
        answer = await ask(desk, "mai", "POST", "/capture", make_document(past(1)), **headers)
        while answer.status == 429:  # the ones before are still recorded
            await asyncio.sleep(0.05)
            answer = await ask(desk, "mai", "POST", "/capture", make_document(past(1)), **headers)
        assert answer.status == status, (headers, await answer.text())
