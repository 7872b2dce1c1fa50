"""Events of a batch: what happened to its stamps, in order, for those who may see the batch."""

from dataclasses import replace

import pytest

from ledger.errors import UnknownBatch
from services.errors import Forbidden
from services.lots import lots
from services.record.batch_events import iterate_batch_events, list_batch_events
from services.stamps import activation
from services.stamps.transitions import TransitionRequest, apply_transition
from stamps.lifecycle import Transition
from tests.services.office import Office, lot_document, recall

STEPS = ["encoding", "decommissioning", "commissioning", "holding", "inspecting", "holding"]


async def live(office: Office) -> int:
    """A batch of 100 stamps that are printed, of which one is lost and the others recalled."""
    number = await office.print_batch(100)
    lost = TransitionRequest(Transition.VOID, (f"{number}·99",), reason="lost")
    packer = office.context("packer")
    await apply_transition(packer, lost, "lost")
    await lots.put_lot(packer, lot_document("L1"))
    await activation.activate_range(packer, f"{number}·0-98", "L1", "roll")
    for transition, reason in ((Transition.SUSPEND, "inspection"), (Transition.RELEASE, "cleared")):
        request = TransitionRequest(transition, (f"{number}·0-9",), reason=reason)
        await apply_transition(office.context("inspector"), request, transition.value)
    await recall(office, batch=number)
    return number


async def test_each_transition_of_a_batch_is_an_event(office: Office) -> None:
    number = await live(office)
    page = await list_batch_events(office.context("packer"), number)
    assert [event["bizStep"] for event in page.items][:5] == STEPS[:5]
    assert {event["bizStep"] for event in page.items[5:]} == {"holding"}
    activated = page.items[2]
    assert activated["readPoint"]["id"].endswith("/place/VN-%C4%90LPH-0012")
    assert activated["quantityList"][0]["quantity"] == 99
    assert page.next is None


async def test_pages_hold_every_event_once(office: Office) -> None:
    number = await live(office)
    context = office.context("authority")
    whole = (await list_batch_events(context, number)).items
    found, after = [], None
    while True:
        page = await list_batch_events(context, number, limit=2, after=after)
        found += page.items
        after = page.next
        if after is None:
            break
    assert found == list(whole) == [one async for one in iterate_batch_events(context, number)]


async def test_ids_stay_the_same_when_the_registry_changes(office: Office) -> None:
    number = await live(office)
    context = office.context("authority")
    before = [one["eventID"] async for one in iterate_batch_events(context, number)]
    [place] = await office.ledger.places.list_by_code(["VN-ĐLPH-0012"])
    await office.ledger.places.replace(replace(place, gln="8935000000014"), actor="second")
    assert [one["eventID"] async for one in iterate_batch_events(context, number)] == before


async def test_a_print_house_does_not_see_the_lots_of_its_batches(office: Office) -> None:
    number = await live(office)
    with pytest.raises(Forbidden):
        await list_batch_events(office.context("press"), number)


async def test_another_packer_does_not_see_the_events_of_a_batch(office: Office) -> None:
    number = await live(office)
    with pytest.raises(UnknownBatch):
        await list_batch_events(office.context("other-packer"), number)
