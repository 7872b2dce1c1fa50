"""`/epcis`: a partner's system captures documents, asks in the language of the standard."""

import asyncio
import json
from typing import Any
from urllib.parse import quote

import aiohttp
import pytest
from yarl import URL

from tests.desk.running_desk import RunningDesk
from tests.traceability.epcis.standard_examples import (
    DRAFT_ID,
    EXAMPLES,
    RECEIVING,
    SHIPPING,
    make_document,
)
from traceability.epcis import hash_document

PAST = {"eventTime": "2026-01-12T09:15:00+07:00", "eventTimeZoneOffset": "+07:00"}


def past(n: int = 0, **changes: Any) -> dict[str, Any]:
    """An event before the clock of the desk, one of many."""
    kept = {name: one for name, one in RECEIVING.items() if name != "eventID"}
    at = f"2026-01-12T09:{n // 60 % 60:02d}:{n % 60:02d}+07:00"
    return {**kept, "epcList": [f"urn:example:box:{n}"], "eventTime": at, **changes}


async def ask(
    desk: RunningDesk, who: str | None, method: str, path: str, body: Any = None, **headers: str
) -> aiohttp.ClientResponse:
    if who is not None:
        headers["Authorization"] = f"Bearer {desk.tokens[who]}"
    if body is not None and not isinstance(body, bytes):
        body = json.dumps(body).encode()
        headers.setdefault("Content-Type", "application/json")
    url = URL(f"{desk.url}/epcis{path}", encoded=True)
    response = await desk.session.request(method, url, data=body, headers=headers)
    await response.read()
    return response


async def capture(desk: RunningDesk, who: str, document: Any, **headers: str) -> Any:
    """Capture a document and wait for the end of its job."""
    taken = await ask(desk, who, "POST", "/capture", document, **headers)
    assert taken.status == 202, await taken.text()
    path = taken.headers["Location"].removeprefix("/epcis")
    for _ in range(400):
        job = await (await ask(desk, who, "GET", path)).json()
        if not job["running"]:
            return job
        await asyncio.sleep(0.05)
    raise AssertionError("the capture did not end")


async def find(desk: RunningDesk, who: str, path: str) -> list[dict[str, Any]]:
    answer = await ask(desk, who, "GET", path)
    assert answer.status == 200, await answer.text()
    document = await answer.json()
    events: list[dict[str, Any]] = document["epcisBody"]["queryResults"]["resultsBody"]["eventList"]
    return events


async def test_examples_of_the_standard_are_captured_and_found_by_their_ids(
    desk: RunningDesk,
) -> None:
    events = [{**one, **PAST} for one in EXAMPLES.values()]
    for one in events:
        one.pop("errorDeclaration", None)
    job = await capture(desk, "mai", make_document(*events))
    assert (job["success"], job["captured"], job["errors"]) == (True, len(EXAMPLES) - 1, [])
    assert job["known"] == 1  # the example that declares an error is the same event
    [shipped] = await find(desk, "mai", f"/events/{quote(DRAFT_ID, safe='')}")
    assert shipped["eventID"] == DRAFT_ID
    assert shipped["epcList"] == SHIPPING["epcList"]
    again = await capture(desk, "mai", make_document(*events))
    assert (again["captured"], again["known"]) == (0, len(EXAMPLES))


async def test_what_is_exported_is_imported_with_equal_hashes(desk: RunningDesk) -> None:
    await capture(
        desk, "mai", make_document(*(past(n) for n in range(5)), past(9, **{"example:a": 1}))
    )
    exported = await (await ask(desk, "mai", "GET", "/events")).json()
    ids = [
        one["eventID"] for one in exported["epcisBody"]["queryResults"]["resultsBody"]["eventList"]
    ]
    assert hash_document(exported) == ids
    job = await capture(desk, "lan", exported)
    assert (job["captured"], job["errors"]) == (6, [])
    assert [one["eventID"] for one in await find(desk, "lan", "/events")] == ids


