"""`/api/v1/events`: an EPCIS document is recorded, found again and refused in clear words."""

import json
from urllib.parse import quote

from tests.desk.running_desk import RunningDesk
from tests.traceability.epcis.test_event_hash import EVENT
from tests.traceability.epcis.test_event_reader import document

PAST = {**EVENT, "eventTime": "2026-01-12T09:15:00+07:00"}
LOT = "https://example.vn/01/8935000000014/10/DL-2026-0912"


async def test_a_partner_records_a_document_and_asks_for_a_lot(desk: RunningDesk) -> None:
    told = document(PAST, {**PAST, "eventTime": "2026-01-13T09:15:00+07:00"})
    first = await desk.fetch("mai", "POST", "/events", told)
    assert first == {"events": 2, "added": 2, "errors_added": 0}
    again = await desk.fetch("mai", "POST", "/events", told)
    assert again["added"] == 0
    page = await desk.fetch("mai", "GET", f"/events?item={quote(LOT, safe='')}&limit=1")
    [newest] = page["events"]
    assert (newest["organisation"], newest["event"]["bizStep"]) == ("krong-pac", "commissioning")
    assert newest["at"].startswith("2026-01-13")
    rest = await desk.fetch("mai", "GET", f"/events?limit=1&after={page['next']}")
    assert rest["events"][0]["at"].startswith("2026-01-12")
    shown = await desk.fetch("thanh", "GET", f"/events/{quote(newest['id'], safe='')}")
    assert shown["events"] == [newest]


async def test_another_packing_house_does_not_see_it(desk: RunningDesk) -> None:
    await desk.fetch("mai", "POST", "/events", document(PAST))
    assert (await desk.fetch("lan", "GET", "/events"))["events"] == []


async def test_a_wrong_event_is_named_by_its_number_and_field(desk: RunningDesk) -> None:
    answer = await desk.call("mai", "POST", "/events", document(PAST, {**PAST, "action": "GO"}))
    problem = await answer.json()
    assert (answer.status, problem["number"], problem["field"]) == (422, 2, "action")
    assert problem["type"].endswith("malformed-event")


async def test_a_document_that_is_too_large_is_refused(desk: RunningDesk) -> None:
    large = json.dumps(document({**PAST, "ilmd": {"farm:note": "x" * 1_000_000}})).encode()
    json_type = {"Content-Type": "application/json"}
    assert (await desk.call("mai", "POST", "/events", large, **json_type)).status == 413
