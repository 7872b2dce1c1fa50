"""`GET /api/v1/batches/{batch}/events`: an EPCIS document in pages, for those who see the batch."""

from tests.desk.running_desk import RunningDesk
from traceability.epcis import hash_document


async def test_a_batch_tells_its_life_as_an_epcis_document(desk: RunningDesk) -> None:
    number = await desk.activated()
    first = await desk.fetch("mai", "GET", f"/batches/{number}/events?limit=1")
    events = first["document"]["epcisBody"]["eventList"]
    assert [one["bizStep"] for one in events] == ["encoding"]
    second = await desk.fetch("mai", "GET", f"/batches/{number}/events?after={first['next']}")
    later = second["document"]["epcisBody"]["eventList"]
    assert "commissioning" in [one["bizStep"] for one in later]
    assert [one["eventID"] for one in later] == hash_document(second["document"])
    assert second["next"] is None


async def test_another_packing_house_finds_no_such_batch(desk: RunningDesk) -> None:
    number = await desk.activated()
    answer = await desk.call("lan", "GET", f"/batches/{number}/events")
    assert answer.status == 404
    assert (await answer.json())["type"].endswith("unknown-batch")


async def test_a_cursor_of_something_else_is_refused(desk: RunningDesk) -> None:
    number = await desk.activated()
    answer = await desk.call("mai", "GET", f"/batches/{number}/events?after=x")
    assert answer.status == 400