async def test_all_or_nothing_names_what_is_wrong_by_event_and_path(desk: RunningDesk) -> None:
    document = make_document(past(0), past(1, bizStep="shiping"), past(2, action="GO"))
    job = await capture(desk, "mai", document)
    assert (job["success"], job["captured"], job["refused"]) == (False, 0, 2)
    assert [(one["index"], one["path"]) for one in job["errors"]] == [
        (1, "/epcisBody/eventList/1/bizStep"),
        (2, "/epcisBody/eventList/2/action"),
    ]
    assert "did you mean shipping" in job["errors"][0]["title"]
    assert await find(desk, "mai", "/events") == []
    desk.clock.now += 1_000
    proceeding = {"GS1-Capture-Error-Behaviour": "proceed"}
    job = await capture(desk, "mai", document, **proceeding)
    assert (job["success"], job["captured"], job["captureErrorBehaviour"]) == (False, 1, "proceed")
    assert len(await find(desk, "mai", "/events")) == 1
    jobs = await (await ask(desk, "mai", "GET", "/capture?perPage=1")).json()
    assert [one["captureID"] for one in jobs] == [job["captureID"]]
    assert await (await ask(desk, "lan", "GET", "/capture")).json() == []
    assert (await ask(desk, "lan", "GET", f"/capture/{job['captureID']}")).status == 404


async def test_a_thousand_and_more_events_come_in_one_request(desk: RunningDesk) -> None:
    events = [past(n, quantityList=[]) for n in range(1200)]
    wrong = [*events[:-1], past(1199, bizStep="shiping")]
    job = await capture(desk, "mai", make_document(*wrong))
    assert (job["captured"], job["refused"]) == (0, 1)
    assert job["errors"][0]["path"] == "/epcisBody/eventList/1199/bizStep"
    assert await find(desk, "mai", "/events") == []
    job = await capture(desk, "mai", make_document(*events))
    assert (job["captured"], job["events"]) == (1200, 1200)


async def test_one_event_is_recorded_at_once(desk: RunningDesk) -> None:
    event = {"@context": make_document()["@context"], **past(1, **{"example:note": "x"})}
    made = await ask(desk, "mai", "POST", "/events", event)
    assert made.status == 201
    [found] = await find(desk, "mai", made.headers["Location"].removeprefix("/epcis"))
    assert found["example:note"] == "x"
    wrong = await ask(desk, "mai", "POST", "/events", past(1, bizStep="shiping"))
    problem = await wrong.json()
    assert (wrong.status, problem["type"], problem["field"]) == (
        400, "epcisException:ValidationException", "bizStep",
    )  # fmt: skip


async def test_pages_link_to_the_next_one_until_all_were_told(desk: RunningDesk) -> None:
    await capture(desk, "mai", make_document(*(past(n) for n in range(7))))
    path, seen = "/events?perPage=3&EQ_bizStep=receiving%7Cshipping&orderBy=eventTime", []
    while path:
        answer = await ask(desk, "mai", "GET", path)
        document = await answer.json()
        events = document["epcisBody"]["queryResults"]["resultsBody"]["eventList"]
        seen += [one["epcList"][0] for one in events]
        link = answer.headers.get("Link", "")
        path = link.removeprefix("</epcis").partition(">")[0]
    assert seen == [f"urn:example:box:{n}" for n in reversed(range(7))]


