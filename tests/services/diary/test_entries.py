"""The diary: who tells entries, corrections, warnings, and what a lot is told of it."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from ledger.diary.entries import EntryTakenBack
from ledger.errors import UnknownRow
from services import Actor
from services.diary.entries import (
    check_entries,
    correct_entry,
    get_entry,
    take_back_entry,
    tell_entry,
)
from services.diary.evidence import find_lot_evidence
from services.diary.whose_place import list_own_places
from services.errors import Forbidden, InvalidInput
from services.lists.description import ListRequest
from services.lists.diary import DIARY
from services.lists.find import find_list_page
from services.lots import lots
from services.record.event_record import find_event
from tests.services.diary.people import AREA, HARVEST, SPRAY, person, see
from tests.services.diary.people import registry as registry
from tests.services.office import Office, lot_document
from tests.services.test_province_scope import of_province
from traceability.diary.entries import MalformedEntry, read_entry
from traceability.diary.lot_evidence import EvidencePart
from traceability.epcis.event_reader import parse_event_id


async def test_an_entry_is_an_event_of_its_organisation_and_told_once(office: Office) -> None:
    grower = person(office, "grower")
    told = await tell_entry(grower, "harvest", HARVEST)
    assert told.is_new
    assert not (await tell_entry(person(office, "grower2"), "harvest", HARVEST)).is_new
    assert await see(office, "grower2") == await see(office, "inspector") == [("harvest", None)]
    assert await see(office, "other-grower") == []
    [event] = await find_event(grower, told.id)
    assert event.body["outputQuantityList"][0]["quantity"] == 820
    found = await get_entry(person(office, "grower2"), told.id)
    assert found.entry.values == {**HARVEST, "lot": "VNDLOR0123-260910"}
    with pytest.raises(UnknownRow):
        await get_entry(person(office, "other-grower"), told.id)


async def test_two_who_tell_one_entry_at_the_same_time_tell_it_once(office: Office) -> None:
    people = [person(office, who) for who in ("grower", "grower2") * 3]
    told = await asyncio.gather(*(tell_entry(one, "harvest", HARVEST) for one in people))
    assert [one.is_new for one in told].count(True) == 1
    assert len(await see(office, "grower")) == 1


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"place": "VN-TGOR-0007"}, "place"),
        ({"place": "VN-ĐLOR-0999"}, "place"),
        ({"place": "VN-ĐLOR-0777"}, "place"),
        ({"product": "unknown"}, "product"),
        ({"at": "2026-10-03"}, "at"),
    ],
)
async def test_nobody_tells_of_anothers_place_or_of_tomorrow(
    office: Office, changes: dict[str, Any], field: str
) -> None:
    with pytest.raises(MalformedEntry) as refusal:
        await tell_entry(person(office, "grower"), "harvest", {**HARVEST, **changes})
    assert refusal.value.evidence["field"] == field
    assert await see(office, "grower") == []


async def test_a_place_of_the_registry_is_told_of_by_its_organisation(office: Office) -> None:
    receipt = {"at": "2026-09-12T08:30", "lot": "L1", "quantity": 5, "unit": "TNE"}
    told = {**receipt, "sender": "A", "place": "VN-BTPH-077"}
    assert (await tell_entry(office.context("packer"), "receipt", told)).is_new
    with pytest.raises(MalformedEntry):
        await tell_entry(office.context("other-packer"), "receipt", told)
    places = await list_own_places(office.context("packer"), "krong-pac")
    assert {one.code for one in places} == {"VN-BTPH-077", "VN-ĐLPH-0012"}
    areas = await list_own_places(person(office, "grower"), "y-bih-nie")
    assert [one.code for one in areas] == [AREA]


async def test_everybody_tells_of_the_own_work_only(office: Office) -> None:
    for who, kind in (("packer", "harvest"), ("grower", "test"), ("grower", "nothing")):
        with pytest.raises(InvalidInput, match="people of your role"):
            await tell_entry(person(office, who), kind, HARVEST)


async def test_only_who_records_events_tells_entries(office: Office) -> None:
    for who in ("inspector", "press", "authority"):
        with pytest.raises(Forbidden):
            await tell_entry(office.context(who), "harvest", HARVEST)
    nobody = replace(office.context("packer"), actor=Actor("x", "grower"))
    with pytest.raises(InvalidInput):
        await tell_entry(nobody, "harvest", HARVEST)
    with pytest.raises(Forbidden):
        await check_entries(office.context("press"), [read_entry("harvest", HARVEST)])


async def test_a_harvest_in_a_waiting_period_is_recorded_and_warned_of_however_late_the_treatment_is_told(  # noqa: E501
    office: Office,
) -> None:
    grower = person(office, "grower")
    told = await tell_entry(grower, "harvest", HARVEST)
    assert await see(office, "grower") == [("harvest", None)]
    spray = await tell_entry(grower, "input", SPRAY)
    assert await see(office, "grower", kind="harvest") == [("harvest", "waiting")]
    [warning] = (await get_entry(grower, told.id)).warnings
    assert warning.values == {
        "input": "Ridomil Gold",
        "treated": "2026-09-01",
        "days": "14",
        "free_from": "2026-09-15",
    }
    later = await tell_entry(grower, "harvest", {**HARVEST, "at": "2026-09-15"})
    assert (await get_entry(grower, later.id)).warnings == ()
    await take_back_entry(grower, spray.id)
    assert (await get_entry(grower, told.id)).warnings == ()


async def test_goods_that_leave_before_their_harvest_are_warned_of(office: Office) -> None:
    grower = person(office, "grower")
    sale = {"at": "2026-09-09", "lot": "H1", "quantity": 5, "unit": "TNE", "buyer": "A"}
    early = await tell_entry(grower, "sale", sale)
    await tell_entry(grower, "sale", {**sale, "at": "2026-09-10"})
    await tell_entry(grower, "harvest", {**HARVEST, "lot": "H1"})
    assert await see(office, "grower", kind="sale") == [("sale", None), ("sale", "order")]
    assert (await get_entry(grower, early.id)).warnings[0].values == {"harvested": "2026-09-10"}


async def test_a_correction_leaves_what_was_told_and_counts_once(office: Office) -> None:
    grower = person(office, "grower")
    wrong = await tell_entry(grower, "harvest", HARVEST)
    right = await correct_entry(grower, wrong.id, {**HARVEST, "quantity": 280})
    again = await correct_entry(grower, wrong.id, {**HARVEST, "quantity": 280})
    assert again.id == right.id
    assert await see(office, "grower") == [("harvest", None)]
    assert await see(office, "grower", state="taken_back") == [("harvest", "taken_back")]
    old = await get_entry(grower, wrong.id)
    assert old.entry.values["quantity"] == 820
    assert parse_event_id(old.corrected_by or "") == right.id
    [event] = await find_event(grower, wrong.id)
    assert [one.body["reason"] for one in event.errors] == ["incorrect_data"]
    with pytest.raises(EntryTakenBack):
        await correct_entry(grower, wrong.id, {**HARVEST, "quantity": 5})
    with pytest.raises(EntryTakenBack):
        await take_back_entry(grower, wrong.id)
    with pytest.raises(UnknownRow):
        await correct_entry(person(office, "other-grower"), right.id, HARVEST)
    with pytest.raises(UnknownRow):
        await office.ledger.diary_entries.take_back("y-hoa-mlo", right.id, {}, actor="x")
    acts = await office.ledger.audit.list_of_subject("organisations:y-bih-nie", limit=9)
    assert [one.action for one in acts].count("event.record") == 2


async def test_of_two_corrections_at_once_one_counts(office: Office) -> None:
    grower = person(office, "grower")
    wrong = await tell_entry(grower, "harvest", HARVEST)
    corrections = [{**HARVEST, "quantity": quantity} for quantity in range(1, 6)]
    done = await asyncio.gather(
        *(correct_entry(grower, wrong.id, one) for one in corrections), return_exceptions=True
    )
    assert sum(isinstance(one, EntryTakenBack) for one in done) == 4
    assert len(await see(office, "grower")) == 1


async def test_the_authority_of_a_province_sees_the_diary_of_its_organisations(
    office: Office,
) -> None:
    told = await tell_entry(person(office, "grower"), "harvest", HARVEST)
    own, other = [await of_province(office, code) for code in ("66", "82")]
    assert len((await find_list_page(own, DIARY, ListRequest())).rows) == 1
    assert (await get_entry(own, told.id)).id == told.id
    assert (await find_list_page(other, DIARY, ListRequest())).rows == []
    with pytest.raises(UnknownRow):
        await get_entry(other, told.id)


async def test_a_lot_is_told_what_the_diary_of_its_area_says(office: Office) -> None:
    grower = person(office, "grower")
    packer = office.context("packer")
    row = await lots.put_lot(packer, lot_document())
    assert await find_lot_evidence(packer, row) is None
    assert row.document["growing_area"]["code"] == AREA
    harvested = row.document["stages"][1]["at"][:10]
    await tell_entry(grower, "input", {**SPRAY, "at": harvested, "product": "ri6"})
    found = await find_lot_evidence(packer, row)
    assert found is not None
    assert found.missing == (EvidencePart.HARVEST, EvidencePart.ORDER, EvidencePart.WAITING)
    await tell_entry(grower, "harvest", {**HARVEST, "at": harvested})
    found = await find_lot_evidence(packer, row)
    assert found is not None
    assert found.missing == (EvidencePart.WAITING,)
    assert [one.treatment.name for one in found.breaches] == ["Ridomil Gold"]
