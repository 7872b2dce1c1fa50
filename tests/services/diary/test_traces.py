"""A trace over entries of the diary: from the package of an input to the goods, and back."""

from services.diary.entries import take_back_entry, tell_entry
from services.traces.trace_starts import StartKind, StartRequest
from services.traces.traces import trace_item
from tests.services.diary.people import HARVEST, SPRAY, person
from tests.services.diary.people import registry as registry
from tests.services.office import Office
from traceability.trace.walk import TraceDirection

LOT = "https://veritem.vn/lot/VNDLOR0123-260920"


async def list_steps(
    office: Office, item: str, kind: StartKind | None, direction: TraceDirection
) -> list[str]:
    """The steps of the events that a trace finds."""
    found = await trace_item(office.context("inspector"), StartRequest(item, kind), direction)
    return [one.event.step or "" for one in found.trace.steps]


async def test_a_package_of_pesticide_leads_to_the_goods_that_were_sold(office: Office) -> None:
    grower = person(office, "grower")
    spray = await tell_entry(grower, "input", {**SPRAY, "input_batch": "B7"})
    await tell_entry(grower, "harvest", {**HARVEST, "at": "2026-09-20"})
    sale = {"at": "2026-09-21", "lot": "VNDLOR0123-260920", "quantity": 5, "unit": "TNE"}
    await tell_entry(grower, "sale", {**sale, "buyer": "A"})
    package, forward = "Ridomil  gold;B7", TraceDirection.FORWARD
    steps = await list_steps(office, package, StartKind.INPUT, forward)
    assert steps == ["other", "creating_class_instance", "shipping"]
    assert "other" in await list_steps(office, LOT, None, TraceDirection.BACK)
    await take_back_entry(grower, spray.id)
    assert await list_steps(office, package, StartKind.INPUT, forward) == []