async def test_a_named_query_is_asked_by_its_name(desk: RunningDesk) -> None:
    await capture(desk, "mai", make_document(past(1), past(2, bizStep="shipping")))
    told = {"name": "shipped", "query": {"EQ_bizStep": ["shipping"], "eventType": ["ObjectEvent"]}}
    made = await ask(desk, "mai", "POST", "/queries", told)
    assert (made.status, made.headers["Location"]) == (201, "/epcis/queries/shipped")
    [found] = await find(desk, "mai", "/queries/shipped/events")
    assert found["bizStep"] == "shipping"
    assert (await ask(desk, "mai", "POST", "/queries", told)).status == 409
    listed = await (await ask(desk, "mai", "GET", "/queries")).json()
    assert [(one["name"], one["query"]) for one in listed] == [("shipped", told["query"])]
    assert (await ask(desk, "lan", "GET", "/queries/shipped")).status == 404
    unclear = {"name": "b", "query": {"EQ_step": "x"}}
    refused = await ask(desk, "mai", "POST", "/queries", unclear)
    problem = await refused.json()
    assert (refused.status, problem["type"]) == (400, "epcisException:QueryParameterException")
    assert (await ask(desk, "mai", "DELETE", "/queries/shipped")).status == 204
    assert (await ask(desk, "mai", "GET", "/queries/shipped/events")).status == 404


async def test_resources_below_lead_to_the_same_events(desk: RunningDesk) -> None:
    await capture(desk, "mai", make_document(past(1), past(2)))
    place = RECEIVING["bizLocation"]["id"]
    for path in (
        f"/epcs/{quote('urn:example:box:1', safe='')}/events",
        "/epcs/urn:example:box:1/events?EQ_bizStep=receiving",
    ):
        assert [one["epcList"] for one in await find(desk, "mai", path)] == [["urn:example:box:1"]]
    for path in (
        "/eventTypes/ObjectEvent/events",
        "/bizSteps/receiving/events",
        f"/bizLocations/{quote(place, safe='')}/events",
        f"/readPoints/{quote(RECEIVING['readPoint']['id'], safe='')}/events",
    ):
        assert len(await find(desk, "mai", path)) == 2, path
    assert await find(desk, "mai", "/dispositions/active/events") == []
    names = await (await ask(desk, "mai", "GET", "/bizLocations")).json()
    assert names["member"] == [place]
    boxes = await (await ask(desk, "mai", "GET", "/epcs?perPage=1")).json()
    assert boxes["member"] == ["urn:example:box:2"]
    steps = await (await ask(desk, "mai", "GET", "/bizSteps")).json()
    assert "shipping" in steps["member"]
    top = await (await ask(desk, "mai", "GET", "/")).json()
    assert {"capture", "events", "queries", "epcs"} <= set(top["member"])
    assert (await (await ask(desk, "mai", "GET", "/epcs/x:1")).json())["member"] == ["events"]


async def test_another_packing_house_sees_nothing_and_an_inspector_all(desk: RunningDesk) -> None:
    await capture(desk, "mai", make_document(past(1)))
    assert await find(desk, "lan", "/events") == []
    assert len(await find(desk, "thanh", "/events?MATCH_epc=urn:example:box:1")) == 1
    for who, status in ((None, 401), ("in", 403), ("thanh", 403)):
        refused = await ask(desk, who, "POST", "/capture", make_document(past(1)))
        problem = await refused.json()
        assert (refused.status, problem["type"]) == (status, "epcisException:SecurityException")


async def test_versions_and_limits_are_told_to_whoever_asks(desk: RunningDesk) -> None:
    found = await ask(desk, "mai", "OPTIONS", "/capture")
    assert found.status == 204
    assert {name: found.headers[name] for name in ("Allow", "GS1-EPCIS-Min", "GS1-CBV-Max")} == {
        "Allow": "GET, HEAD, OPTIONS, POST", "GS1-EPCIS-Min": "2.0.0", "GS1-CBV-Max": "2.0.0",
    }  # fmt: skip
    assert found.headers["GS1-EPCIS-Capture-Limit"] == "10000"
    assert (await ask(desk, "mai", "GET", "/events")).headers["GS1-EPCIS-Version"] == "2.0.0"
    assert (await ask(desk, None, "OPTIONS", "/capture")).status == 401


MAYBE = {"GS1-Capture-Error-Behaviour": "maybe"}
REFUSED: list[tuple[str, str, Any, dict[str, str], int, str]] = [
    ("GET", "/events", None, {"GS1-EPCIS-Max": "1.2"}, 406, "NotAcceptable"),
    ("GET", "/events", None, {"GS1-CBV-Min": "2.1.0"}, 406, "NotAcceptable"),
    ("GET", "/events", None, {"GS1-EPC-Format": "Always_EPC_URN"}, 406, "NotAcceptable"),
    ("GET", "/events", None, {"Accept": "application/xml"}, 406, "NotAcceptable"),
    ("POST", "/capture", b"<a/>", {"Content-Type": "application/xml"}, 415, "UnsupportedMediaType"),
    ("POST", "/capture", b"{", {"Content-Type": "application/json"}, 400, "Validation"),
    ("POST", "/capture", {"type": "EPCISDocument"}, {}, 400, "Validation"),
    ("POST", "/capture", make_document(), {}, 400, "Validation"),
    ("POST", "/capture", make_document(*[{}] * 10_001), {}, 400, "Validation"),
    ("POST", "/capture", make_document(past()), MAYBE, 406, "NotAcceptable"),
    ("GET", "/events?EQ_step=x", None, {}, 400, "QueryParameter"),
    ("GET", "/events?perPage=0", None, {}, 400, "Validation"),
    ("GET", "/events?nextPageToken=x", None, {}, 400, "Validation"),
    ("GET", "/events/urn:uuid:1", None, {}, 404, "NoSuchName"),
    ("GET", "/nothing", None, {}, 404, "NoSuchName"),
    ("DELETE", "/events", None, {}, 405, "Implementation"),
    ("POST", "/queries/x/subscriptions", {}, {}, 501, "Implementation"),
]  # fmt: skip


async def test_a_refusal_has_the_exception_of_the_standard(desk: RunningDesk) -> None:
    for method, path, body, headers, status, name in REFUSED:
        refused = await ask(desk, "mai", method, path, body, **headers)
        problem = await refused.json()
        assert refused.content_type == "application/problem+json"
        said = (refused.status, problem["type"])
        assert said == (status, f"epcisException:{name}Exception"), (method, path, headers)


async def test_a_document_above_the_limit_is_refused_before_it_is_read(desk: RunningDesk) -> None:
    headers = {"Content-Type": "application/json", "Content-Length": "16000001"}
    async with desk.session.post(
        f"{desk.url}/epcis/capture",
        headers={**headers, "Authorization": f"Bearer {desk.tokens['mai']}"},
        data=b"x" * 16_000_001,
    ) as refused:
        problem = await refused.json()
    assert (refused.status, problem["type"]) == (
        413,
        "epcisException:CaptureLimitExceededException",
    )


async def test_an_organisation_has_a_bounded_number_of_documents_waiting(
    desk: RunningDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def nothing(*_: Any) -> None:
        return None

    monkeypatch.setattr(desk.ledger.epcis_captures, "lease", nothing)
    taken = [await ask(desk, "mai", "POST", "/capture", make_document(past(n))) for n in range(6)]
    assert [one.status for one in taken] == [202] * 5 + [429]
    assert taken[-1].headers["Retry-After"]
    assert (await ask(desk, "lan", "POST", "/capture", make_document(past(1)))).status == 202


async def test_a_query_that_is_too_large_or_too_wide_is_refused(desk: RunningDesk) -> None:
    await capture(desk, "mai", make_document(*(past(n) for n in range(4))))
    assert len(await find(desk, "mai", "/events?maxEventCount=4")) == 4
    refused = await ask(desk, "mai", "GET", "/events?maxEventCount=3")
    problem = await refused.json()
    assert (refused.status, problem["type"]) == (413, "epcisException:QueryTooLargeException")
    first = await find(desk, "mai", "/events?eventCountLimit=2&orderBy=recordTime&perPage=30")
    assert len(first) == 2
